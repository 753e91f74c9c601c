//! The seeds of the fuzz target for requests, replayed through the same function, and changed at random.
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../../fuzz/fuzz_targets/bodies/serve.rs"]
#[allow(unreachable_pub)] // public for the fuzz target
mod bodies;

use proptest::prelude::*;
use std::path::Path;

fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/requests");
    let mut all: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    all.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

#[test]
fn seeds_are_read_without_a_panic_and_those_of_routes_are_taken() {
    let all = seeds();
    assert!(all.len() >= 20);
    for (name, seed) in all {
        bodies::requests(&seed);
        let taken = beamline_serve::probe_body(&seed);
        let is_wrong = ["odd", "not-json"].contains(&name.as_str());
        assert_eq!(taken == 0, is_wrong, "{name}: {taken}");
    }
}

proptest! {
    #[test]
    fn changed_seeds_are_no_panic(
        at in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let all = seeds();
        let mut seed = all[at.index(all.len())].1.clone();
        for (place, byte) in &changes {
            let place = place.index(seed.len());
            seed[place] = *byte;
        }
        bodies::requests(&seed);
        seed.truncate(cut.index(seed.len() + 1));
        bodies::requests(&seed);
    }
}

//! The seeds of the fuzz targets for journals and rows, replayed through the same functions, and changed at random.
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../../fuzz/fuzz_targets/bodies/batch.rs"]
#[allow(unreachable_pub)] // public for the fuzz targets
mod bodies;

use proptest::prelude::*;
use std::path::Path;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = files.collect();
    all.sort();
    all.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn seeds_are_read_without_a_panic() {
    for (target, body) in [("batch_journal", bodies::batch_journal as fn(&[u8])), ("batch_rows", bodies::batch_rows)] {
        let all = seeds(target);
        assert!(all.len() >= 10);
        for seed in all {
            body(&seed);
        }
    }
    let whole = seeds("batch_journal").into_iter().filter(|seed| beamline_batch::probe(seed) == Some(3)).count();
    assert!(whole >= 3, "{whole}");
}

proptest! {
    #[test]
    fn changed_seeds_are_no_panic(
        at in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        for (target, body) in [("batch_journal", bodies::batch_journal as fn(&[u8])), ("batch_rows", bodies::batch_rows)] {
            let all = seeds(target);
            let mut seed = all[at.index(all.len())].clone();
            for (place, byte) in &changes {
                if !seed.is_empty() {
                    let place = place.index(seed.len());
                    seed[place] = *byte;
                }
            }
            seed.truncate(cut.index(seed.len() + 1));
            body(&seed);
        }
    }
}

//! The seeds of the fuzz target for tokenizers, replayed through the same function, and random damage to one of them.
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../../fuzz/fuzz_targets/bodies/tokens.rs"]
#[allow(unreachable_pub)] // public for the fuzz targets
mod bodies;

use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/tokenizer_json")
}

#[test]
fn seeds_are_read_without_a_panic() {
    let files: Vec<_> = std::fs::read_dir(seeds()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 10);
    for file in files {
        bodies::tokenizer_json(&std::fs::read(file).unwrap());
    }
}

proptest! {
    #[test]
    fn damage_anywhere_is_no_panic(at in 0usize..300, byte in any::<u8>(), cut in 0usize..400) {
        let mut damaged = std::fs::read(seeds().join("bpe")).unwrap();
        let place = at % damaged.len();
        damaged[place] = byte;
        bodies::tokenizer_json(&damaged);
        damaged.truncate(cut);
        bodies::tokenizer_json(&damaged);
    }
}

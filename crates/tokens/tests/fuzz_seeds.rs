//! The seeds of the fuzz targets for tokenizers, replayed through the same functions, and damage to some of them.
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../../fuzz/fuzz_targets/bodies/tokens.rs"]
#[allow(unreachable_pub)] // public for the fuzz targets
mod bodies;

use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn seeds(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target)
}

#[test]
fn seeds_are_read_without_a_panic() {
    for (target, body) in
        [("tokenizer_json", bodies::tokenizer_json as fn(&[u8])), ("sentencepiece", bodies::sentencepiece)]
    {
        let files: Vec<_> = std::fs::read_dir(seeds(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(files.len() >= 10);
        for file in files {
            body(&std::fs::read(file).unwrap());
        }
    }
}

#[test]
fn a_sentencepiece_model_cut_or_flipped_at_any_byte_is_an_error_or_a_tokenizer() {
    // One with a table of characters, of which the library makes a trie, and one of merges.
    for seed in ["unigram", "bpe"] {
        let whole = std::fs::read(seeds("sentencepiece").join(seed)).unwrap();
        for place in 0..whole.len() {
            bodies::sentencepiece(&whole[..place]);
            for bits in [0x01, 0x08, 0x80, 0xff] {
                let mut flipped = whole.clone();
                flipped[place] ^= bits;
                bodies::sentencepiece(&flipped);
            }
        }
    }
}

proptest! {
    #[test]
    fn damage_anywhere_is_no_panic(at in 0usize..300, byte in any::<u8>(), cut in 0usize..400) {
        let mut damaged = std::fs::read(seeds("tokenizer_json").join("bpe")).unwrap();
        let place = at % damaged.len();
        damaged[place] = byte;
        bodies::tokenizer_json(&damaged);
        damaged.truncate(cut);
        bodies::tokenizer_json(&damaged);
    }
}

//! The seeds of the fuzz target of grammars, replayed through the same function, and small damage to them.
#![cfg(feature = "grammar")]
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../../fuzz/fuzz_targets/bodies/shape.rs"]
#[allow(unreachable_pub)] // public for the fuzz target
mod bodies;

use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

static SEEDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/grammar");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
});

#[test]
fn seeds_are_followed_or_refused_in_a_line() {
    assert!(SEEDS.len() >= 15);
    SEEDS.iter().for_each(|seed| bodies::grammar(seed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damage_anywhere_is_no_panic(seed in 0usize..15, at in any::<prop::sample::Index>(), new in "[a-z0-9()|?*+{}\\[\\]:\"/.\\\\\n]{0,4}", cut in 0usize..6) {
        let text: Vec<char> = SEEDS[seed % SEEDS.len()].chars().take(600).collect();
        let at = at.index(text.len());
        let damaged: String = text[..at].iter().copied().chain(new.chars()).chain(text[(at + cut).min(text.len())..].iter().copied()).collect();
        bodies::grammar(&damaged);
    }
}

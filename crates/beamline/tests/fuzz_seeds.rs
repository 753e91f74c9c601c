//! The seeds of the fuzz targets for options and traces, replayed through the same functions, and any text at all.
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../../fuzz/fuzz_targets/bodies/beamline.rs"]
#[allow(unreachable_pub)] // public for the fuzz targets
mod bodies;

use proptest::prelude::*;
use std::path::Path;

fn replayed(target: &str, body: fn(&str)) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in &files {
        body(&std::fs::read_to_string(file).unwrap());
    }
    files.len()
}

#[test]
fn seeds_are_read_without_a_panic() {
    assert!(replayed("settings_list", bodies::settings_list) >= 10);
    assert!(replayed("trace", bodies::trace) >= 10);
}

proptest! {
    #[test]
    fn any_text_is_no_panic(text in ".{0,200}", options in "[a-z_=,\\[\\]{}0-9.-]{0,80}") {
        bodies::settings_list(&text);
        bodies::settings_list(&options);
        bodies::trace(&text);
    }
}

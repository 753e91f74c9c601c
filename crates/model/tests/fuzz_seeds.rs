//! The seeds of the fuzz targets, replayed through the same functions, and random damage to a real file.
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../../fuzz/fuzz_targets/bodies/model.rs"]
#[allow(unreachable_pub)] // public for the fuzz targets
mod bodies;

use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

fn replay(target: &str, body: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in &files {
        body(&std::fs::read(file).unwrap());
    }
    files.len()
}

#[test]
fn seeds_are_read_without_a_panic() {
    assert!(replay("gguf", bodies::gguf) >= 10);
    assert!(replay("safetensors_index", bodies::safetensors_index_body) >= 6);
    assert!(replay("safetensors", bodies::safetensors) >= 8);
    assert!(replay("pytorch", bodies::pytorch) >= 10);
    assert!(replay("config_json", bodies::config_json) >= 10);
}

static REAL: LazyLock<Vec<u8>> =
    LazyLock::new(|| std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/gguf/tiny-gpt2.gguf")).unwrap());

proptest! {
    #[test]
    fn damage_anywhere_is_no_panic(at in 0usize..30_000, bytes in prop::collection::vec(any::<u8>(), 1..12), cut in 0usize..250_000) {
        let mut damaged = REAL.clone();
        damaged[at..at + bytes.len()].copy_from_slice(&bytes);
        bodies::gguf(&damaged);
        damaged.truncate(cut);
        bodies::gguf(&damaged);
    }

    #[test]
    fn any_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        bodies::gguf(&bytes);
        bodies::gguf(&[b"GGUF\x03\0\0\0".as_slice(), &bytes].concat());
        bodies::safetensors_index_body(&bytes);
        bodies::config_json(&bytes);
    }
}

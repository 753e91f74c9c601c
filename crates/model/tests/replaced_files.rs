//! Files that change after a model has been loaded from them: by default, nothing comes of it.
#![allow(clippy::unwrap_used)] // tests may

use beamline_kernels::{Compute, Isa};
use beamline_model::{Checkpoint, Defect, KvCache, LoadOptions, Loaded, Rows, Span, Want};
use beamline_tokens::TokenId;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens")
}

/// A copy of a checkpoint of plain floats, and of one in a single file.
fn copies(to: &Path) -> [(PathBuf, PathBuf); 2] {
    let folder = to.join("llama-bf16");
    std::fs::create_dir(&folder).unwrap();
    for entry in std::fs::read_dir(goldens().join("variants/llama-bf16")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let gguf = to.join("tiny.gguf");
    std::fs::copy(goldens().join("gguf/tiny-gpt2.gguf"), &gguf).unwrap();
    [(folder.clone(), folder.join("model.safetensors")), (gguf.clone(), gguf)]
}

fn load(checkpoint: &Checkpoint) -> Result<Loaded, Defect> {
    let compute = Arc::new(Compute::new(Isa::detect(), 2).unwrap());
    checkpoint.load(LoadOptions::default(), &compute).map_err(|error| *error.defect)
}

fn pass(loaded: &Loaded) -> Rows {
    let mut cache = KvCache::new(loaded.model.geometry());
    let tokens: Vec<TokenId> = (0..20).map(TokenId).collect();
    loaded.model.forward(&mut [Span { tokens: &tokens, cache: &mut cache, want: Want::All }], &mut ()).unwrap()
}

#[test]
fn a_loaded_model_does_not_hang_on_its_files() {
    let folder = tempfile::tempdir().unwrap();
    for (path, weights) in copies(folder.path()) {
        let loaded = load(&Checkpoint::open(&path).unwrap()).unwrap();
        let untouched = load(&Checkpoint::open(&path).unwrap()).unwrap();
        let expected = pass(&untouched);
        // Written over in place, then cut short, then gone: before the first pass and between the next ones.
        let len = std::fs::metadata(&weights).unwrap().len();
        std::fs::write(&weights, vec![0xff; usize::try_from(len).unwrap()]).unwrap();
        assert_eq!(pass(&loaded), expected, "{}: written over", path.display());
        OpenOptions::new().write(true).open(&weights).unwrap().set_len(10).unwrap();
        assert_eq!(pass(&loaded), expected, "{}: cut short", path.display());
        std::fs::remove_file(&weights).unwrap();
        assert_eq!(pass(&loaded), expected, "{}: removed", path.display());
        #[cfg(target_os = "linux")]
        {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            let name = weights.file_name().unwrap().to_str().unwrap();
            assert!(!maps.contains(folder.path().to_str().unwrap()), "{name} is mapped");
        }
    }
}

#[test]
fn a_file_cut_short_between_opening_and_loading_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for (path, weights) in copies(folder.path()) {
        let checkpoint = Checkpoint::open(&path).unwrap();
        let file = OpenOptions::new().write(true).open(&weights).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        assert!(matches!(load(&checkpoint), Err(Defect::CutShort)), "{}", path.display());
    }
}

#[test]
fn a_file_replaced_between_opening_and_loading_is_not_mixed_with_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    for (path, weights) in copies(folder.path()) {
        let expected = pass(&load(&Checkpoint::open(&path).unwrap()).unwrap());
        let checkpoint = Checkpoint::open(&path).unwrap();
        let new = folder.path().join("new");
        std::fs::write(&new, b"another model").unwrap();
        std::fs::rename(&new, &weights).unwrap();
        assert_eq!(pass(&load(&checkpoint).unwrap()), expected, "{}", path.display());
    }
}

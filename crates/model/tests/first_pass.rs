//! Weights that the first pass looks at: what loading would have refused is refused by it, in the same words.
#![allow(clippy::unwrap_used, unsafe_code)] // tests may; the files below are this test's own

use beamline_kernels::{Compute, Isa};
use beamline_model::{Check, Checkpoint, Holding, KvCache, LoadOptions, ModelError, Rows, Span, TrustedFiles, Want};
use beamline_tokens::TokenId;
use serde_json::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn variant(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/variants").join(name)
}

/// Where the last number of each tensor lies in a safetensors file, and its type.
fn last_numbers(file: &[u8]) -> Vec<(String, String, Range<usize>)> {
    let header = 8 + usize::try_from(u64::from_le_bytes(file[..8].try_into().unwrap())).unwrap();
    let json: Value = serde_json::from_slice(&file[8..header]).unwrap();
    let tensors = json.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__");
    let last = tensors.map(|(name, tensor)| {
        let end = header + usize::try_from(tensor["data_offsets"][1].as_u64().unwrap()).unwrap();
        let dtype = tensor["dtype"].as_str().unwrap().to_owned();
        let width = if dtype == "F32" { 4 } else { 2 };
        (name.clone(), dtype, end - width..end)
    });
    last.collect()
}

/// What a pass over every token of the vocabulary gives, or why loading or the pass was refused.
fn pass(folder: &Path, check: Check) -> Result<Rows, String> {
    let compute = Arc::new(Compute::new(Isa::detect(), 2).unwrap());
    // SAFETY: the folder is temporary, and written to only when no model of it lives.
    let holding = Holding::Mapped(unsafe { TrustedFiles::promise_unchanged() });
    let options = LoadOptions { check, holding, ..LoadOptions::default() };
    let loaded = Checkpoint::open(folder).unwrap().load(options, &compute).map_err(|error| error.to_string())?;
    loaded.touch(&|| true);
    let geometry = loaded.model.geometry();
    let tokens: Vec<TokenId> = (0..geometry.vocab as u32).map(TokenId).collect();
    let mut caches: Vec<KvCache> = tokens.chunks(16).map(|_| KvCache::new(geometry)).collect();
    let spans = tokens.chunks(16).zip(&mut caches);
    let mut spans: Vec<Span<'_>> = spans.map(|(tokens, cache)| Span { tokens, cache, want: Want::Last }).collect();
    let rows = loaded.model.forward(&mut spans, &mut ());
    if let Err(error) = &rows {
        assert!(matches!(error, ModelError::Weights { .. }), "{error}");
    }
    rows.map_err(|error| error.to_string())
}

#[test]
fn a_bad_number_in_any_tensor_is_found_wherever_weights_are_looked_at() {
    for name in ["gpt2-relu", "gpt2-untied", "llama-tied", "llama-bf16", "llama-biases"] {
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(variant(name)).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        assert_eq!(pass(folder.path(), Check::FirstPass), pass(folder.path(), Check::Loading), "{name}");
        let path = folder.path().join("model.safetensors");
        let whole = std::fs::read(&path).unwrap();
        for (tensor, dtype, place) in last_numbers(&whole) {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut poisoned = whole.clone();
                let bits = bad.to_le_bytes();
                // The upper half of an f32 is a bf16.
                poisoned[place.clone()].copy_from_slice(if dtype == "F32" { &bits } else { &bits[2..] });
                std::fs::write(&path, &poisoned).unwrap();
                let refused = pass(folder.path(), Check::Loading).unwrap_err();
                assert!(refused.contains(&tensor) && refused.contains("NaN or infinity"), "{refused}");
                assert_eq!(pass(folder.path(), Check::FirstPass).unwrap_err(), refused, "{name}: {bad}");
            }
        }
    }
}

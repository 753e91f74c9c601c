//! Every family of networks from unquantised files, converted while loading, and from 64-bit floats.
#![allow(clippy::unwrap_used)] // tests may

use beamline_kernels::{Compute, Encoding};
use beamline_model::{Checkpoint, KvCache, LoadOptions, Rows, Span, Want};
use beamline_tokens::TokenId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One folder of safetensors for each family there is among the goldens, by `model_type`.
fn families() -> BTreeMap<String, PathBuf> {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens");
    let mut found = BTreeMap::new();
    let folders =
        ["checkpoints", "variants", "archs"].into_iter().filter_map(|name| std::fs::read_dir(goldens.join(name)).ok());
    let mut folders: Vec<PathBuf> = folders.flatten().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let Ok(config) = std::fs::read(folder.join("config.json")) else { continue };
        let config: Value = serde_json::from_slice(&config).unwrap();
        if folder.join("model.safetensors").is_file() {
            found.entry(config["model_type"].as_str().unwrap().to_owned()).or_insert(folder);
        }
    }
    found
}

fn run(folder: &Path, dtype: Option<Encoding>) -> (Rows, Encoding) {
    let compute = Arc::new(Compute::from_env(Some(1)).unwrap());
    let options = LoadOptions { dtype, ..LoadOptions::default() };
    let loaded = Checkpoint::open(folder).unwrap().load(options, &compute);
    let loaded = loaded.unwrap_or_else(|error| panic!("{} as {dtype:?}: {error}", folder.display()));
    let mut cache = KvCache::new(loaded.model.geometry());
    let tokens: Vec<TokenId> = (3..15).map(TokenId).collect();
    let span = Span { tokens: &tokens, cache: &mut cache, want: Want::Last };
    (loaded.model.forward(&mut [span], &mut ()).unwrap(), loaded.description.dtype)
}

#[test]
fn every_family_converts_to_every_format_that_can_be_written() {
    let families = families();
    assert!(families.len() >= 5, "{families:?}");
    for folder in families.values() {
        let (exact, _) = run(folder, Some(Encoding::F32));
        let size = exact.row(0).iter().fold(0.0f32, |most, x| most.max(x.abs()));
        for dtype in Encoding::WRITABLE {
            let (rows, held) = run(folder, Some(dtype));
            assert_eq!(held, dtype, "{}", folder.display());
            let off = rows.row(0).iter().zip(exact.row(0)).map(|(a, b)| (a - b).abs()).sum::<f32>();
            let off = off / rows.row(0).len() as f32 / size;
            let bound = match dtype {
                Encoding::F32 => 0.0,
                Encoding::F16 | Encoding::Bf16 | Encoding::Q8_0 => 0.1,
                _ => 1.0,
            };
            assert!(off <= bound, "{} as {dtype}: off by {off} of the greatest", folder.display());
        }
        for dtype in [Encoding::F64, Encoding::Q4K, Encoding::Iq4Nl, Encoding::Iq4Xs, Encoding::Mxfp4] {
            let compute = Arc::new(Compute::scalar());
            let options = LoadOptions { dtype: Some(dtype), ..LoadOptions::default() };
            let refused =
                Checkpoint::open(folder).unwrap().load(options, &compute).map(|_| ()).unwrap_err().to_string();
            assert!(refused.contains(&format!("to {dtype}")) && refused.contains("q8_0"), "{refused}");
        }
    }
}

/// A safetensors file of f32 with every number widened.
fn widened(file: &[u8]) -> Vec<u8> {
    let start = 8 + usize::try_from(u64::from_le_bytes(file[..8].try_into().unwrap())).unwrap();
    let header: Value = serde_json::from_slice(&file[8..start]).unwrap();
    let (mut wide, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, tensor) in header.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__") {
        assert_eq!(tensor["dtype"], "F32");
        let at = |i: usize| start + usize::try_from(tensor["data_offsets"][i].as_u64().unwrap()).unwrap();
        let from = data.len();
        let numbers = file[at(0)..at(1)].as_chunks::<4>().0;
        data.extend(numbers.iter().flat_map(|&n| f64::from(f32::from_le_bytes(n)).to_le_bytes()));
        wide.insert(
            name.clone(),
            json!({"dtype": "F64", "shape": tensor["shape"], "data_offsets": [from, data.len()]}),
        );
    }
    let header = Value::Object(wide).to_string().into_bytes();
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

#[test]
fn doubles_give_the_bits_of_the_floats_that_they_are() {
    for (name, folder) in families() {
        let wide = tempfile::tempdir().unwrap();
        let file = std::fs::read(folder.join("model.safetensors")).unwrap();
        let header = String::from_utf8_lossy(&file[8..4096.min(file.len())]).into_owned();
        if header.contains("\"BF16\"") || header.contains("\"F16\"") {
            continue;
        }
        std::fs::copy(folder.join("config.json"), wide.path().join("config.json")).unwrap();
        std::fs::write(wide.path().join("model.safetensors"), widened(&file)).unwrap();
        let (rows, dtype) = run(wide.path(), None);
        assert_eq!(dtype, Encoding::F32);
        assert!(rows == run(&folder, None).0, "{name}");
    }
}

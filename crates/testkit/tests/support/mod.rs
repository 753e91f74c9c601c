//! Checkpoints made of a config, shapes and a seed (`goldens/make/specimens.py`): no weights lie in the repository.
#![allow(dead_code, clippy::unwrap_used)] // not every test uses everything; tests may unwrap

pub(crate) mod gguf;

use beamline::{Compute, Engine, KvCache, Model, OpenOptions, Rows, Span, TokenId, Want};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of goldens.
pub(crate) fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens")
}

/// A JSON file.
pub(crate) fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A checkpoint that can be made, with what transformers gives on it.
pub(crate) struct Specimen {
    pub(crate) json: Value,
}

impl Specimen {
    /// All of a folder of `goldens`, in the order of their names.
    pub(crate) fn all(folder: &str) -> Vec<Self> {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(goldens().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| Self { json: read(path) }).collect()
    }

    pub(crate) fn name(&self) -> &str {
        self.json["name"].as_str().unwrap()
    }

    pub(crate) fn model_type(&self) -> &str {
        self.json["config"]["model_type"].as_str().unwrap()
    }

    pub(crate) fn cases(&self) -> &[Value] {
        self.json["cases"].as_array().unwrap()
    }

    pub(crate) fn seed(&self) -> u32 {
        self.json["seed"].as_u64().unwrap() as u32
    }

    pub(crate) fn tensors(&self) -> &Map<String, Value> {
        self.json["tensors"].as_object().unwrap()
    }

    /// Writes it as a folder that can be opened.
    pub(crate) fn write(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), self.json["config"].to_string()).unwrap();
        std::fs::write(folder.path().join("model.safetensors"), safetensors(self.tensors(), self.seed())).unwrap();
        for file in ["tokenizer.json", "tokenizer_config.json"] {
            std::fs::copy(goldens().join("checkpoints/tiny-gpt2").join(file), folder.path().join(file)).unwrap();
        }
        folder
    }
}

/// The bytes of `model.safetensors` with these names and shapes.
pub(crate) fn safetensors(tensors: &Map<String, Value>, seed: u32) -> Vec<u8> {
    let (mut header, mut data) = (Map::new(), Vec::new());
    for (name, shape) in tensors {
        let start = data.len();
        let sizes: Vec<usize> = shape.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
        weights(name, &sizes, seed, &mut data);
        header.insert(name.clone(), json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]}));
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(data);
    file
}

/// The weights of one tensor: an integer hash of seed, name and place, which Python computes to the same bits.
fn weights(name: &str, shape: &[usize], seed: u32, out: &mut Vec<u8>) {
    let key = name.bytes().fold(0x811C_9DC5_u32, |key, byte| (key ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let key = key ^ seed.wrapping_mul(0x85EB_CA6B);
    let norm = name.contains("norm") || name.contains("ln_");
    let (around, far) = match shape.len() {
        ..=2 if norm && name.ends_with("weight") => (1.0, 0.25),
        1 => (0.0, 0.125),
        _ => (0.0, 0.5),
    };
    for place in 0..shape.iter().product::<usize>() as u32 {
        let mut x = place.wrapping_mul(0x9E37_79B1).wrapping_add(key);
        for (shift, factor) in [(16, 0x7FEB_352D_u32), (15, 0x846C_A68B)] {
            x = (x ^ (x >> shift)).wrapping_mul(factor);
        }
        x ^= x >> 16;
        let unit = (x >> 8) as f32 * 2.0_f32.powi(-23) - 1.0;
        let weight: f32 = around + unit * far;
        out.extend(weight.to_le_bytes());
    }
}

/// An engine on a folder.
pub(crate) fn open(folder: &Path, compute: &Arc<Compute>) -> Result<Engine, String> {
    let name = folder.to_str().unwrap();
    OpenOptions::new().compute(compute.clone()).open(name).map_err(|error| error.to_string())
}

/// Ids of a JSON list.
pub(crate) fn ids(value: &Value) -> Vec<TokenId> {
    value.as_array().unwrap().iter().map(|id| TokenId(id.as_u64().unwrap() as u32)).collect()
}

/// Numbers of a JSON list.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
}

/// All rows of one sequence, at once.
pub(crate) fn whole(model: &dyn Model, tokens: &[TokenId]) -> Rows {
    let mut cache = KvCache::new(model.geometry());
    model.forward(&mut [Span { tokens, cache: &mut cache, want: Want::All }], &mut ()).unwrap()
}

/// The log-probability of one token in a row of logits, in f64.
pub(crate) fn logprob(row: &[f32], token: usize) -> f64 {
    let most = f64::from(row.iter().copied().fold(f32::MIN, f32::max));
    let sum: f64 = row.iter().map(|logit| (f64::from(*logit) - most).exp()).sum();
    f64::from(row[token]) - most - sum.ln()
}

//! What the tests share: where goldens lie, and how an engine is opened on them.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stderr)] // not every test uses everything; tests may unwrap and speak

use beamline::{Engine, KvCache, Span, TokenId, Want};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// A file of `goldens/expected`.
pub(crate) fn golden(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join("goldens/expected").join(name)).unwrap()).unwrap()
}

/// The tiny checkpoints.
pub(crate) const MODELS: [&str; 5] = ["tiny-gpt2", "tiny-llama", "tiny-mistral", "tiny-qwen2", "tiny-qwen3"];

/// The files of cases, all in one format.
const FILES: [&str; 4] = ["generate.seed7.json", "generate.seed11.json", "generate.seed23.json", "options.seed7.json"];

/// The cases of one kind on one model.
pub(crate) fn cases(kind: &str, model: &str) -> Vec<Value> {
    let all = FILES.iter().flat_map(|file| match golden(file) {
        Value::Array(cases) => cases,
        _ => panic!("{file} is no list"),
    });
    all.filter(|case| case["kind"] == kind && case["model"] == model).collect()
}

/// An engine on a path.
pub(crate) fn engine(path: &Path) -> Engine {
    Engine::open(path.to_str().unwrap()).unwrap()
}

/// An engine on one of the tiny checkpoints.
pub(crate) fn tiny(name: &str) -> Engine {
    engine(&root().join("goldens/checkpoints").join(name))
}

/// The real model, if `scripts/get-models` has brought it; says so where it has not.
pub(crate) fn smollm2() -> Option<PathBuf> {
    let path = root().join("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    if path.is_file() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is not there; scripts/get-models brings it", path.display());
    None
}

/// Ids of a JSON list.
pub(crate) fn ids(value: &Value) -> Vec<TokenId> {
    value.as_array().unwrap().iter().map(|id| TokenId(id.as_u64().unwrap() as u32)).collect()
}

/// Numbers of a JSON list.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
}

/// The log-probability of each token of a text but the first, given those before it.
pub(crate) fn logprobs(engine: &Engine, text: &str) -> Vec<f64> {
    let ids = engine.tokenizer().ids(text).unwrap();
    let mut cache = KvCache::new(engine.model().geometry());
    let span = Span { tokens: &ids[..ids.len() - 1], cache: &mut cache, want: Want::All };
    let rows = engine.model().forward(&mut [span], &mut ()).unwrap();
    ids[1..].iter().enumerate().map(|(i, &id)| engine.token_stats(rows.row(i), id).logprob).collect()
}

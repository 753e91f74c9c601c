//! What each fuzz target does with its bytes; a stable test replays the seeds through the same functions.

use beamline_model::gguf::{Gguf, Value};
use beamline_model::safetensors_index;

/// Reads a GGUF file and looks at everything in it.
pub fn gguf(bytes: &[u8]) {
    let Ok(gguf) = Gguf::read(bytes) else { return };
    for name in gguf.tensors() {
        let tensor = gguf.tensor(name).expect("listed, so there");
        assert!(tensor.place.end <= bytes.len());
    }
    for key in ["general.architecture", "tokenizer.ggml.tokens", "tokenizer.ggml.scores", "k", "n", "list"] {
        let _ = (gguf.text(key), gguf.count(key), gguf.number(key), gguf.flag(key));
        if let Ok(Some(list)) = gguf.list(key) {
            walk(&list, 0);
        }
    }
}

fn walk(list: &beamline_model::gguf::List<'_>, depth: usize) {
    assert!(depth < 8);
    assert_eq!(list.values().count(), list.len(), "a list that was read once can be read again");
    for value in list.values() {
        if let Value::List(inner) = value {
            walk(&inner, depth + 1);
        }
    }
}

/// Reads an index of shards.
pub fn safetensors_index_body(bytes: &[u8]) {
    if let Ok(map) = safetensors_index(bytes) {
        assert!(map.values().all(|file| !file.contains('/') && file != ".."));
    }
}

//! What each fuzz target does with its bytes; a stable test replays the seeds through the same functions.

use beamline_model::gguf::{Gguf, Value};
use beamline_model::{Checkpoint, weight_map};

/// Reads a GGUF file and looks at everything in it.
pub fn gguf(bytes: &[u8]) {
    let Ok(gguf) = Gguf::read(bytes) else { return };
    for (name, _) in gguf.tensors() {
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
    if let Ok(map) = weight_map(bytes) {
        assert!(map.values().all(|file| !file.starts_with('/') && file.split('/').all(|part| part != "..")));
    }
}

/// A temporary folder with two files in it, opened as a checkpoint.
fn open(kind: &str, config: &[u8], weights: (&str, &[u8])) {
    // A folder for each thread: tests run side by side.
    let name = format!("beamline-fuzz-{kind}-{}-{:?}", std::process::id(), std::thread::current().id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    std::fs::write(folder.join("config.json"), config).expect("a temporary file can be written");
    std::fs::write(folder.join(weights.0), weights.1).expect("a temporary file can be written");
    match Checkpoint::open(&folder) {
        Ok(checkpoint) => {
            let tensors = checkpoint.structure().expect("opened, so read once").tensors;
            assert!(tensors.len() <= weights.1.len(), "each tensor takes some bytes");
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "an error is one line"),
    }
    std::fs::remove_dir_all(&folder).expect("the folder was made above");
}

/// Opens a checkpoint whose `config.json` is this, beside a file of weights that has none.
pub fn config_json(bytes: &[u8]) {
    open("config", bytes, ("model.safetensors", b"\x02\0\0\0\0\0\0\0{}"));
}

/// Opens a checkpoint whose `model.safetensors` is this.
pub fn safetensors(bytes: &[u8]) {
    let config =
        br#"{"model_type": "gpt2", "vocab_size": 2, "n_positions": 4, "n_embd": 3, "n_layer": 1, "n_head": 1}"#;
    open("safetensors", config, ("model.safetensors", bytes));
}

/// Opens a checkpoint whose `pytorch_model.bin` is this.
pub fn pytorch(bytes: &[u8]) {
    let config =
        br#"{"model_type": "gpt2", "vocab_size": 2, "n_positions": 4, "n_embd": 3, "n_layer": 1, "n_head": 1}"#;
    open("pytorch", config, ("pytorch_model.bin", bytes));
}

//! Checkpoints that are missing, empty, cut, or that lie: one clear line each, never a panic.
#![allow(clippy::unwrap_used)] // tests may

use beamline_kernels::Compute;
use beamline_model::{Checkpoint, LoadError, LoadOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn variant(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/variants").join(name)
}

/// A copy of a small checkpoint that may be damaged.
fn copy(name: &str) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(variant(name)).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
    }
    to
}

fn load(path: &Path) -> Result<(), LoadError> {
    let compute = Arc::new(Compute::new(beamline_kernels::Isa::detect(), 2).unwrap());
    Checkpoint::open(path)?.load(LoadOptions::default(), &compute).map(drop)
}

/// The message of what must fail: one line that names the file.
fn refused(path: &Path) -> String {
    let message = load(path).expect_err("a bad checkpoint").to_string();
    assert!(!message.contains('\n') && message.contains(path.file_name().unwrap().to_str().unwrap()), "{message}");
    message
}

#[test]
fn missing_and_empty_files_are_named() {
    let folder = copy("gpt2-inner");
    std::fs::write(folder.path().join("model.safetensors"), b"").unwrap();
    assert!(refused(folder.path()).contains("model.safetensors: the file is empty"));
    std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let message = refused(folder.path());
    assert!(
        message.contains("found none of model.safetensors")
            && message.contains(
                "pytorch_model.bin.index.json, *.safetensors; beamline reads safetensors, PyTorch's .bin, and"
            ),
        "{message}"
    );
    std::fs::remove_file(folder.path().join("config.json")).unwrap();
    assert!(refused(folder.path()).contains("config.json: no such file"));
    assert!(refused(Path::new("/nowhere/model.gguf")).contains("no such file"));
}

#[test]
fn a_safetensors_file_cut_or_lying_is_refused() {
    let folder = copy("gpt2-inner");
    let path = folder.path().join("model.safetensors");
    let whole = std::fs::read(&path).unwrap();
    for len in [1, 7, 8, 9, 100, 3000, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..len]).unwrap();
        assert!(refused(folder.path()).contains("not a valid safetensors file"), "cut at {len}");
    }
    // A header of 2^60 bytes.
    let mut lie = whole.clone();
    lie[..8].copy_from_slice(&(1u64 << 60).to_le_bytes());
    std::fs::write(&path, &lie).unwrap();
    assert!(refused(folder.path()).contains("not a valid safetensors file"));
    // A header that is no JSON.
    let mut garbled = whole;
    garbled[8] = b'!';
    std::fs::write(&path, &garbled).unwrap();
    assert!(refused(folder.path()).contains("not a valid safetensors file"));
}

#[test]
fn an_index_that_leads_nowhere_or_out_of_the_folder_is_refused() {
    let folder = copy("llama-sharded");
    assert!(load(folder.path()).is_ok());
    let index = folder.path().join("model.safetensors.index.json");
    let text = std::fs::read_to_string(&index).unwrap();
    std::fs::write(&index, text.replace("model-00001", "model-00009")).unwrap();
    assert!(refused(folder.path()).contains("model-00009"));
    std::fs::write(&index, text.replace("model-00001", "../model-00001")).unwrap();
    assert!(refused(folder.path()).contains("which is no file name"));
    std::fs::write(&index, "{").unwrap();
    assert!(refused(folder.path()).contains("not valid JSON"));
    std::fs::write(&index, "{}").unwrap();
    assert!(refused(folder.path()).contains("weight_map"));
}

#[test]
fn a_pointer_of_git_lfs_is_known_for_what_it_is() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 548105171\n";
    for name in ["model.safetensors", "config.json"] {
        let folder = copy("gpt2-inner");
        std::fs::write(folder.path().join(name), pointer).unwrap();
        let message = refused(folder.path());
        assert!(message.contains(name) && message.contains("this is a git-lfs pointer"), "{message}");
        assert!(message.contains("git lfs pull"), "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q8.gguf");
    std::fs::write(&path, pointer).unwrap();
    assert!(refused(&path).contains("this is a git-lfs pointer"));
}

/// A safetensors file of one tensor.
fn one_tensor(name: &str, shape: &[usize], value: f32) -> Vec<u8> {
    let count: usize = shape.iter().product();
    let header = format!("{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[0,{}]}}}}", count * 4);
    let data = value.to_le_bytes().repeat(count);
    [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), &data].concat()
}

#[test]
fn of_a_tensor_in_two_shards_that_counts_which_the_index_names() {
    let folder = copy("llama-sharded");
    let index = folder.path().join("model.safetensors.index.json");
    let text = std::fs::read_to_string(&index).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let map = json["weight_map"].as_object_mut().unwrap();
    // A third shard has a norm again, of NaN, which nobody may see unless the index asks for it.
    map.insert("unused".to_owned(), "more/three.safetensors".into());
    std::fs::create_dir(folder.path().join("more")).unwrap();
    let twice = "model.norm.weight";
    let width = serde_json::from_slice::<serde_json::Value>(&std::fs::read(folder.path().join("config.json")).unwrap())
        .unwrap()["hidden_size"]
        .as_u64()
        .unwrap();
    let third = one_tensor(twice, &[width as usize], f32::NAN);
    std::fs::write(folder.path().join("more/three.safetensors"), third).unwrap();
    std::fs::write(&index, json.to_string()).unwrap();
    load(folder.path()).unwrap();
    json["weight_map"][twice] = "more/three.safetensors".into();
    std::fs::write(&index, json.to_string()).unwrap();
    let message = load(folder.path()).unwrap_err().to_string();
    assert!(message.contains("three.safetensors: tensor model.norm.weight: NaN"), "{message}");
    // Without a word of the index nobody knows which.
    json["weight_map"].as_object_mut().unwrap().remove(twice);
    std::fs::write(&index, json.to_string()).unwrap();
    let message = load(folder.path()).unwrap_err().to_string();
    assert!(message.contains("tensor model.norm.weight lies in this file and in"), "{message}");
}

#[test]
fn tensors_missing_misshapen_or_not_finite_are_named() {
    let folder = copy("gpt2-inner");
    let config = folder.path().join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        std::fs::write(&config, text.replace(from, to)).unwrap();
        refused(folder.path())
    };
    let shape = with("\"n_inner\": 40", "\"n_inner\": 41");
    assert!(
        shape.contains("tensor transformer.h.0.mlp.c_fc.weight has shape [32, 40]; the config asks for [32, 41]"),
        "{shape}"
    );
    assert!(with("\"n_layer\": 2", "\"n_layer\": 3").contains("tensor transformer.h.2.ln_1.weight is missing"));
    assert!(with("\"n_layer\": 2", "\"n_layer\": 4097").contains("in 1..=4096"));
    assert!(with("\"n_head\": 4", "\"n_head\": 0").contains("n_head is 0; it must be in 1..=65536"));
    assert!(with("\"n_head\": 4", "\"n_head\": 5").contains("a divisor of n_embd = 32"));
    assert!(
        with("\"n_positions\": 64", "\"n_positions\": 1000000000").contains("tensor transformer.wpe.weight has shape")
    );
    assert!(with("\"vocab_size\": 48", "\"vocab_size\": \"48\"").contains("an integer"));
    assert!(
        with("\"model_type\": \"gpt2\"", "\"model_type\": \"bert\"")
            .contains("model_type is bert, which is not supported")
    );
    std::fs::write(&config, &text).unwrap();

    let path = folder.path().join("model.safetensors");
    let whole = std::fs::read(&path).unwrap();
    for bad in [f32::NAN, f32::INFINITY] {
        let mut poisoned = whole.clone();
        let at = poisoned.len() - 4;
        poisoned[at..].copy_from_slice(&bad.to_le_bytes());
        std::fs::write(&path, &poisoned).unwrap();
        assert!(refused(folder.path()).contains("NaN or infinity"));
    }
}

#[test]
fn a_gguf_file_cut_or_damaged_is_refused_or_loads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let whole = std::fs::read(variant("../gguf/tiny-gpt2.gguf")).unwrap();
    for len in [0, 3, 4, 23, 24, 1000, 20_000, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..len]).unwrap();
        refused(&path);
    }
    // Any byte of the headers changed: an error or another model, never a panic.
    for at in (0..whole.len().min(40_000)).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x81;
        std::fs::write(&path, &damaged).unwrap();
        let _ = load(&path);
    }
    std::fs::write(&path, b"{\"not\": \"gguf\"}").unwrap();
    assert!(refused(&path).contains("the first four bytes are not \"GGUF\""));
}

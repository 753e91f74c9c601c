//! Every config field that changes the logits, one small checkpoint each, against transformers.
#![allow(clippy::unwrap_used)] // tests may

use beamline_kernels::{ActivationFormat, Compute, Encoding};
use beamline_model::{Checkpoint, KvCache, LoadOptions, Rows, Span, Want};
use beamline_tokens::TokenId;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

fn variants() -> (PathBuf, Value) {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/variants"));
    let json = serde_json::from_str(
        &std::fs::read_to_string(folder.with_file_name("expected").join("variants.json")).unwrap(),
    )
    .unwrap();
    (folder, json)
}

fn run(folder: &std::path::Path, options: LoadOptions, ids: &Value) -> Rows {
    let tokens: Vec<TokenId> = ids.as_array().unwrap().iter().map(|id| TokenId(id.as_u64().unwrap() as u32)).collect();
    let compute = Arc::new(Compute::from_env(None).unwrap());
    let model = Checkpoint::open(folder).unwrap().load(options, &compute).unwrap().model;
    let mut cache = KvCache::new(model.geometry());
    model.forward(&mut [Span { tokens: &tokens, cache: &mut cache, want: Want::All }], &mut ()).unwrap()
}

#[test]
fn every_field_that_changes_the_logits_is_honoured() {
    let (folder, json) = variants();
    let expect = json["expect"].as_object().unwrap();
    assert_eq!(expect.len(), 19);
    for (name, expected) in expect {
        let rows = run(&folder.join(name), LoadOptions::default(), &json["ids"]);
        let last = rows.row(rows.len() - 1);
        for (ours, theirs) in last.iter().zip(expected["last_logits"].as_array().unwrap()) {
            let theirs = theirs.as_f64().unwrap();
            assert!((f64::from(*ours) - theirs).abs() <= 1e-4 * theirs.abs().max(1.0), "{name}: {ours}, not {theirs}");
        }
        let greatest: f64 =
            (0..rows.len()).map(|i| f64::from(rows.row(i).iter().copied().fold(f32::MIN, f32::max))).sum();
        let theirs = expected["greatest"].as_f64().unwrap();
        assert!((greatest - theirs).abs() <= 1e-4 * theirs.abs().max(1.0), "{name}: {greatest}, not {theirs}");
    }
}

/// Converting while loading keeps the model: f32 is exact, and each narrower format stays as near as it is wide.
#[test]
fn weights_converted_while_loading_stay_near() {
    let (folder, json) = variants();
    for name in ["gpt2-untied", "llama-biases"] {
        let exact = run(&folder.join(name), LoadOptions::default(), &json["ids"]);
        let bounds = [
            (Encoding::F32, 0.0),
            (Encoding::F16, 0.01),
            (Encoding::Bf16, 0.1),
            (Encoding::Q8_0, 0.3),
            (Encoding::Q5_1, 1.5),
            (Encoding::Q4_0, 3.0),
        ];
        for (dtype, bound) in bounds {
            let rows = run(
                &folder.join(name),
                LoadOptions { dtype: Some(dtype), activations: Some(ActivationFormat::F32), ..LoadOptions::default() },
                &json["ids"],
            );
            let differences = (0..rows.len()).flat_map(|i| {
                rows.row(i).iter().zip(exact.row(i)).map(|(a, b)| f64::from((a - b).abs())).collect::<Vec<_>>()
            });
            let differences: Vec<f64> = differences.collect();
            let mean = differences.iter().sum::<f64>() / differences.len() as f64;
            assert!(mean <= bound, "{name} as {dtype}: {mean}");
            assert!(dtype == Encoding::F32 || mean > 0.0, "{name} as {dtype} was not converted");
        }
    }
}

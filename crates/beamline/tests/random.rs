//! Thousands of random configurations on table models, against the numpy statement of transformers' `generate`.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Engine, Options, Prompt, Tokenizer};
use beamline_model::TableModel;
use serde_json::{Value, json};
use std::sync::Arc;
use support::{golden, ids};

/// The generator that `goldens/make/random_tables.py` fills its tables with.
fn splitmix64(x: u64) -> u64 {
    let z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Next-token logits, made from a seed.
fn table(seed: u64, v: usize) -> Vec<Vec<f32>> {
    let entry = |i: usize, j: usize| {
        let at = seed.wrapping_mul(1_000_003).wrapping_add((i * v + j) as u64);
        ((splitmix64(at) >> 40) % 1_000_003) as i64 - 500_001
    };
    (0..v).map(|i| (0..v).map(|j| entry(i, j) as f32 / 83_333.0).collect()).collect()
}

/// An engine on a table, whose tokens are called t0, t1, ...
fn engine(seed: u64, v: usize) -> Engine {
    let vocab: serde_json::Map<String, Value> = (0..v).map(|i| (format!("t{i}"), json!(i))).collect();
    let tokenizer = json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
        "decoder": null, "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "t0"}
    });
    let tokenizer = Tokenizer::from_json(tokenizer.to_string().as_bytes()).unwrap();
    Engine::with_model("table", Arc::new(TableModel::from_logits(table(seed, v), 1000).unwrap()), tokenizer)
}

#[test]
fn random_configurations_give_the_tokens_and_scores_of_the_reference() {
    let cases = golden("random.seed1.json");
    let cases = cases.as_array().unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let engine = engine(case["table"].as_u64().unwrap(), case["v"].as_u64().unwrap() as usize);
        let mut settings = Options::default();
        settings.config(&case["generate"]).unwrap();
        if case["generate"]["do_sample"] == json!(true) {
            settings.config(&json!({"rng": "torch", "seed": case["rng_seed"]})).unwrap();
        }
        let prompts: Vec<Prompt> = case["prompts"].as_array().unwrap().iter().map(|p| Prompt::Ids(ids(p))).collect();
        let expect = &case["expect"];
        let completion = match engine.generate(&prompts, &engine.plan(&settings).unwrap()) {
            Ok(completion) => completion,
            Err(error) => {
                wrong.push(format!("{}: {error}", case["id"]));
                continue;
            }
        };
        let ours: Vec<&Vec<u32>> = completion.sequences.iter().map(|sequence| &sequence.token_ids).collect();
        if json!(ours) != expect["new_ids"] {
            wrong.push(format!("{}: {ours:?}, not {} ({})", case["id"], expect["new_ids"], case["generate"]));
            continue;
        }
        for (i, sequence) in completion.sequences.iter().enumerate() {
            if let Some(theirs) = expect["scores"][i].as_f64() {
                let ours = sequence.score.unwrap();
                if (ours - theirs).abs() > 1e-4 * theirs.abs().max(1.0) {
                    wrong.push(format!("{}: score {ours}, not {theirs} ({})", case["id"], case["generate"]));
                }
            }
        }
    }
    assert!(cases.len() >= 2000, "{} cases", cases.len());
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

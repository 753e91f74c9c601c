//! Logits against transformers' on the tiny checkpoints, and bit equality however the work is cut.
#![allow(clippy::unwrap_used)] // tests may

use beamline_kernels::{Compute, Isa};
use beamline_model::{Checkpoint, KvCache, LoadOptions, Model, Rows, Span, Want};
use beamline_tokens::TokenId;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

const MODELS: [&str; 5] = ["tiny-gpt2", "tiny-llama", "tiny-mistral", "tiny-qwen2", "tiny-qwen3"];

fn goldens() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens"))
}

fn model(name: &str, compute: Compute) -> Arc<dyn Model> {
    let checkpoint = Checkpoint::open(&goldens().join("checkpoints").join(name)).unwrap();
    checkpoint.load(LoadOptions::default(), &Arc::new(compute)).unwrap().model
}

fn cases(name: &str) -> Vec<Value> {
    let json: Value =
        serde_json::from_str(&std::fs::read_to_string(goldens().join("expected/generate.seed7.json")).unwrap())
            .unwrap();
    let wanted = |case: &&Value| case["kind"] == "logits" && case["model"] == name;
    json.as_array().unwrap().iter().filter(wanted).cloned().collect()
}

fn ids(value: &Value) -> Vec<TokenId> {
    value.as_array().unwrap().iter().map(|id| TokenId(id.as_u64().unwrap() as u32)).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
}

/// All rows of one sequence, at once.
fn whole(model: &dyn Model, tokens: &[TokenId]) -> Rows {
    let mut cache = KvCache::new(model.geometry());
    model.forward(&mut [Span { tokens, cache: &mut cache, want: Want::All }], &mut ()).unwrap()
}

fn bits(row: &[f32]) -> Vec<u32> {
    row.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn logits_equal_those_of_transformers() {
    for name in MODELS {
        let model = model(name, Compute::from_env(None).unwrap());
        let cases = cases(name);
        assert_eq!(cases.len(), 4);
        for case in cases {
            let (id, tokens, expect) = (&case["id"], ids(&case["expect"]["input_ids"]), &case["expect"]);
            let rows = whole(&*model, &tokens);
            let last = rows.row(tokens.len() - 1);
            for (i, expected) in numbers(&expect["last_logits"]).into_iter().enumerate() {
                let error = (f64::from(last[i]) - expected).abs();
                assert!(error <= 1e-4 * expected.abs().max(1.0), "{id}: logit {i} is {}, not {expected}", last[i]);
            }
            for (i, expected) in numbers(&expect["token_logprobs"]).into_iter().enumerate() {
                let row = rows.row(i);
                let log_sum = beamline_kernels::row_sums(row, Isa::detect()).log_sum();
                let logprob = f64::from(row[tokens[i + 1].index()]) - log_sum;
                assert!(
                    (logprob - expected).abs() <= 1e-4 * expected.abs().max(1.0),
                    "{id}: {logprob}, not {expected}"
                );
            }
            let mut order: Vec<usize> = (0..last.len()).collect();
            order.sort_by(|&a, &b| last[b].total_cmp(&last[a]).then(a.cmp(&b)));
            let top: Vec<TokenId> = order[..10].iter().map(|&i| TokenId(i as u32)).collect();
            assert_eq!(top, ids(&expect["top_ids"]), "{id}");
        }
    }
}

/// A sequence long enough to fill several blocks and to slide Mistral's window.
fn long() -> Vec<TokenId> {
    (0..61u32).map(|i| TokenId((i * 37 + i * i * 11) % 512)).collect()
}

#[test]
fn a_prompt_whole_in_chunks_and_beside_others_gives_the_same_bits() {
    for name in MODELS {
        let model = model(name, Compute::new(Isa::detect(), 2).unwrap());
        let tokens = long();
        let expected = whole(&*model, &tokens);
        for chunk in [1, 2, 7, 16, 33] {
            let mut cache = KvCache::new(model.geometry());
            let mut at = 0;
            for part in tokens.chunks(chunk) {
                let rows =
                    model.forward(&mut [Span { tokens: part, cache: &mut cache, want: Want::All }], &mut ()).unwrap();
                for i in 0..part.len() {
                    assert_eq!(
                        bits(rows.row(i)),
                        bits(expected.row(at + i)),
                        "{name} in chunks of {chunk}, row {}",
                        at + i
                    );
                }
                at += part.len();
            }
        }
        // Beside two others of other lengths, in the middle of the batch.
        let mut caches = [(); 3].map(|()| KvCache::new(model.geometry()));
        let [before, middle, after] = &mut caches;
        let others: Vec<TokenId> = tokens.iter().rev().copied().collect();
        let mut spans = [
            Span { tokens: &others[..23], cache: before, want: Want::Last },
            Span { tokens: &tokens, cache: middle, want: Want::Last },
            Span { tokens: &others[..5], cache: after, want: Want::Nothing },
        ];
        let rows = model.forward(&mut spans, &mut ()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(bits(rows.row(1)), bits(expected.row(60)), "{name} in a batch");
        assert_eq!(bits(rows.row(0)), bits(whole(&*model, &others[..23]).row(22)), "{name}, its neighbour");
    }
}

#[test]
fn threads_and_instructions_do_not_show() {
    for name in MODELS {
        let tokens = long();
        let expected = whole(&*model(name, Compute::scalar()), &tokens);
        for isa in Isa::available() {
            for threads in [1, 2, 3] {
                let rows = whole(&*model(name, Compute::new(isa, threads).unwrap()), &tokens);
                assert!(rows == expected, "{name} on {isa} with {threads} threads");
            }
        }
    }
}

#[test]
fn a_forked_and_truncated_cache_goes_on_as_if_alone() {
    for name in MODELS {
        let model = model(name, Compute::from_env(None).unwrap());
        let tokens = long();
        let mut trunk = KvCache::new(model.geometry());
        let run = |tokens: &[TokenId], cache: &mut KvCache| {
            bits(model.forward(&mut [Span { tokens, cache, want: Want::Last }], &mut ()).unwrap().row(0))
        };
        run(&tokens[..40], &mut trunk);
        let mut branch = trunk.clone();
        run(&[TokenId(9); 30], &mut trunk);
        let mut cut = trunk.clone();
        cut.truncate(37);
        let expected = bits(whole(&*model, &tokens).row(60));
        assert_eq!(run(&tokens[40..], &mut branch), expected, "{name}, forked");
        assert_eq!(run(&tokens[37..], &mut cut), expected, "{name}, truncated");
    }
}

#[test]
fn spans_that_do_not_fit_are_refused_before_anything_changes() {
    let model = model("tiny-gpt2", Compute::scalar());
    let mut cache = KvCache::new(model.geometry());
    let long = vec![TokenId(3); 129];
    let mut refused = |tokens: &[TokenId]| {
        let error = model.forward(&mut [Span { tokens, cache: &mut cache, want: Want::Last }], &mut ()).unwrap_err();
        assert_eq!(cache.len(), 0);
        error.to_string()
    };
    assert!(refused(&long).contains("129 tokens do not fit into the model's context of 128"));
    assert!(
        refused(&[TokenId(1), TokenId(512)]).contains("token id 512 is beyond the vocabulary; ids must be in 0..=511")
    );
    assert!(refused(&[]).contains("at least one token"));
}

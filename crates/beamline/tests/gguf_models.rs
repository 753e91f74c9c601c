//! Goldens on real GGUF models of other families; each is skipped, and said to be, where it has not been fetched.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Engine, KvCache, OpenOptions, Span, Want};
use support::{golden, ids, numbers, real_model};

/// Log-probabilities and best next tokens of every prompt, in six languages, against transformers' in float32.
fn compare(engine: &Engine, cases: &str, bound: f64) {
    let cases = golden(cases);
    assert_eq!(cases.as_array().unwrap().len(), 20);
    for case in cases.as_array().unwrap() {
        let (prompt, expected) = (case["prompt"].as_str().unwrap(), ids(&case["ids"]));
        assert_eq!(engine.tokenizer().ids(prompt).unwrap(), expected, "{prompt:?}");
        let mut cache = KvCache::new(engine.model().geometry());
        let span = Span { tokens: &expected, cache: &mut cache, want: Want::All };
        let rows = engine.model().forward(&mut [span], &mut ()).unwrap();
        let logprob = |row: usize, id| engine.token_stats(rows.row(row), id).logprob;
        for (row, theirs) in numbers(&case["token_logprobs"]).into_iter().enumerate() {
            let ours = logprob(row, expected[row + 1]);
            assert!((ours - theirs).abs() <= bound, "{prompt:?}, token {}: {ours}, not {theirs}", row + 1);
        }
        for (id, theirs) in ids(&case["top_ids"]).into_iter().zip(numbers(&case["top_logprobs"])) {
            let ours = logprob(expected.len() - 1, id);
            assert!((ours - theirs).abs() <= bound, "{prompt:?}, next {id}: {ours}, not {theirs}");
        }
    }
}

/// In float32, as the goldens are.
fn exact(path: &std::path::Path) -> Engine {
    let options = OpenOptions::new().activations("f32".parse().unwrap());
    options.open(path.to_str().unwrap()).unwrap()
}

#[test]
fn gemma_3_has_the_probabilities_of_transformers() {
    let Some(path) = real_model("gemma-3-270m.Q4_K_M.gguf") else { return };
    compare(&exact(&path), "gemma3-270m.json", 1e-3);
}

#[test]
fn qwen_2_5_coder_has_the_probabilities_of_transformers() {
    let Some(path) = real_model("Qwen2.5-Coder-0.5B-Instruct.Q4_K_M.gguf") else { return };
    compare(&exact(&path), "qwen2.5-coder-0.5b.json", 1e-3);
}

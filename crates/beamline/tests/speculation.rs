//! Guesses do not bend what is drawn; and drawing from one token is no drawing.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Engine, Options, Prompt, TableModel, TokenId, Tokenizer};
use serde_json::json;
use std::sync::Arc;
use support::tiny;

/// An engine on a table of probabilities, whose three tokens are called a, b and c.
fn table(rows: [[f32; 3]; 3]) -> Engine {
    let tokenizer = json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1, "c": 2}, "unk_token": "a"}
    });
    let tokenizer = Tokenizer::from_json(tokenizer.to_string().as_bytes()).unwrap();
    let model = TableModel::new(rows.map(|row| row.to_vec()).to_vec(), 100).unwrap();
    Engine::with_model("table", Arc::new(model), tokenizer)
}

#[test]
fn guessed_samples_come_as_often_as_their_probability() {
    let rows = [[0.2, 0.5, 0.3], [0.1, 0.3, 0.6], [0.5, 0.25, 0.25]];
    let mut engine = table(rows);
    // A guesser that is often wrong.
    engine.assist(&table([[0.3, 0.3, 0.4], [0.6, 0.3, 0.1], [0.3, 0.4, 0.3]])).unwrap();
    let prompt = [Prompt::Ids([0, 1, 2, 0, 1].map(TokenId).to_vec())];
    for guess in
        [json!({"prompt_lookup_num_tokens": 3}), json!({"assistant": "b", "assistant_confidence_threshold": 0.0})]
    {
        let mut counts = [0.0f64; 27];
        for seed in 0..4000 {
            let mut settings = Options::default();
            settings.config(&guess).unwrap();
            settings.config(&json!({"do_sample": true, "seed": seed, "top_k": 0, "max_new_tokens": 3})).unwrap();
            let ids = &engine.generate(&prompt, &engine.plan(&settings).unwrap()).unwrap().sequences[0].token_ids;
            counts[(ids[0] * 9 + ids[1] * 3 + ids[2]) as usize] += 1.0;
        }
        let p = |i: usize| {
            f64::from(rows[1][i / 9]) * f64::from(rows[i / 9][i / 3 % 3]) * f64::from(rows[i / 3 % 3][i % 3])
        };
        let square: f64 = (0..27).map(|i| (counts[i] - p(i) * 4000.0).powi(2) / (p(i) * 4000.0)).sum();
        assert!(square < 54.1, "{guess}: chi-square {square}, 26 degrees of freedom (54.1 has probability 0.001)");
    }
}

#[test]
fn drawing_from_the_one_best_token_is_greedy_search() {
    for name in ["tiny-gpt2", "tiny-llama", "tiny-qwen3"] {
        let engine = tiny(name);
        for text in ["Once upon a time", "안녕하세요", "a"] {
            let ids = |config: serde_json::Value| {
                let mut settings = Options::default();
                settings.config(&config).unwrap();
                engine.generate(&[Prompt::Text(text.into())], &engine.plan(&settings).unwrap()).unwrap().sequences[0]
                    .token_ids
                    .clone()
            };
            let greedy = ids(json!({"max_new_tokens": 20}));
            assert_eq!(ids(json!({"max_new_tokens": 20, "do_sample": true, "top_k": 1, "seed": 5})), greedy);
            assert_eq!(
                ids(json!({"max_new_tokens": 20, "do_sample": true, "top_p": 0.0, "top_k": 0, "seed": 5})),
                greedy
            );
            assert_eq!(ids(json!({"max_new_tokens": 20, "num_beams": 1, "early_stopping": false})), greedy);
        }
    }
}

//! A model of one's own: anything that turns tokens into logits. This one has read one sentence and counts letter pairs.
//!
//! `cargo run --release -p beamline --example custom_model`
#![allow(clippy::print_stdout)] // a program

use beamline::{Engine, Error, Geometry, Model, ModelError, Options, Probe, Rows, Span, Tokenizer};
use std::collections::BTreeMap;
use std::sync::Arc;

const READ: &str = "the cat sat on the mat and the rat sat on the hat ";

/// Log-counts of which letter follows which: the model has no state but the last letter.
struct Bigrams(Vec<Vec<f32>>);

impl Model for Bigrams {
    fn geometry(&self) -> Geometry {
        // No layers: nothing is kept in the KV cache but the tokens themselves.
        Geometry { vocab: self.0.len(), context: 1000, layers: 0, kv_heads: 0, head: 0 }
    }

    fn forward(&self, spans: &mut [Span<'_>], _: &mut dyn Probe) -> Result<Rows, ModelError> {
        self.geometry().check(spans)?;
        let mut logits = Vec::new();
        for span in spans {
            for token in &span.tokens[span.tokens.len() - span.want.count(span.tokens.len())..] {
                logits.extend(&self.0[token.index()]);
            }
            span.cache.extend(span.tokens);
        }
        Rows::new(logits, self.0.len())
    }
}

fn main() -> Result<(), Error> {
    let letters: Vec<char> = " abcdefghijklmnopqrstuvwxyz".chars().collect();
    let place = |letter| letters.iter().position(|&l| l == letter).expect("only letters and spaces were read");
    let mut counts = vec![vec![0.05f32; letters.len()]; letters.len()];
    READ.chars().zip(READ.chars().skip(1)).for_each(|(a, b)| counts[place(a)][place(b)] += 1.0);
    let model = Bigrams(counts.iter().map(|row| row.iter().map(|count| count.ln()).collect()).collect());

    let vocab: BTreeMap<&char, usize> = letters.iter().zip(0..).collect();
    let json = serde_json::json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false},
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": " "}
    });
    let engine = Engine::with_model("bigrams", Arc::new(model), Tokenizer::from_json(json.to_string().as_bytes())?);
    for seed in 0..4 {
        let plan = engine.plan(&Options::new().do_sample(true).top_k(0).seed(seed).max_new_tokens(30))?;
        println!("the{}", engine.complete("the", &plan)?.sequences[0].text);
    }
    Ok(())
}

//! Shaping and searching alone, without a model: steps a second after 100 and after 10,000 tokens of context, for every
//! strategy. What a step costs must not grow with the text.
//!
//! `cargo run --release -p beamline-testkit --example context`
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a measurement

use beamline::{Budget, Engine, Options, Prompt, TableModel, TokenId, Tokenizer};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// Tokens in the table.
const VOCAB: u32 = 200;
/// Steps timed, and times; the best is reported.
const STEPS: usize = 400;
const REPEATS: usize = 5;

/// An engine on a table of made-up logits.
fn table() -> Engine {
    let words: serde_json::Map<_, _> = (0..VOCAB).map(|id| (format!("w{id}"), json!(id))).collect();
    let tokenizer = json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": null, "decoder": null, "model": {"type": "WordLevel", "vocab": words, "unk_token": "w0"}
    });
    let value = |row: u32, token: u32| ((row * 7919 + token * 104_729) % 9973) as f32 / 9973.0 + 0.01;
    let rows = (0..VOCAB).map(|row| (0..VOCAB).map(|token| value(row, token)).collect()).collect();
    let model = TableModel::new(rows, 20_000).unwrap();
    Engine::with_model("table", Arc::new(model), Tokenizer::from_json(tokenizer.to_string().as_bytes()).unwrap())
}

/// Steps a second after a prompt of so many tokens.
fn steps_a_second(engine: &Engine, options: &str, context: u32) -> f64 {
    let options = Options::list(options).unwrap().max_new_tokens(STEPS + 10).with("eos_token_id", json!([])).unwrap();
    let plan = engine.plan(&options).unwrap();
    let prompt = Prompt::Ids((0..context).map(|i| TokenId((i * i + i / 3) % VOCAB)).collect());
    let once = |_| {
        let mut sessions = [engine.session(&prompt, &plan).unwrap()];
        engine.step(&mut sessions, Budget::ALL, &mut ()).unwrap();
        let started = Instant::now();
        for _ in 0..STEPS {
            engine.step(&mut sessions, Budget::ALL, &mut ()).unwrap();
        }
        STEPS as f64 / started.elapsed().as_secs_f64()
    };
    (0..REPEATS).map(once).fold(0.0, f64::max)
}

fn main() {
    let engine = table();
    println!("| search | 100 tokens: steps a second | 10,000 tokens | ratio |");
    println!("| --- | ---: | ---: | ---: |");
    for options in [
        "num_beams=1",
        "repetition_penalty=1.2,no_repeat_ngram_size=3",
        "do_sample=true,seed=1,num_return_sequences=8,top_k=50",
        "do_sample=true,seed=1,dry_multiplier=0.8,frequency_penalty=0.2,repeat_last_n=64",
        "num_beams=8",
        "num_beams=8,do_sample=true,seed=1",
        "num_beams=8,num_beam_groups=4,diversity_penalty=0.5",
        "num_beams=8,force_words_ids=[[5,6]]",
        "num_beams=8,do_sample=true,stochastic_beams=true,seed=1",
        "do_sample=true,seed=1,best_of=4",
        "do_sample=true,seed=1,arithmetic_sampling=true,num_return_sequences=4",
        "exact_search=true,node_budget=100000",
        "prompt_lookup_num_tokens=3",
    ] {
        let [short, long] = [100, 10_000].map(|context| steps_a_second(&engine, options, context));
        println!("| `{options}` | {short:.0} | {long:.0} | {:.2} |", long / short);
    }
}

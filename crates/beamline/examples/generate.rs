//! A prompt in, a text out, with the model's own numbers of every token.
//!
//! `cargo run --release -p beamline --example generate`
#![allow(clippy::print_stdout)] // a program

use beamline::{Engine, Error, Options};

fn main() -> Result<(), Error> {
    let engine = Engine::open("builtin")?;
    let options = Options::new().do_sample(true).temperature(0.7).top_p(0.9).seed(7).max_new_tokens(24);
    let completion = engine.complete("It was a dark and stormy night", &engine.plan(&options)?)?;
    let sequence = &completion.sequences[0];
    println!("It was a dark and stormy night{}\n", sequence.text);
    println!("{:>12}  {:>8}  {:>5}  {:>7}", "token", "log p", "rank", "entropy");
    for token in &sequence.tokens {
        println!("{:>12?}  {:>8.3}  {:>5}  {:>7.3}", token.text, token.logprob, token.rank, token.entropy);
    }
    println!("\nall of it: log p {:.3} nats, {:?} tokens a second", sequence.sum_logprob, {
        completion.timings.decode_tokens_per_s.map(f64::round)
    });
    Ok(())
}

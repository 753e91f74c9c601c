//! Text as it comes: three samples of one prompt, from one pass over the weights a step.
//!
//! `cargo run --release -p beamline --example stream`
#![allow(clippy::print_stdout)] // a program

use beamline::{Engine, Error, Options};
use std::io::Write;

fn main() -> Result<(), Error> {
    let engine = Engine::open("builtin")?;
    let plan = engine.plan(&Options::new().max_new_tokens(30).no_repeat_ngram_size(3))?;
    print!("Once upon a time");
    for piece in engine.stream("Once upon a time", &plan)? {
        print!("{}", piece?.text);
        std::io::stdout().flush().ok();
    }

    // Several sequences come side by side; what may be the beginning of a stop string is held back.
    println!("\n\nThree ways to end a sentence:");
    let options = Options::new().do_sample(true).seed(3).num_return_sequences(3).max_new_tokens(40);
    let options = options.stop_strings(["."]).include_stop_str_in_output(false);
    let mut texts = vec![String::new(); 3];
    for piece in engine.stream("The old man said that", &engine.plan(&options)?)? {
        let piece = piece?;
        texts[piece.sequence] += &piece.text;
        if let Some(reason) = piece.finish {
            println!("{} ({}): The old man said that{}", piece.sequence, reason.name(), texts[piece.sequence]);
        }
    }
    Ok(())
}

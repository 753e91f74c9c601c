//! A message, answered by a model that was trained on conversations.
//!
//! `cargo run --release -p beamline --example chat -- models/SmolLM2-135M-Instruct.Q4_1.gguf "What is the capital of France?"`
#![allow(clippy::print_stdout)] // a program

use beamline::{Conversation, Engine, Error, Message, Options, Prompt};
use std::io::Write;

fn main() -> Result<(), Error> {
    let mut args = std::env::args().skip(1);
    let (Some(model), Some(text)) = (args.next(), args.next()) else {
        println!("usage: chat MODEL MESSAGE");
        return Ok(());
    };
    let engine = Engine::open(&model)?;
    let conversation = Conversation::new(vec![Message::system("Answer in one sentence."), Message::user(&text)]);
    let template = engine.chat_templates().fitting(&conversation)?;
    let prompt = engine.chat_prompt(&template, &conversation)?;
    // An answer ends where the template ends its turn.
    let plan = engine.plan(&engine.chat_options(&template, &Options::new().max_new_tokens(100)))?;
    for piece in engine.stream(Prompt::Ids(prompt.token_ids), &plan)? {
        print!("{}", piece?.text);
        std::io::stdout().flush().ok();
    }
    println!();
    Ok(())
}

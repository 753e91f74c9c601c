//! A processor of one's own: no letter "e" (a lipogram), and words that begin alike (an alliteration) more probable.
//!
//! `cargo run --release -p beamline --example custom_processor`
#![allow(clippy::print_stdout)] // a program

use beamline::{Context, Engine, Error, Logits, Options, Processor, TokenId, Tokenizer};
use std::sync::Arc;

/// Lets no token with this letter through, and favours words that begin with another.
#[derive(Clone)]
struct Letters {
    without: char,
    with: char,
    tokenizer: Arc<Tokenizer>,
}

impl Processor for Letters {
    fn name(&self) -> &'static str {
        "letters"
    }

    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let vocabulary = self.tokenizer.vocabulary();
        for id in (0..vocabulary.len() as u32).map(TokenId) {
            let text = vocabulary.text(id).to_lowercase();
            if text.contains(self.without) {
                logits.remove(id);
            } else if text.trim_start().starts_with(self.with) && text.starts_with(' ') {
                logits.update(id, |value| value + 2.0);
            }
        }
    }

    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

fn main() -> Result<(), Error> {
    let engine = Engine::open("builtin")?;
    let options = Options::new().do_sample(true).temperature(0.7).seed(11).max_new_tokens(30).no_repeat_ngram_size(2);
    let plan = engine.plan(&options)?;
    println!("plain:      A man{}", engine.complete("A man", &plan)?.sequences[0].text);
    let letters = Letters { without: 'e', with: 's', tokenizer: Arc::clone(engine.tokenizer()) };
    // Before the temperature's place, so that it and the truncations see what is left.
    let plan = plan.processor_first(letters);
    println!("without e:  A man{}", engine.complete("A man", &plan)?.sequences[0].text);
    Ok(())
}

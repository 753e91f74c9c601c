//! A beam search, watched: what it considered at each step, and what became of it.
//!
//! `cargo run --release -p beamline --example beams`
#![allow(clippy::print_stdout)] // a program

use beamline::{Engine, Error, Event, EventKind, Interest, Observer, Options, SearchEvent, Tokenizer};
use std::sync::Arc;

/// Prints every candidate as the search judges it.
struct Watcher(Arc<Tokenizer>);

impl Observer for Watcher {
    fn wants(&self, _: usize, interest: Interest) -> bool {
        interest == Interest::Search
    }

    fn event(&mut self, event: &Event<'_>) {
        if let EventKind::Search { event: SearchEvent::Candidate(candidate), .. } = &event.kind {
            let token = self.0.vocabulary().text(candidate.token);
            let fate = candidate.fate.name();
            println!("step {}: {token:>10?}  score {:>7.3}  {fate}", event.step, candidate.score);
        }
    }
}

fn main() -> Result<(), Error> {
    let engine = Engine::open("builtin")?;
    let plan = engine.plan(&Options::new().num_beams(3).num_return_sequences(3).max_new_tokens(6))?;
    let mut sessions = [engine.session("Once upon a", &plan)?];
    engine.run(&mut sessions, &mut Watcher(Arc::clone(engine.tokenizer())))?;
    println!();
    for sequence in engine.completion(&sessions).sequences {
        let score = sequence.score.unwrap_or_default();
        println!("{}. {score:.3}  Once upon a{}", sequence.rank + 1, sequence.text);
    }
    Ok(())
}

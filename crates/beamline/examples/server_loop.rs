//! The loop of a server, without the network: requests join and leave at every step, a long prompt is read in pieces, one
//! client goes away, one asks for the impossible, and whoever comes back finds the beginning of its prompt read.
//!
//! `cargo run --release -p beamline --example server_loop`
#![allow(clippy::print_stdout)] // a program

use beamline::{Budget, Engine, Error, Options, PrefixStore, Session, SessionId, TextDeltas};
use std::collections::BTreeMap;

fn main() -> Result<(), Error> {
    let engine = Engine::open("builtin")?;
    let mut store = PrefixStore::new(&engine, 32 << 20);
    let novel = "It was the best of times, it was the worst of times, ".repeat(12);
    let nothing: Vec<u32> = (0..engine.model().geometry().vocab as u32).collect();
    let short = Options::new().max_new_tokens(12);
    // When each request arrives (in steps), what it says, and what it asks for.
    let requests = [
        (0, "Once upon a time".to_owned(), short.clone()),
        (1, novel.clone(), short.clone().do_sample(true).seed(1)),
        (2, "The impossible".to_owned(), short.clone().with("suppress_tokens", nothing)?),
        (3, "The sea was".to_owned(), short.clone().num_beams(4)),
        (16, novel + "it was", short),
    ];
    let mut texts: BTreeMap<SessionId, (TextDeltas, String)> = BTreeMap::new();
    let mut running: Vec<Session> = Vec::new();
    for step in 0.. {
        for (_, prompt, options) in requests.iter().filter(|(at, ..)| *at == step) {
            let session = store.session(&engine, prompt.as_str(), &engine.plan(options)?)?;
            let (len, read) = (session.prompt().len(), session.reused_tokens());
            println!("step {step:>2}: {} joins with {len} tokens, {read} of them read before", session.id());
            texts.insert(session.id(), (TextDeltas::new(&engine, &session), String::new()));
            running.push(session);
        }
        // Those who decode go first; prompts share what is left of 64 tokens.
        let done = engine.step(&mut running, Budget::tokens(64), &mut ())?;
        println!("step {step:>2}: {} tokens for {} sessions", done.tokens, running.len());
        for session in &mut running {
            let (deltas, text) = texts.get_mut(&session.id()).expect("each has its deltas");
            deltas.take(session).iter().for_each(|news| *text += &news.text);
            if step == 6 && session.plan().options().get("num_beams").is_some() {
                session.cancel(); // its client went away
            }
        }
        for session in running.extract_if(.., |session| session.is_done()) {
            let ended = session.error().map_or_else(|| format!("{:?}", texts[&session.id()].1), ToString::to_string);
            println!("step {step:>2}: {} is done: {ended}", session.id());
            store.keep(&engine, &session);
        }
        if running.is_empty() && step > 16 {
            break;
        }
    }
    println!("{:?}", store.stats());
    Ok(())
}

//! Text as it comes: pieces join to the whole text, and stop strings are cut by one rule, which is spelled out here.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{
    Beginning, Budget, Completion, Context, Engine, Logits, Options, Plan, Processor, Special, TextDeltas, TokenId,
};
use proptest::prelude::*;
use std::sync::LazyLock;
use support::tiny;

static BUILTIN: LazyLock<Engine> = LazyLock::new(|| Engine::open("builtin").unwrap());

/// What must be left of a text, by its characters alone: up to where the stop string begins that ends first after the prompt.
fn before_stop<'a>(prompt: &str, text: &'a str, stops: &[&str]) -> &'a str {
    let whole = format!("{prompt}{text}");
    let ends = stops.iter().enumerate().flat_map(|(i, stop)| {
        let places = (0..whole.len()).filter(|&at| whole.as_bytes()[at..].starts_with(stop.as_bytes()));
        places.map(move |at| (at + stop.len(), i, at)).collect::<Vec<_>>()
    });
    let first = ends.filter(|(end, ..)| *end > prompt.len()).min();
    &text[..first.map_or(text.len(), |(_, _, at)| at.saturating_sub(prompt.len()))]
}

/// The texts that a session's news join to.
fn streamed(engine: &Engine, prompt: &str, plan: &Plan) -> (Vec<String>, Completion) {
    let mut sessions = [engine.session(prompt, plan).unwrap()];
    let mut deltas = TextDeltas::new(engine, &sessions[0]);
    let mut texts = vec![String::new(); sessions[0].results().len()];
    let mut tokens = vec![Vec::new(); texts.len()];
    while !sessions[0].is_done() {
        engine.step(&mut sessions, Budget::ALL, &mut ()).unwrap();
        for news in deltas.take(&sessions[0]) {
            texts.resize(texts.len().max(news.sequence + 1), String::new());
            tokens.resize(texts.len(), Vec::new());
            texts[news.sequence] += &news.text;
            tokens[news.sequence].extend(news.token_ids.iter().map(|id| id.0));
        }
    }
    assert!(deltas.take(&sessions[0]).is_empty(), "told once");
    let completion = engine.completion(&sessions);
    for (sequence, tokens) in completion.sequences.iter().zip(tokens) {
        assert_eq!(sequence.token_ids, tokens);
    }
    (texts, completion)
}

#[test]
fn an_owned_stream_joins_to_the_whole_text_for_three_sequences_with_stop_strings_in_korean_too() {
    let llama = tiny("tiny-llama");
    let mut stopped = 0;
    for (prompt, engine) in [("Once upon a time", &*BUILTIN), ("안녕하세요 ", &llama), ("", &*BUILTIN)] {
        for seed in 0..12 {
            let base = Options::new().do_sample(true).seed(seed).num_return_sequences(3).max_new_tokens(24).top_k(0);
            let stops = ["e t", "the ", "한", "a", "\u{fffd}", "n up"];
            for (include, stops) in [(true, &stops[..]), (false, &stops[..]), (false, &stops[1..2]), (true, &[])] {
                let mut options = base.clone();
                if !stops.is_empty() {
                    options = options.stop_strings(stops.iter().copied()).include_stop_str_in_output(include);
                }
                let (texts, completion) = streamed(engine, prompt, &engine.plan(&options).unwrap());
                for (sequence, text) in completion.sequences.iter().zip(&texts) {
                    assert_eq!(&sequence.text, text);
                    stopped += usize::from(sequence.stop_string.is_some());
                    let ids: Vec<TokenId> = sequence.token_ids.iter().copied().map(TokenId).collect();
                    let all = engine.tokenizer().decode(&ids, Special::Drop, Beginning::Continuation);
                    if include {
                        assert_eq!(text, &all);
                    } else if !all.contains('\u{fffd}') {
                        let known = if prompt.is_empty() { "<|endoftext|>" } else { prompt };
                        assert_eq!(text, before_stop(known, &all, stops), "{all:?}");
                    }
                }
            }
        }
    }
    assert!(stopped > 200, "{stopped}");
}

#[test]
fn beams_are_told_when_they_have_ended() {
    let options = Options::new().num_beams(3).num_return_sequences(3).max_new_tokens(12);
    let (texts, completion) = streamed(&BUILTIN, "Once upon a time", &BUILTIN.plan(&options).unwrap());
    assert_eq!(texts, completion.sequences.iter().map(|s| s.text.clone()).collect::<Vec<_>>());
}

/// Says what it is told to, token by token.
#[derive(Clone)]
struct Script(Vec<TokenId>);

impl Processor for Script {
    fn name(&self) -> &'static str {
        "script"
    }
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        let next = self.0[context.tokens.len() - context.prompt_len];
        logits.retain(|id, _| id == next);
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

/// The text that is streamed where the model says `pieces`, each tokenized by itself.
fn said(prompt: &str, pieces: &[String], stops: &[String]) -> (String, String) {
    let tokenizer = BUILTIN.tokenizer();
    let script: Vec<TokenId> = pieces.iter().flat_map(|piece| tokenizer.ids(piece).unwrap()).collect();
    let options = Options::new().max_new_tokens(script.len()).include_stop_str_in_output(false);
    let plan = BUILTIN.plan(&options.stop_strings(stops)).unwrap().processor_last(Script(script));
    let (texts, completion) = streamed(&BUILTIN, prompt, &plan);
    let ids: Vec<TokenId> = completion.sequences[0].token_ids.iter().copied().map(TokenId).collect();
    (texts[0].clone(), tokenizer.decode(&ids, Special::Drop, Beginning::Continuation))
}

#[test]
fn of_two_stop_strings_the_one_that_ends_first_cuts() {
    let strings = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
    assert_eq!(said("x", &strings(&["a한", "한"]), &strings(&["한", "a한한"])).0, "a");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the text comes in pieces, what goes out is the text before the stop string that ends first.
    #[test]
    fn streamed_text_ends_before_the_first_stop_string(
        pieces in prop::collection::vec("[ab한]{1,3}", 1..10),
        stops in prop::collection::vec("[ab한]{1,4}", 1..3),
        prompt in "[ab한]{1,3}",
    ) {
        let (text, all) = said(&prompt, &pieces, &stops);
        let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
        prop_assert_eq!(&text, before_stop(&prompt, &all, &stops), "{:?}", all);
    }
}

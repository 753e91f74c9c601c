//! Grammars that grow: each is followed, or refused in a line of ours, in bounded time, memory and stack.
#![cfg(feature = "grammar")]
#![allow(clippy::unwrap_used)] // tests may

use beamline_shape::{Context, Grammar, Logits, Pipeline, ShapeError};
use beamline_tokens::{TokenId, TokenList, Tokenizer};
use serde_json::{Value, json};
use std::fmt::Write;

/// A tokenizer of some single characters, and whatever else is given.
fn tokenizer(more: &[&str]) -> Tokenizer {
    let letters: Vec<String> = ('a'..='z').chain("\"{}:,[]0123456789 ".chars()).map(String::from).collect();
    let vocab: Value = letters
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .enumerate()
        .map(|(id, text)| (text.to_owned(), json!(id)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let json = json!({"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null, "post_processor": null,
        "decoder": {"type": "Fuse"}, "model": {"type": "WordLevel", "unk_token": "a", "vocab": vocab}});
    Tokenizer::from_json(json.to_string().as_bytes()).unwrap()
}

/// Follows a grammar for some steps, always by the lowest id that is left; none where it ended well.
fn follow(grammar: &Value) -> Result<(), ShapeError> {
    let tokenizer = tokenizer(&[]);
    let (vocabulary, size) = (tokenizer.vocabulary(), tokenizer.vocabulary().len());
    let grammar = match (grammar["lark"].as_str(), grammar["regex"].as_str()) {
        (Some(lark), _) => Grammar::lark(lark, vocabulary, size + 1, &[TokenId(size as u32)])?,
        (_, Some(regex)) => Grammar::regex(regex, vocabulary, size + 1, &[TokenId(size as u32)])?,
        _ => Grammar::json_schema(grammar, vocabulary, size + 1, &[TokenId(size as u32)])?,
    };
    let mut pipeline = Pipeline::new(vec![Box::new(grammar)]);
    let mut text = TokenList::new();
    for _ in 0..4 {
        let mut logits = Logits::of(&vec![0.0; size + 1]);
        let context = Context { tokens: &text, ..Context::default() };
        pipeline.shape(&mut logits, &context, &mut |_, _| {})?;
        let next = TokenId(logits.ids()[0]);
        if next.index() == size {
            break;
        }
        pipeline.accept(&text, next);
        text.push(next);
    }
    Ok(())
}

/// The same, and what it says in one line of a bounded length.
fn said(grammar: &Value) -> String {
    match follow(grammar) {
        Ok(()) => String::new(),
        Err(error) => {
            let error = error.to_string();
            assert!(
                error.len() < 500
                    && !error.contains('\n')
                    && !error.contains("<backtrace")
                    && !error.contains("<state"),
                "{error}"
            );
            error
        }
    }
}

fn lark(rules: impl Fn(usize) -> String, count: usize) -> Value {
    let mut text = String::new();
    (0..count).for_each(|n| writeln!(text, "{}", rules(n)).unwrap());
    json!({"lark": text})
}

#[test]
fn limits_of_the_library_are_told_as_such() {
    // More alternatives than it follows in a step, after a step that it does follow.
    let alternatives: Vec<String> = (0..2000).map(|n| format!("r{n}")).collect();
    let mut text = format!("start: {}\n", alternatives.join(" | "));
    (0..2000).for_each(|n| writeln!(text, "r{n}: \"w{n}\" \"z\"").unwrap());
    let error = said(&json!({"lark": text}));
    assert!(
        error.starts_with("grammar cannot go on at this step: ")
            && error.ends_with("; make it smaller, or leave it out"),
        "{error}"
    );
    let variant = |n: usize| json!({"type": "object", "properties": {"kind": {"const": format!("k{n}")}, "v": {"type": "integer"}}, "required": ["kind", "v"]});
    let error = said(&json!({"anyOf": (0..3000).map(variant).collect::<Vec<_>>()}));
    assert!(error.contains("cannot go on at this step"), "{error}");
    // More symbols than it has numbers for.
    let error = said(&json!({"lark": format!("start: {} \"b\"", "\"a\" | ".repeat(70_000))}));
    assert!(error.starts_with("lark: ") && error.ends_with("mend it, or leave it out"), "{error}");
    assert!(error.contains("strings and regular expressions") && !error.contains("panic"), "{error}");
}

#[test]
fn what_leaves_the_grammar_is_not_its_limit() {
    let tokenizer = tokenizer(&[]);
    let (vocabulary, size) = (tokenizer.vocabulary(), tokenizer.vocabulary().len());
    let mut pipeline = Pipeline::new(vec![Box::new(Grammar::regex("ab", vocabulary, size, &[]).unwrap())]);
    let mut text = TokenList::new();
    pipeline.accept(&text, TokenId(7));
    text.push(TokenId(7));
    let mut logits = Logits::of(&vec![0.0; size]);
    let context = Context { tokens: &text, ..Context::default() };
    let error = pipeline.shape(&mut logits, &context, &mut |_, _| {}).unwrap_err();
    assert_eq!(error, ShapeError::Empty { processor: "grammar".to_owned() });
}

#[test]
fn grammars_grow_to_their_bounds_and_no_further() {
    let nested = |open: &str, close: &str, count: usize| format!("{}a{}", open.repeat(count), close.repeat(count));
    for (grammar, refused) in [
        (json!({"regex": "a?".repeat(4096)}), false),
        (json!({"regex": "a?".repeat(4097)}), true),
        (json!({"regex": "(a|)".repeat(45_000)}), true),
        (json!({"pattern": "a?".repeat(45_000), "type": "string"}), true),
        (json!({"lark": format!("start: /{}/", "a?".repeat(45_000))}), true),
        (json!({"lark": format!("start: T\nA: \"a\"?\nT: {}", "A ".repeat(4_000))}), false),
        (json!({"lark": format!("start: T\nA: \"a\"?\nT: {}", "A ".repeat(45_000))}), true),
        (json!({"regex": "a".repeat(600_000)}), true),
        (lark(|n| format!("{}: r{n}", if n == 0 { "start".to_owned() } else { format!("r{}", n - 1) }), 20_000), true),
        (json!({"regex": nested("(", ")", 100_000)}), true),
        (json!({"lark": format!("start: {}", nested("(", ")", 100_000))}), true),
        (json!({"lark": format!("start: {}", nested("[", "]", 100_000))}), true),
        (json!({"regex": "(((a{1000}){1000}){1000}){1000}"}), false),
        // Each terminal is twice the one before.
        (
            lark(
                |n| match n {
                    0 => "start: T30".to_owned(),
                    1 => "T0: \"a\"?".to_owned(),
                    _ => format!("T{}: T{} T{}", n - 1, n - 2, n - 2),
                },
                32,
            ),
            true,
        ),
        (json!({"enum": (0..60_000).map(|n| format!("word{n}")).collect::<Vec<_>>()}), true),
    ] {
        let error = said(&grammar);
        assert_eq!(error.is_empty(), !refused, "{:.60}: {error}", grammar.to_string());
    }
}

#[test]
fn tokens_longer_than_the_library_takes_are_never_allowed() {
    let long = "a".repeat(5000);
    let tokenizer = tokenizer(&[&long, "aa"]);
    let (vocabulary, size) = (tokenizer.vocabulary(), tokenizer.vocabulary().len());
    let mut grammar = Pipeline::new(vec![Box::new(Grammar::regex("a+", vocabulary, size, &[]).unwrap())]);
    let mut logits = Logits::of(&vec![0.0; size]);
    grammar.shape(&mut logits, &Context::default(), &mut |_, _| {}).unwrap();
    assert_eq!(logits.ids(), [0, size as u32 - 1]);
    let error = Grammar::regex("a", vocabulary, 1 << 24, &[]).unwrap_err().to_string();
    assert!(error.contains("the model has 16777216 tokens"), "{error}");
}

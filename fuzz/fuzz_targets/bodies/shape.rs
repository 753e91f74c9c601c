//! What the fuzz target of grammars does with its text; a stable test replays the seeds through the same function.

use beamline_shape::{Context, Grammar, Logits, Pipeline};
use beamline_tokens::{TokenId, TokenList, Tokenizer, byte_tokenizer_json};
use std::sync::LazyLock;

static BYTES: LazyLock<Tokenizer> = LazyLock::new(|| {
    let json = byte_tokenizer_json(300).expect("300 are enough");
    Tokenizer::from_json(json.as_bytes()).expect("a vocabulary of bytes")
});

/// Reads a text as each kind of grammar (a first line `regex` or `lark`, else a schema), and follows it for some tokens.
pub fn grammar(text: &str) {
    let (vocabulary, size) = (BYTES.vocabulary(), BYTES.vocabulary().len());
    let (kind, rest) = text.split_once('\n').unwrap_or(("", text));
    let grammar = match kind {
        "regex" => Grammar::regex(rest, vocabulary, size, &[TokenId(0)]),
        "lark" => Grammar::lark(rest, vocabulary, size, &[TokenId(0)]),
        _ => match serde_json::from_str(text) {
            Ok(schema) => Grammar::json_schema(&schema, vocabulary, size, &[TokenId(0)]),
            Err(_) => return,
        },
    };
    let told = |error: beamline_shape::ShapeError| {
        let text = error.to_string();
        assert!(!text.contains('\n') && !text.contains("<backtrace") && text.len() < 600, "an error is one line");
    };
    let mut pipeline = match grammar {
        Ok(grammar) => Pipeline::new(vec![Box::new(grammar)]),
        Err(error) => return told(error),
    };
    let mut text = TokenList::new();
    for step in 0..6 {
        let mut logits = Logits::of(&vec![0.0; size]);
        if let Err(error) =
            pipeline.shape(&mut logits, &Context { tokens: &text, ..Context::default() }, &mut |_, _| {})
        {
            return told(error);
        }
        let left = logits.ids();
        let next = TokenId(left[step * 7 % left.len()]);
        pipeline.accept(&text, next);
        text.push(next);
    }
}

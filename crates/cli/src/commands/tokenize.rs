//! `beamline tokenize`: text into tokens, or tokens into text.

use crate::args::Tokenize;
use crate::failure::Failure;
use crate::model;
use crate::output::{json, paint, print};
use crate::paint::width;
use crate::prompts;
use crate::table::{Column, Table};
use beamline::{Beginning, Opened, Special, TokenId, Tokenizer};
use beamline_draw::labels;
use serde_json::json;

pub(crate) fn run(args: &Tokenize) -> Result<(), Failure> {
    // What was typed is read before the model is looked for.
    if let Some(ids) = &args.decode {
        let ids = prompts::parse_ids(ids, "--decode")?;
        return decode(args, &model::find(&args.model)?, &ids);
    }
    let text = prompts::text(args.text.as_deref().unwrap_or_default())?;
    let tokenizer = tokenizer(args)?;
    prompts::tell_of_two_begins(&tokenizer, [text.as_str()]);
    encode(args, &tokenizer, &text)
}

fn tokenizer(args: &Tokenize) -> Result<Tokenizer, Failure> {
    let tokenizer = model::find(&args.model)?.tokenizer()?;
    model::tell(&tokenizer);
    Ok(tokenizer)
}

fn decode(args: &Tokenize, opened: &Opened, ids: &[TokenId]) -> Result<(), Failure> {
    let tokenizer = opened.tokenizer()?;
    model::tell(&tokenizer);
    // A model may have more ids than there are tokens: those stand for no text.
    let count = tokenizer.vocabulary().len().max(opened.geometry().vocab);
    if let Some(id) = ids.iter().find(|id| id.index() >= count) {
        return Err(Failure::usage(format!(
            "token id {id} is beyond the vocabulary; ids must be in 0..={}",
            count - 1
        )));
    }
    let text = tokenizer.decode(ids, Special::Write, Beginning::Text);
    if args.json { json(&json!({"text": text})) } else { print(&format!("{text}\n")) }
}

fn encode(args: &Tokenize, tokenizer: &Tokenizer, text: &str) -> Result<(), Failure> {
    if args.json {
        let tokens = tokenizer.encode(text).map_err(beamline::Error::from)?;
        let vocabulary = tokenizer.vocabulary();
        let token = |t: &beamline::Token| json!({"id": t.id.0, "text": vocabulary.text(t.id), "bytes": vocabulary.bytes(t.id), "start": t.start, "end": t.end});
        let ids: Vec<u32> = tokens.iter().map(|t| t.id.0).collect();
        return json(&json!({"token_ids": ids, "tokens": tokens.iter().map(token).collect::<Vec<_>>()}));
    }
    paint(&table(tokenizer, text)?.fit(width()))
}

/// A row for each token of a text: its id, which bytes of the text it is, and the token.
pub(super) fn table(tokenizer: &Tokenizer, text: &str) -> Result<Table, Failure> {
    let tokens = tokenizer.encode(text).map_err(beamline::Error::from)?;
    let vocabulary = tokenizer.vocabulary();
    let bytes: Vec<&[u8]> = tokens.iter().map(|t| vocabulary.bytes(t.id)).collect();
    let mut table = Table::new(vec![Column::numbers("id"), Column::numbers("bytes"), Column::words("token")]);
    for (t, label) in tokens.iter().zip(labels(&bytes)) {
        table.push(vec![t.id.to_string().into(), format!("{}..{}", t.start, t.end).into(), label.into()]);
    }
    Ok(table)
}

//! `beamline tokenize`: text into tokens, or tokens into text.

use crate::args::Tokenize;
use crate::failure::Failure;
use crate::output::{json, paint, pieces, print};
use crate::paint::width;
use crate::prompts;
use crate::table::{Column, Table};
use crate::{messages, model};
use beamline::{Beginning, Opened, Special, TokenId, Tokenizer};
use beamline_draw::labels;
use serde_json::json;
use std::io::{self, Write};

pub(crate) fn run(args: &Tokenize) -> Result<(), Failure> {
    // What was typed is read before the model is looked for.
    if let Some(ids) = &args.decode {
        let ids = prompts::parse_ids(ids, "--decode")?;
        return decode(args, &model::find(&args.model)?, &ids);
    }
    if let Some(conversation) = messages::asked_once(&args.chat, args.text.as_deref())? {
        let opened = model::find(&args.model)?;
        let (templates, tokenizer) = (opened.chat_templates(), opened.tokenizer()?);
        let template = messages::template(&args.chat.template, templates, &conversation)?;
        let prompt = messages::prompt(&args.chat.template, (templates, &template, &tokenizer), &conversation)?;
        let tokens = tokenizer.encode_as_written(&prompt.text).map_err(beamline::Error::from)?;
        return show(args, &tokenizer, &tokens, Some(&prompt.text));
    }
    let text = prompts::text(args.text.as_deref().unwrap_or_default())?;
    let tokenizer = tokenizer(args)?;
    prompts::tell_of_two_begins(&tokenizer, [text.as_str()]);
    let tokens = tokenizer.encode(&text).map_err(beamline::Error::from)?;
    show(args, &tokenizer, &tokens, None)
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

/// Prints tokens, behind the text that a template wrote.
fn show(
    args: &Tokenize,
    tokenizer: &Tokenizer,
    tokens: &[beamline::Token],
    rendered: Option<&str>,
) -> Result<(), Failure> {
    if args.json {
        return pieces(|out| as_json(out, tokenizer, tokens, rendered));
    }
    if let Some(text) = rendered {
        print(&format!("{}\n\n", text.trim_end_matches('\n')))?;
    }
    paint(&rows(tokenizer, tokens).fit(width()))
}

/// Writes tokens as one JSON object, one after another: as a value the whole would take a hundred times the text.
fn as_json(
    out: &mut dyn Write,
    tokenizer: &Tokenizer,
    tokens: &[beamline::Token],
    rendered: Option<&str>,
) -> io::Result<()> {
    let vocabulary = tokenizer.vocabulary();
    out.write_all(b"{\"token_ids\":[")?;
    for (i, token) in tokens.iter().enumerate() {
        write!(out, "{}{}", if i > 0 { "," } else { "" }, token.id)?;
    }
    out.write_all(b"],\"tokens\":[")?;
    for (i, t) in tokens.iter().enumerate() {
        let token = json!({"id": t.id.0, "text": vocabulary.text(t.id), "bytes": vocabulary.bytes(t.id), "start": t.start, "end": t.end});
        write!(out, "{}{token}", if i > 0 { "," } else { "" })?;
    }
    out.write_all(b"]")?;
    if let Some(text) = rendered {
        write!(out, ",\"text\":{}", json!(text))?;
    }
    out.write_all(b"}\n")
}

/// A row for each token of a text: its id, which bytes of the text it is, and the token.
pub(super) fn table(tokenizer: &Tokenizer, text: &str) -> Result<Table, Failure> {
    let tokens = tokenizer.encode(text).map_err(beamline::Error::from)?;
    Ok(rows(tokenizer, &tokens))
}

/// A row for each token.
fn rows(tokenizer: &Tokenizer, tokens: &[beamline::Token]) -> Table {
    let vocabulary = tokenizer.vocabulary();
    let mut table = Table::new(vec![Column::numbers("id"), Column::numbers("bytes"), Column::words("token")]);
    for (t, label) in tokens.iter().zip(labels(tokens.iter().map(|t| (t.id.0, vocabulary.bytes(t.id))))) {
        table.push(vec![t.id.to_string().into(), format!("{}..{}", t.start, t.end).into(), label.into()]);
    }
    table
}

//! Renders a conversation: `render TEMPLATE.jinja MESSAGES.json [TOKENS.json] [YYYY-MM-DD]`.
#![allow(clippy::print_stdout)] // an example prints

use beamline_chat::{ChatTemplate, Conversation, TokenTexts};
use std::error::Error;
use std::fs::read_to_string;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [template, messages, rest @ ..] = &args[..] else {
        return Err("usage: render TEMPLATE.jinja MESSAGES.json [TOKENS.json] [YYYY-MM-DD]".into());
    };
    let source = read_to_string(template)?;
    let mut conversation = Conversation::read(&read_to_string(messages)?)?;
    let tokens: TokenTexts = match rest.first() {
        Some(file) => serde_json::from_str(&read_to_string(file)?)?,
        None => TokenTexts::new(),
    };
    conversation.date = rest.get(1).map(|date| date.parse()).transpose()?;
    print!("{}", ChatTemplate::new(template, &source)?.render(&conversation, &tokens)?.text);
    Ok(())
}

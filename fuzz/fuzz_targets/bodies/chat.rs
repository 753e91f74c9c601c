//! What the fuzz target of chat templates does with its text; a stable test replays the seeds through the same function.

use beamline_chat::{ChatTemplate, Conversation, TokenTexts};

/// Reads a template, and renders a conversation with tools, calls and parts.
pub fn chat_template(source: &str) {
    let conversation = r#"{"messages": [
        {"role": "system", "content": " Be brief.\n"},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "image"}]},
        {"role": "assistant", "content": "<think>a</think>b", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1.5, "y": [null]}}}]},
        {"role": "tool", "content": "3"}, {"role": "user", "content": "안녕"}
    ], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]}"#;
    let mut conversation = Conversation::read(conversation).expect("a conversation");
    conversation.date = Some("2026-11-30".parse().expect("a day"));
    let tokens = TokenTexts::from([("bos_token".to_owned(), "<s>".to_owned())]);
    let told = |error: beamline_chat::ChatError| {
        let text = error.to_string();
        assert!(!text.contains('\n') && text.len() < 2000, "an error is one line");
    };
    match ChatTemplate::new("fuzz", source) {
        Ok(template) => match template.render(&conversation, &tokens) {
            Ok(rendered) => assert!(rendered.text.len() <= 40 << 20, "a prompt is bounded"),
            Err(error) => told(error),
        },
        Err(error) => told(error),
    }
}

//! Messages whose contents come in parts, made such as a template reads.

use crate::error::FieldError;
use beamline::{ChatTemplate, Conversation, Error};
use serde_json::Value;

/// Reads messages of texts alone.
///
/// # Errors
/// When they are none, or a part of one is no text.
pub fn read_texts(messages: &Value) -> Result<Conversation, FieldError> {
    if !messages.is_array() {
        return Err(FieldError::new("messages", "messages must be a list of objects with role and content"));
    }
    if let Some(kind) = not_text(messages) {
        let kind: String = kind.chars().take(60).collect();
        return Err(FieldError::new(
            "messages",
            format!("a part of a message is {kind:?}; models here read text alone"),
        ));
    }
    Ok(Conversation::of(messages).map_err(Error::from)?)
}

/// Makes one text of a message's parts where the template does not walk through them: it would write the list down as it stands,
/// brackets and all.
///
/// # Errors
/// When a part has no text.
pub fn fit(conversation: &mut Conversation, template: &ChatTemplate) -> Result<(), FieldError> {
    if reads_parts(template.source()) { Ok(()) } else { join_parts(conversation) }
}

/// The type of a part that is no text.
fn not_text(messages: &Value) -> Option<&str> {
    let parts = messages.as_array()?.iter().filter_map(|message| message.get("content")?.as_array()).flatten();
    parts
        .filter_map(|part| part.get("type")?.as_str())
        .find(|kind| !matches!(*kind, "text" | "input_text" | "output_text"))
}

/// Whether a template walks through the parts of a content. Others write a list down as it stands, brackets and all.
fn reads_parts(source: &str) -> bool {
    let walked = |rest: &str| {
        let (_, of) = rest.split_once(" in ")?;
        of.split([' ', '%', '|', '\n']).find(|word| !word.is_empty()).map(str::to_owned)
    };
    let parts = |of: String| of.trim_end_matches(['\'', '"', ']']).ends_with("content");
    source.split("for ").skip(1).filter_map(walked).any(parts)
}

/// Makes one text of the parts of each message, a line each, as vLLM and llama.cpp do.
///
/// # Errors
/// When a part has no text.
fn join_parts(conversation: &mut Conversation) -> Result<(), FieldError> {
    let mut joined = Vec::new();
    for message in &conversation.messages {
        let mut message = message.json();
        if let Some(Value::Array(parts)) = message.get("content") {
            let text = |part: &Value| part.as_str().or_else(|| part.get("text")?.as_str()).map(str::to_owned);
            let texts: Option<Vec<String>> = parts.iter().map(text).collect();
            let texts =
                texts.ok_or_else(|| FieldError::new("messages", "a part of a message has no text; give it one"))?;
            message["content"] = texts.join("\n").into();
        }
        joined.push(message);
    }
    conversation.messages = Conversation::of(&Value::Array(joined)).map_err(Error::from)?.messages;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_that_walk_through_parts_are_known() {
        for source in [
            "{% for part in message.content %}{{ part.text }}{% endfor %}",
            "{%- for item in message['content'] | list -%}",
            "{% for item in content %}",
        ] {
            assert!(reads_parts(source), "{source}");
        }
        for source in [
            "{% for m in messages %}{{ m.content }}{% endfor %}",
            "{% for m in messages %}{% if 'x' in m['content'] %}{% endif %}{% endfor %}",
            "",
        ] {
            assert!(!reads_parts(source), "{source}");
        }
    }

    #[test]
    fn parts_become_lines() {
        let with = |content: Value| {
            Conversation::of(&serde_json::json!([{"role": "user", "name": "a", "content": content}])).expect("messages")
        };
        let mut conversation = with(serde_json::json!([{"type": "text", "text": "one"}, "two"]));
        join_parts(&mut conversation).expect("texts");
        let message = conversation.messages[0].json();
        assert_eq!(message, serde_json::json!({"role": "user", "name": "a", "content": "one\ntwo"}));
        assert!(join_parts(&mut with(serde_json::json!([{"type": "text"}]))).is_err());
    }
}

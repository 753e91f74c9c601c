//! Messages in, a prompt by the model's chat template out.

use super::generate::aside;
use crate::answer::Calls;
use crate::error::ApiError;
use crate::state::State;
use beamline::{Conversation, Date, Options, TokenId};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A conversation as a request has it.
pub(crate) struct Talk {
    pub(crate) messages: Value,
    pub(crate) tools: Option<Vec<Value>>,
    pub(crate) tool_choice: Option<Value>,
    pub(crate) documents: Option<Vec<Value>>,
    pub(crate) variables: Map<String, Value>,
    pub(crate) add_generation_prompt: bool,
}

impl Talk {
    /// Messages to be answered, and nothing besides.
    pub(crate) fn of(messages: Value) -> Self {
        let (tools, tool_choice, documents, variables) = (None, None, None, Map::new());
        Self { messages, tools, tool_choice, documents, variables, add_generation_prompt: true }
    }
}

/// The prompt that it is.
pub(crate) struct Rendered {
    /// The text that the template wrote.
    pub(crate) text: String,
    pub(crate) token_ids: Vec<TokenId>,
    /// With the tokens by which an answer ends.
    pub(crate) options: Options,
    /// How calls of functions are to be read out of the answer, where there are functions.
    pub(crate) calls: Option<Calls>,
}

/// Renders a conversation.
///
/// # Errors
/// When there is no template, it refuses the conversation, or the request asks for what no template can do.
pub(crate) async fn rendered(server: &Arc<State>, talk: Talk, options: Options) -> Result<Rendered, ApiError> {
    let engine = Arc::clone(&server.model()?.engine);
    let own = server.settings.chat_template.clone();
    aside(move || {
        let mut conversation = conversation(talk)?;
        let template = match own {
            Some(template) => template,
            None => engine.chat_templates().fitting(&conversation)?,
        };
        if !reads_parts(template.source()) {
            join_parts(&mut conversation)?;
        }
        let calls = match &conversation.tools {
            Some(_) => Some(Calls::of(template.source()).ok_or_else(|| {
                ApiError::field("tools", "this model's chat template knows no functions; leave tools out")
            })?),
            None => None,
        };
        let prompt = engine.chat_prompt(&template, &conversation)?;
        let options = engine.chat_options(&template, &options);
        Ok(Rendered { text: prompt.text, token_ids: prompt.token_ids, options, calls })
    })
    .await
}

fn conversation(talk: Talk) -> Result<Conversation, ApiError> {
    if !talk.messages.is_array() {
        return Err(ApiError::field("messages", "messages must be a list of objects with role and content"));
    }
    if let Some(kind) = not_text(&talk.messages) {
        let kind: String = kind.chars().take(60).collect();
        return Err(ApiError::field(
            "messages",
            format!("a part of a message is {kind:?}; models here read text alone"),
        ));
    }
    let mut conversation = Conversation::of(&talk.messages).map_err(beamline::Error::from)?;
    conversation.tools = match talk.tool_choice.as_ref() {
        Some(Value::String(choice)) if choice == "none" => None,
        None | Some(Value::Null) => talk.tools,
        Some(Value::String(choice)) if choice == "auto" => talk.tools,
        Some(_) => {
            let why = "tool_choice must be auto or none; a call cannot be forced, but response_format can hold the answer to a schema";
            return Err(ApiError::field("tool_choice", why));
        }
    };
    conversation.tools = conversation.tools.filter(|tools| !tools.is_empty());
    conversation.documents = talk.documents;
    conversation.variables = talk.variables;
    conversation.add_generation_prompt = talk.add_generation_prompt;
    conversation.date = Some(Date::today());
    Ok(conversation)
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
fn join_parts(conversation: &mut Conversation) -> Result<(), ApiError> {
    let mut joined = Vec::new();
    for message in &conversation.messages {
        let mut message = message.json();
        if let Some(Value::Array(parts)) = message.get("content") {
            let text = |part: &Value| part.as_str().or_else(|| part.get("text")?.as_str()).map(str::to_owned);
            let texts: Option<Vec<String>> = parts.iter().map(text).collect();
            let texts =
                texts.ok_or_else(|| ApiError::field("messages", "a part of a message has no text; give it one"))?;
            message["content"] = texts.join("\n").into();
        }
        joined.push(message);
    }
    conversation.messages = Conversation::of(&Value::Array(joined)).map_err(beamline::Error::from)?.messages;
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

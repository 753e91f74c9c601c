//! Messages in, a prompt by the model's chat template out.

use super::generate::aside;
use crate::answer::Calls;
use crate::error::ApiError;
use crate::state::State;
use beamline::{Conversation, Date, Options, TokenId};
use beamline_openai::{fit, read_texts};
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
        fit(&mut conversation, &template)?;
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
    let mut conversation = read_texts(&talk.messages)?;
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

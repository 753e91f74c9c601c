//! The prompts of a body: texts, tokens, or a conversation.

use crate::api::conversation::{Talk, rendered};
use crate::error::ApiError;
use crate::state::State;
use beamline::{Options, Prompt, TokenId};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// Token ids of one prompt, or of several.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "it must be a list of token ids, or a list of such lists")]
pub(super) enum PromptIds {
    /// Of one.
    One(Vec<u32>),
    /// Of several.
    Many(Vec<Vec<u32>>),
}

/// Prompts as a body has them; one way of them counts.
#[derive(Default)]
pub(super) struct Given {
    pub(super) prompt: Option<String>,
    pub(super) prompts: Option<Vec<String>>,
    pub(super) prompt_ids: Option<PromptIds>,
    pub(super) messages: Option<Value>,
    pub(super) template: ForTemplate,
}

/// What a chat template reads besides the messages.
#[derive(Default)]
pub(super) struct ForTemplate {
    pub(super) tools: Option<Vec<Value>>,
    pub(super) documents: Option<Vec<Value>>,
    pub(super) chat_template_kwargs: Option<Map<String, Value>>,
    pub(super) add_generation_prompt: Option<bool>,
}

impl ForTemplate {
    /// The first field that says something.
    fn named(&self) -> Option<&'static str> {
        let said = [
            ("tools", self.tools.is_some()),
            ("documents", self.documents.is_some()),
            ("chat_template_kwargs", self.chat_template_kwargs.is_some()),
            ("add_generation_prompt", self.add_generation_prompt.is_some()),
        ];
        said.into_iter().find(|(_, is_said)| *is_said).map(|(name, _)| name)
    }
}

/// The tokens of an id list.
pub(super) fn ids(list: Vec<u32>) -> Prompt {
    Prompt::Ids(list.into_iter().map(TokenId).collect())
}

impl Given {
    /// The prompts, and the options with the tokens by which an answer to a conversation ends.
    ///
    /// # Errors
    /// When there is none, there are two ways of them, or the template refuses the conversation.
    pub(super) async fn prompts(
        self,
        server: &Arc<State>,
        options: Options,
    ) -> Result<(Vec<Prompt>, Options), ApiError> {
        let Self { prompt, prompts, prompt_ids, messages, template } = self;
        if let Some(name) = template.named().filter(|_| messages.is_none()) {
            return Err(ApiError::field(name, format!("{name} is for chat templates; give messages, or leave it out")));
        }
        match (prompt, prompts, prompt_ids, messages) {
            (Some(text), None, None, None) => Ok((vec![Prompt::Text(text)], options)),
            (None, Some(texts), None, None) => Ok((texts.into_iter().map(Prompt::Text).collect(), options)),
            (None, None, Some(PromptIds::One(list)), None) => Ok((vec![ids(list)], options)),
            (None, None, Some(PromptIds::Many(lists)), None) => Ok((lists.into_iter().map(ids).collect(), options)),
            (None, None, None, Some(messages)) => {
                let ForTemplate { tools, documents, chat_template_kwargs, add_generation_prompt } = template;
                let talk = Talk {
                    messages,
                    tools,
                    tool_choice: None,
                    documents,
                    variables: chat_template_kwargs.unwrap_or_default(),
                    add_generation_prompt: add_generation_prompt.unwrap_or(true),
                };
                let rendered = rendered(server, talk, options).await?;
                Ok((vec![Prompt::Ids(rendered.token_ids)], rendered.options))
            }
            (None, None, None, None) => Err(ApiError::field(
                "prompt",
                "there is no prompt; give one as prompt, prompts, prompt_ids or messages, as far as the route has them",
            )),
            _ => Err(ApiError::field(
                "prompt",
                "prompt, prompts, prompt_ids and messages are ways to say the same; give one of them",
            )),
        }
    }

    /// The same, where one prompt is wanted.
    ///
    /// # Errors
    /// When there are several, besides.
    pub(super) async fn one(self, server: &Arc<State>, options: Options) -> Result<(Vec<Prompt>, Options), ApiError> {
        let (prompts, options) = self.prompts(server, options).await?;
        if prompts.len() > 1 {
            let count = prompts.len();
            return Err(ApiError::field("prompt_ids", format!("there are {count} prompts; this route takes one")));
        }
        Ok((prompts, options))
    }
}

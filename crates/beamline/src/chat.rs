//! The chat templates that come with a model, and prompts made by them.

use crate::error::Error;
use beamline_chat::{ChatTemplate, Conversation, TokenTexts};
use beamline_tokens::{TokenId, Tokenizer};

/// A template as it lies in a model's files, not yet looked at.
#[derive(Clone, Debug)]
struct Source {
    name: String,
    origin: String,
    text: String,
}

/// The chat templates that come with a model, by name, with the texts of the tokens that they write.
///
/// ```
/// use beamline::{ChatTemplates, Conversation, Engine, Message};
/// let engine = Engine::open("builtin")?;
/// let none = engine.chat_templates();
/// assert_eq!(none.names().count(), 0); // it has only read novels
/// let error = none.fitting(&Conversation::new(vec![Message::user("Hello!")])).unwrap_err();
/// assert!(error.to_string().contains("no chat template"));
/// # Ok::<(), beamline::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ChatTemplates {
    model: String,
    sources: Vec<Source>,
    tokens: TokenTexts,
    /// Why templates could not be read, where they could not.
    problem: Option<String>,
}

/// A conversation as the model reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChatPrompt {
    /// The text that the template wrote.
    pub text: String,
    /// Its tokens: a begin token is there where the template writes one, and none is added.
    pub token_ids: Vec<TokenId>,
    /// Whether the template asked for the date: another day gives another prompt.
    pub is_dated: bool,
}

impl ChatTemplates {
    /// The name of the template that is taken where none is named.
    pub const DEFAULT: &str = "default";
    /// The name of the template for conversations with tools.
    const TOOLS: &str = "tool_use";

    /// None, for a model of this name.
    pub(crate) fn of(model: &str, tokens: TokenTexts) -> Self {
        Self { model: model.to_owned(), tokens, ..Self::default() }
    }

    /// Adds a template; of one name the last counts.
    pub(crate) fn add(&mut self, name: &str, origin: String, text: String) {
        self.sources.retain(|source| source.name != name);
        self.sources.push(Source { name: name.to_owned(), origin, text });
    }

    /// Remembers why they could not be read, until somebody asks for one.
    pub(crate) fn unreadable(&mut self, reason: String) {
        self.problem = Some(reason);
    }

    /// What they are called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.name.as_str())
    }

    /// The texts of the tokens that templates write by name, such as `bos_token`.
    pub fn token_texts(&self) -> &TokenTexts {
        &self.tokens
    }

    /// The template of a name.
    ///
    /// # Errors
    /// When there is none of that name, or it is no template.
    pub fn named(&self, name: &str) -> Result<ChatTemplate, Error> {
        let found = self.sources.iter().find(|source| source.name == name).ok_or_else(|| self.none(Some(name)))?;
        Ok(ChatTemplate::new(&found.origin, &found.text)?)
    }

    /// The template that transformers takes for a conversation: `tool_use` where tools are given and there is one, else `default`.
    ///
    /// # Errors
    /// When there is neither, or it is no template.
    pub fn fitting(&self, conversation: &Conversation) -> Result<ChatTemplate, Error> {
        let wanted = [conversation.tools.as_ref().map(|_| Self::TOOLS), Some(Self::DEFAULT)];
        let found = wanted.into_iter().flatten().find(|&name| self.names().any(|there| there == name));
        self.named(found.ok_or_else(|| self.none(None))?)
    }

    fn none(&self, asked: Option<&str>) -> Error {
        Error::NoChatTemplate {
            model: self.model.clone(),
            asked: asked.map(str::to_owned),
            names: self.names().map(str::to_owned).collect(),
            problem: self.problem.clone(),
        }
    }

    /// A conversation as the model reads it.
    ///
    /// # Errors
    /// When the template refuses the conversation or fails on it, or its text has no tokens.
    pub fn prompt(
        &self,
        template: &ChatTemplate,
        conversation: &Conversation,
        tokenizer: &Tokenizer,
    ) -> Result<ChatPrompt, Error> {
        let rendered = template.render(conversation, &self.tokens)?;
        let token_ids = tokenizer.encode_as_written(&rendered.text)?.into_iter().map(|token| token.id).collect();
        Ok(ChatPrompt { text: rendered.text, token_ids, is_dated: rendered.is_dated })
    }

    /// The special token by which an answer ends, as the template writes it. None where it writes none.
    pub fn end_of_turn(&self, template: &ChatTemplate, tokenizer: &Tokenizer) -> Option<TokenId> {
        let after = template.after_answer(&self.tokens)?;
        let first = tokenizer.encode_as_written(after.trim_start()).ok()?.first()?.id;
        tokenizer.vocabulary().is_special(first).then_some(first)
    }
}

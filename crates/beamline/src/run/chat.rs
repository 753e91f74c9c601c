//! Conversations on an engine: the template, the prompt, and where an answer ends.

use super::engine::Engine;
use crate::chat::{ChatPrompt, ChatTemplates};
use crate::error::Error;
use crate::options::{Options, Origin};
use beamline_chat::{ChatTemplate, Conversation};
use beamline_shape::OptionValue;

impl Engine {
    /// The chat templates that come with the model.
    pub fn chat_templates(&self) -> &ChatTemplates {
        &self.chat
    }

    /// A conversation as the model reads it: rendered by a template, and in tokens.
    ///
    /// ```
    /// use beamline::{ChatTemplate, Conversation, Engine, Message, Options, Prompt};
    /// let engine = Engine::open("builtin")?;
    /// let source = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:";
    /// let template = ChatTemplate::new("mine", source)?; // or engine.chat_templates().fitting(&conversation)?
    /// let conversation = Conversation::new(vec![Message::user("Hello!")]);
    /// let prompt = engine.chat_prompt(&template, &conversation)?;
    /// assert_eq!(prompt.text, "user: Hello!\nassistant:");
    /// let plan = engine.plan(&engine.chat_options(&template, &Options::new().max_new_tokens(3)))?;
    /// let answer = engine.complete(Prompt::Ids(prompt.token_ids), &plan)?;
    /// assert_eq!(answer.sequences[0].token_ids.len(), 3);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the template refuses the conversation or fails on it.
    pub fn chat_prompt(&self, template: &ChatTemplate, conversation: &Conversation) -> Result<ChatPrompt, Error> {
        self.chat.prompt(template, conversation, self.tokenizer())
    }

    /// Options under which an answer ends where its turn does: with the model's own end tokens and the one that the template writes
    /// behind an answer. End tokens that are given stay as they are.
    #[must_use]
    pub fn chat_options(&self, template: &ChatTemplate, options: &Options) -> Options {
        let mut all = options.clone();
        let Some(end) = self.chat.end_of_turn(template, self.tokenizer()) else { return all };
        let own = self.defaults().get("eos_token_id").and_then(|setting| setting.value.ids());
        let mut ids = own.unwrap_or_default().to_vec();
        if !ids.contains(&end.0) {
            ids.push(end.0);
        }
        all.put("eos_token_id", OptionValue::Ids(ids), Origin::Model);
        all
    }
}

//! A template, and what it makes of a conversation.

use crate::environment::{Raised, environment};
use crate::error::one_line;
use crate::generation;
use crate::{ChatError, Conversation, Message, limits, stack};
use minijinja::{ErrorKind, Value};
use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The texts of tokens that a template writes by name: `bos_token`, `eos_token` and others.
pub type TokenTexts = BTreeMap<String, String>;

/// A chat template: Jinja that turns messages into the text of a prompt, as transformers renders it.
///
/// ```
/// use beamline_chat::{ChatTemplate, Conversation, Message, TokenTexts};
/// let source = "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</{{ m.role }}>\n{% endfor %}
/// {%- if add_generation_prompt %}<assistant>{% endif %}";
/// let template = ChatTemplate::new("example.jinja", source)?;
/// let tokens = TokenTexts::from([("bos_token".to_owned(), "<s>".to_owned())]);
/// let rendered = template.render(&Conversation::new(vec![Message::user(" Hello! ")]), &tokens)?;
/// assert_eq!(rendered.text, "<s><user>Hello!</user>\n<assistant>");
/// # Ok::<(), beamline_chat::ChatError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChatTemplate {
    origin: String,
    source: String,
}

/// A conversation as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// What the model reads. Begin tokens and the like are written in it.
    pub text: String,
    /// Whether the template asked for the date: another day gives another text.
    pub is_dated: bool,
}

impl ChatTemplate {
    /// Reads a template; `origin` says in errors where it is from.
    ///
    /// # Errors
    /// When it is longer than any template is, or no Jinja.
    pub fn new(origin: &str, source: &str) -> Result<Self, ChatError> {
        if source.len() > limits::MOST_SOURCE {
            let (template, bytes) = (origin.to_owned(), source.len());
            return Err(ChatError::Size { template, bytes, most: limits::MOST_SOURCE });
        }
        let template = Self { origin: origin.to_owned(), source: generation::renamed(source) };
        let jinja = environment(None, &Arc::default(), limits::fuel(0));
        jinja.template_from_str(&template.source).map_err(|error| template.told(&error))?;
        Ok(template)
    }

    /// Where it is from.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The template's own text, for who wants to know what it teaches a model.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text of a conversation.
    ///
    /// # Errors
    /// When the template refuses the conversation, fails on it, or takes more steps or memory than templates do.
    pub fn render(&self, conversation: &Conversation, tokens: &TokenTexts) -> Result<Rendered, ChatError> {
        let rendered = stack::large(|| self.render_here(conversation, tokens));
        rendered.unwrap_or_else(|| Err(ChatError::NoStack { template: self.origin.clone() }))
    }

    /// Renders on the stack that there is.
    fn render_here(&self, conversation: &Conversation, tokens: &TokenTexts) -> Result<Rendered, ChatError> {
        let asked = Arc::new(AtomicBool::new(false));
        let context = context(conversation, tokens);
        let jinja = environment(conversation.date, &asked, limits::fuel(context.to_string().len()));
        let told = |error: minijinja::Error| self.told(&error);
        let template = jinja.template_from_str(&self.source).map_err(told)?;
        let text = template.render(value(&context)).map_err(told)?;
        Ok(Rendered { text, is_dated: asked.load(Ordering::Relaxed) })
    }

    /// The text that ends an answer: what the template writes behind one. None where it cannot be told.
    ///
    /// ```
    /// use beamline_chat::{ChatTemplate, TokenTexts};
    /// let source = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>\n{% endfor %}";
    /// let template = ChatTemplate::new("example.jinja", source)?;
    /// assert_eq!(template.after_answer(&TokenTexts::new()).as_deref(), Some("<|end|>\n"));
    /// # Ok::<(), beamline_chat::ChatError>(())
    /// ```
    pub fn after_answer(&self, tokens: &TokenTexts) -> Option<String> {
        const ANSWER: &str = "2f6b answer 2f6b";
        let mut conversation = Conversation::new(vec![Message::user("question"), Message::assistant(ANSWER)]);
        conversation.add_generation_prompt = false;
        let text = self.render(&conversation, tokens).ok()?.text;
        let (_, after) = text.rsplit_once(ANSWER)?;
        Some(after.to_owned())
    }

    /// What went wrong, in one line.
    fn told(&self, error: &minijinja::Error) -> ChatError {
        let (template, line) = (self.origin.clone(), error.line().unwrap_or(0));
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(Raised(message)) = inner.downcast_ref() {
                return ChatError::Refused { template, line, message: one_line(message) };
            }
            let is_spent = |inner: &minijinja::Error| inner.kind() == ErrorKind::OutOfFuel;
            if inner.downcast_ref().is_some_and(is_spent) {
                return ChatError::Endless { template, line };
            }
            cause = inner.source();
        }
        if error.kind() == ErrorKind::OutOfFuel {
            return ChatError::Endless { template, line };
        }
        let reason = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        ChatError::Template { template, line, reason: one_line(&reason) }
    }
}

/// JSON as Jinja has it.
fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(on) => Value::from(*on),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(whole)) => Value::from(whole),
            (None, None) => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => Value::from(items.iter().map(value).collect::<Vec<_>>()),
        serde_json::Value::Object(fields) => {
            Value::from_pairs(fields.iter().map(|(name, field)| (name.as_str(), value(field))))
        }
    }
}

/// What a template sees.
fn context(conversation: &Conversation, tokens: &TokenTexts) -> serde_json::Value {
    let mut all = serde_json::Map::new();
    let mut put = |name: &str, value: serde_json::Value| all.insert(name.to_owned(), value);
    for (name, text) in tokens {
        put(name, text.as_str().into());
    }
    for (name, value) in &conversation.variables {
        put(name, value.clone());
    }
    put("messages", conversation.messages.iter().map(Message::plain).collect());
    put("tools", conversation.tools.clone().into());
    put("documents", conversation.documents.clone().into());
    put("add_generation_prompt", conversation.add_generation_prompt.into());
    serde_json::Value::Object(all)
}

//! From messages to the text of a prompt: chat templates.
//!
//! What goes in: a template (Jinja, as models carry it), messages with their roles, tools, and the texts of the model's begin and
//! end tokens. What comes out: the text that the model was trained to continue, as transformers' `apply_chat_template` renders it. This crate knows
//! nothing of models, tokenizers, files or terminals.
//!
//! A template is a program that somebody else wrote. It reads what it is given and nothing else, and has a bound on its steps, on
//! its depth and on the text that it makes. What is rendered depends on the conversation alone: the date is given, not looked up.
//!
//! ```
//! use beamline_chat::{ChatTemplate, Conversation, Message, TokenTexts};
//!
//! let source = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:";
//! let template = ChatTemplate::new("example.jinja", source)?;
//! let conversation = Conversation::new(vec![Message::system("Be brief."), Message::user("Hello!")]);
//! let rendered = template.render(&conversation, &TokenTexts::new())?;
//! assert_eq!(rendered.text, "system: Be brief.\nuser: Hello!\nassistant:");
//! # Ok::<(), beamline_chat::ChatError>(())
//! ```

mod conversation;
mod date;
mod environment;
mod error;
mod generation;
mod limits;
mod methods;
mod python;
mod stack;
mod template;

pub use conversation::{Conversation, Message};
pub use date::Date;
pub use error::ChatError;
pub use template::{ChatTemplate, Rendered, TokenTexts};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

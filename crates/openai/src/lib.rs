//! OpenAI's words for what is asked, as beamline's options and conversations.
//!
//! What goes in: fields of a request, as JSON. What comes out: decoding options, prompts, conversations; or the field that is
//! wrong, with what to do about it. This crate knows nothing of HTTP, files or terminals: a server and a run over batch files
//! are built on it, so that both mean the same by the same words.

mod error;
mod fields;
mod names;
mod parts;
mod words;

pub use error::FieldError;
pub use fields::{OneOrMany, Prompts, ResponseFormat};
pub use names::{ALIASES, HARMLESS, option};
pub use parts::{fit, read_texts};
pub use words::{Decoding, OpenAi, finish_reason};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! Ollama's API, for clients that speak nothing else.
//!
//! `options` turns its words into beamline's, `answer` is the form of its answers, `generate` and `chat` make text, `about` tells of
//! the model.

pub(crate) mod about;
pub(crate) mod answer;
pub(crate) mod chat;
pub(crate) mod generate;
mod options;

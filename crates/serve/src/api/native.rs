//! beamline's own routes: what its command gives, over HTTP. Completions with all numbers and everything that a search tells,
//! scores, step tables, trees of continuations; options mean what transformers means by them.
//!
//! `prompts` are the prompts that a body has, `told` is what is told while a search runs, `telling` tells of a generation.

pub(crate) mod expand;
pub(crate) mod generate;
pub(crate) mod inspect;
pub(crate) mod logits;
mod prompts;
pub(crate) mod replay;
pub(crate) mod score;
mod telling;
pub(crate) mod tokens;
mod told;
pub(crate) mod vocabulary;

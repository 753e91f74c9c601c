//! OpenAI's API, as its clients use it.

pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod models;
pub(crate) mod responses;

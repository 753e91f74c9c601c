//! Prompts of Python in, prompts of the engine out.

use beamline::{Prompt, TokenId};
use pyo3::prelude::*;

/// A text, or token ids.
#[derive(FromPyObject)]
pub(crate) enum GivenPrompt {
    /// A text.
    Text(String),
    /// Token ids.
    Ids(Vec<u32>),
}

impl From<GivenPrompt> for Prompt {
    fn from(given: GivenPrompt) -> Self {
        match given {
            GivenPrompt::Text(text) => Self::Text(text),
            GivenPrompt::Ids(ids) => Self::Ids(tokens(ids)),
        }
    }
}

/// Token ids.
pub(crate) fn tokens(ids: Vec<u32>) -> Vec<TokenId> {
    ids.into_iter().map(TokenId).collect()
}

/// Token ids as numbers that numpy counts in.
pub(crate) fn numbers<'a>(tokens: impl IntoIterator<Item = &'a TokenId>) -> Vec<i64> {
    tokens.into_iter().map(|token| i64::from(token.0)).collect()
}

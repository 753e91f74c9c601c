//! What processors are made from.

use crate::{OptionValue, ShapeError};
use beamline_tokens::{TokenId, Vocabulary};
use std::sync::Arc;

/// What is asked of the processors of one sequence, and what they may know when they are made.
pub struct Brief<'a> {
    /// The value of an option: as given, or its default; none where it is off.
    pub value: &'a dyn Fn(&str) -> Option<OptionValue>,
    /// The number of logits in a row.
    pub vocab: usize,
    /// What each token stands for.
    pub vocabulary: &'a Arc<Vocabulary>,
    /// End tokens; there may be none.
    pub eos: &'a [TokenId],
    /// The prompt's tokens.
    pub prompt: &'a [TokenId],
    /// The greatest length of prompt and new tokens together.
    pub max_length: usize,
    /// Tokens that truncations leave at the least: transformers' `min_tokens_to_keep`.
    pub keep: usize,
}

impl Brief<'_> {
    /// The number that an option has.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        (self.value)(name)?.number()
    }

    /// The whole number that an option has, as a size.
    pub(crate) fn count(&self, name: &str) -> Option<usize> {
        (self.value)(name)?.count().map(|n| usize::try_from(n).unwrap_or(usize::MAX))
    }

    /// Whether a flag is set.
    pub(crate) fn flag(&self, name: &str) -> bool {
        (self.value)(name) == Some(OptionValue::Flag(true))
    }

    /// The tokens that an option lists; none where it is off.
    ///
    /// # Errors
    /// When one is beyond the vocabulary.
    pub(crate) fn tokens(&self, option: &'static str) -> Result<Option<Vec<TokenId>>, ShapeError> {
        let Some(value) = (self.value)(option) else { return Ok(None) };
        self.within(option, &value)?;
        Ok(Some(value.all_ids().into_iter().map(TokenId).collect()))
    }

    /// Checks that every id in a value is one of the vocabulary's.
    pub(crate) fn within(&self, option: &'static str, value: &OptionValue) -> Result<(), ShapeError> {
        match value.all_ids().into_iter().find(|&id| id as usize >= self.vocab) {
            Some(id) => Err(ShapeError::Token { option, id, last: self.vocab - 1 }),
            None => Ok(()),
        }
    }
}

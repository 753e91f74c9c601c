//! What processors are made from.

use crate::{OptionSpec, OptionValue, ShapeError};
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
    /// Whether an option has a value that changes something, in a vocabulary of any size: what is neutral in a small one
    /// alone (a `top_k` beyond it) is on, and its processor finds nothing to do.
    pub(crate) fn is_on(&self, option: &OptionSpec) -> bool {
        (self.value)(option.name).is_some_and(|value| !(option.neutral)(&value, usize::MAX))
    }

    /// The number that an option has, or has by default. NaN where there is none, which every processor refuses.
    pub(crate) fn number(&self, option: &OptionSpec) -> f64 {
        self.effective(option).and_then(|value| value.number()).unwrap_or(f64::NAN)
    }

    /// The whole number that an option has, or has by default, as a size; 0 where there is none.
    pub(crate) fn count(&self, option: &OptionSpec) -> usize {
        let count = self.effective(option).and_then(|value| value.count());
        count.map_or(0, |n| usize::try_from(n).unwrap_or(usize::MAX))
    }

    /// Whether a flag is set.
    pub(crate) fn flag(&self, name: &str) -> bool {
        (self.value)(name) == Some(OptionValue::Flag(true))
    }

    /// The tokens that an option lists; none where it is off.
    pub(crate) fn tokens(&self, option: &OptionSpec) -> Vec<TokenId> {
        let ids = (self.value)(option.name).map(|value| value.all_ids()).unwrap_or_default();
        ids.into_iter().map(TokenId).collect()
    }

    /// Checks that every id that an option names is one of the vocabulary's.
    ///
    /// # Errors
    /// When one is beyond it.
    pub(crate) fn check_ids(&self, option: &OptionSpec) -> Result<(), ShapeError> {
        let ids = (self.value)(option.name).map(|value| value.all_ids()).unwrap_or_default();
        match ids.into_iter().find(|&id| id as usize >= self.vocab) {
            Some(id) => Err(ShapeError::Token { option: option.name, id, last: self.vocab - 1 }),
            None => Ok(()),
        }
    }

    fn effective(&self, option: &OptionSpec) -> Option<OptionValue> {
        (self.value)(option.name).or_else(|| option.default_value())
    }
}

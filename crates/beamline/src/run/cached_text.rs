//! Keys and values that one session leaves to another.

use crate::error::Error;
use beamline_model::{KvCache, ModelId};
use beamline_tokens::TokenId;

/// Keys and values of a text, computed by one model, for other sessions on it to begin with.
#[derive(Clone, Debug)]
pub struct CachedText {
    model: ModelId,
    cache: KvCache,
}

impl CachedText {
    pub(super) fn new(model: ModelId, cache: KvCache) -> Self {
        Self { model, cache }
    }

    /// The model that computed it.
    pub(super) fn model(&self) -> ModelId {
        self.model
    }

    /// How many tokens it holds.
    pub fn len(&self) -> usize {
        self.cache.len()
    }

    /// Whether it holds no token.
    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }

    /// The keys and values, if they are this model's.
    pub(super) fn cache_of(&self, model: ModelId) -> Option<&KvCache> {
        (self.model == model).then_some(&self.cache)
    }

    /// As much as a prompt begins with; its last token is left out, whose row is wanted.
    pub(crate) fn beginning_of(self, prompt: &[TokenId], model: ModelId) -> Result<KvCache, Error> {
        if self.model != model {
            return Err(Error::ForeignCache);
        }
        let mut cache = self.cache;
        let same = cache.common_prefix(prompt.iter().copied());
        cache.truncate(same.min(prompt.len().saturating_sub(1)));
        Ok(cache)
    }
}

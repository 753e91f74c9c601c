//! A hypothesis on its way: its KV caches and its processors.

use beamline_model::KvCache;
use beamline_shape::Pipeline;

/// What a tip of the tree needs to grow: its caches and its processors, forked together.
pub(crate) struct Branch {
    pub(crate) cache: KvCache,
    /// The text without its prompt, where guidance asks for it.
    pub(crate) unguided: Option<KvCache>,
    pub(crate) pipeline: Pipeline,
    /// Hidden states of what was fed since the last choice, for searches that compare them.
    pub(crate) hidden: Vec<f32>,
    /// How many hidden states there are.
    pub(crate) states: usize,
}

impl Branch {
    pub(super) fn new(cache: KvCache, unguided: Option<KvCache>, pipeline: Pipeline) -> Self {
        Self { cache, unguided, pipeline, hidden: Vec::new(), states: 0 }
    }

    /// A copy that goes its own way; both share their caches' blocks (copy-on-write).
    pub(super) fn fork(&self) -> Self {
        Self::new(self.cache.clone(), self.unguided.clone(), self.pipeline.fork())
    }

    /// How many tokens each cache holds.
    pub(super) fn lengths(&self) -> [usize; 2] {
        [self.cache.len(), self.unguided.as_ref().map_or(0, KvCache::len)]
    }

    /// Forgets what came after these lengths.
    pub(super) fn truncate(&mut self, [cache, unguided]: [usize; 2]) {
        self.cache.truncate(cache);
        if let Some(own) = &mut self.unguided {
            own.truncate(unguided);
        }
    }
}

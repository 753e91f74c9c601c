//! Long prompts, chunk by chunk.

use beamline_model::{KvCache, Model, ModelError, Span, Want};
use beamline_tokens::TokenId;

/// Tokens of a prompt that go through the model together: enough to use it well, few enough to bound memory. Chunks do
/// not change results.
pub(crate) const CHUNK: usize = 512;

/// Runs the beginning of a long prompt, so that at most `rest` tokens are left.
pub(crate) fn feed_all_but(
    model: &dyn Model,
    rest: usize,
    cache: &mut KvCache,
    feed: &mut Vec<TokenId>,
) -> Result<(), ModelError> {
    while feed.len() > rest {
        let later = feed.split_off(CHUNK.min(feed.len() - 1));
        model.forward(&mut [Span { tokens: feed, cache, want: Want::Nothing }], &mut ())?;
        *feed = later;
    }
    Ok(())
}

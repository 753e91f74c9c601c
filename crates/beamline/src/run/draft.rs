//! Guesses at the next tokens, checked in one pass: speculation changes nothing but the time.
//!
//! A draft is a row of tokens that might come next. The model sees them all at once, and the strategy then chooses as it
//! always does, from the same rows and with the same draws; as long as it chooses what was drafted, the next row is
//! there already. So the text is that of the search without drafts, bit for bit, greedy or sampled.

mod assistant;
mod lookup;
mod runs;

pub(crate) use assistant::{Assistant, Schedule};
pub(crate) use lookup::Lookup;

use crate::error::Error;
use beamline_shape::Pipeline;
use beamline_tokens::{TokenId, TokenList};

/// What may come next, and for whom.
pub(crate) struct Ahead<'a> {
    /// Prompt and path.
    pub(crate) tokens: &'a TokenList,
    /// How many of them are the prompt's.
    pub(crate) prompt_len: usize,
    /// How many tokens the context still holds.
    pub(crate) room: usize,
    /// Which of the search's sequences it is.
    pub(crate) sequence: u32,
    /// The processors, as they stand.
    pub(crate) pipeline: &'a Pipeline,
}

/// Guesses at the next tokens.
pub(crate) trait Drafter: Send {
    /// The tokens expected next; none is a guess too.
    fn draft(&mut self, ahead: &Ahead<'_>) -> Result<Vec<TokenId>, Error>;
}

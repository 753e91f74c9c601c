//! How long a text may become.

use super::settings::{Options, Origin};
use crate::error::{Error, OptionError};

/// New tokens where nothing says how many: transformers' default.
const DEFAULT_NEW_TOKENS: usize = 20;

/// How long a text may become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Room {
    /// The most new tokens.
    pub(crate) tokens: usize,
    /// Whether that is less than was asked for: the model's context is full by then.
    pub(crate) fills_context: bool,
}

/// How many tokens may come: as asked for (of two of the same origin `max_new_tokens` wins over `max_length`, as in
/// transformers), and never more than the context holds.
///
/// `negative` is the length of the prompt to move away from, which needs room of its own.
pub(crate) fn room(settings: &Options, prompt_len: usize, negative: usize, context: usize) -> Result<Room, Error> {
    if negative >= context {
        return Err(OptionError::NegativeTooLong { tokens: negative, context }.into());
    }
    if prompt_len >= context {
        return Err(Error::PromptTooLong { tokens: prompt_len, context });
    }
    let whole = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let origin = |name: &str| settings.get(name).map(|setting| setting.origin);
    let by_length = origin("max_length") > origin("max_new_tokens");
    let asked = match (settings.count("max_new_tokens"), settings.count("max_length")) {
        (Some(new), _) if !by_length => whole(new),
        (_, Some(length)) => match whole(length).checked_sub(prompt_len) {
            Some(new) if new > 0 => new,
            // A model's own default is no mistake of the user's.
            _ if origin("max_length") == Some(Origin::Model) => DEFAULT_NEW_TOKENS,
            _ => {
                return Err(OptionError::LengthIsPrompt { length, prompt: prompt_len }.into());
            }
        },
        _ => DEFAULT_NEW_TOKENS,
    };
    let most = context - prompt_len.max(negative);
    Ok(Room { tokens: asked.min(most), fills_context: asked > most })
}

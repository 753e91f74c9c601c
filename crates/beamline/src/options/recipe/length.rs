//! How long a text may become.

use crate::error::Error;
use crate::options::settings::{Origin, Settings};

/// New tokens where nothing says how many: transformers' default.
const DEFAULT_NEW_TOKENS: usize = 20;

/// How many tokens may come: as asked for (of two of the same origin `max_new_tokens` wins over `max_length`, as in
/// transformers), and never more than the context holds.
///
/// `negative` is the length of the prompt to move away from, which needs room of its own.
pub(super) fn room(settings: &Settings, prompt_len: usize, negative: usize, context: usize) -> Result<usize, Error> {
    if negative >= context {
        return Err(Error::Option(format!(
            "negative_prompt_ids has {negative} tokens; this model's context of {context} leaves room for at most {}",
            context - 1
        )));
    }
    if prompt_len >= context {
        return Err(Error::Prompt(format!(
            "the prompt has {prompt_len} tokens; this model's context of {context} leaves room for a prompt of at most {}",
            context - 1
        )));
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
                return Err(Error::Option(format!(
                    "max_length is {length}, but the prompt alone has {prompt_len} tokens; raise it, or give max_new_tokens"
                )));
            }
        },
        _ => DEFAULT_NEW_TOKENS,
    };
    Ok(asked.min(context - prompt_len.max(negative)))
}

//! Names of fields: options, what others call them, and what changes nothing.

use beamline::{foreign, options};

/// Fields that clients send along and that change no result, with the reason.
pub const HARMLESS: &[(&str, &str)] = &[
    ("user", "it names who asks"),
    ("store", "nothing is stored"),
    ("metadata", "it is for whoever asks"),
    ("service_tier", "there is one"),
    ("safety_identifier", "it names who asks"),
    ("prompt_cache_key", "beginnings are shared by their tokens, whoever asks"),
    ("prompt_cache_retention", "beginnings are shared by their tokens, whoever asks"),
    ("cache_prompt", "no result depends on it"),
    ("id_slot", "there are no slots"),
    ("priority", "requests take turns"),
    ("request_id", "it names the request"),
];

/// What others call an option.
pub const ALIASES: &[(&str, &str)] = &[
    ("min_tokens", "min_new_tokens"),
    ("n_predict", "max_new_tokens"),
    ("repeat_penalty", "repetition_penalty"),
    ("guided_json", "json_schema"),
    ("guided_regex", "regex"),
    ("guided_grammar", "lark"),
];

/// The decoding option, or the field of transformers', that a field is.
pub fn option(name: &str) -> Option<&str> {
    if let Some((_, option)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        return Some(option);
    }
    let known = options().any(|option| option.name == name) || foreign(name).is_some();
    known.then_some(name)
}

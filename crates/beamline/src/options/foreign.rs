//! Fields of transformers' `GenerationConfig` that are no options here: which say nothing about the result, and which would
//! change it and are not supported.

use serde_json::Value;

/// What a field of transformers' that is no option means here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Foreign {
    /// It changes no result: the words say why. A file may hold it.
    Harmless(&'static str),
    /// It would change the result, and is not supported: the words say what to do.
    Unsupported(&'static str),
}

impl Foreign {
    /// Whether a file may hold the field with any value.
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::Harmless(_))
    }
}

const NO_PADDING: &str = "there is no padding";
const NO_RESULT: &str = "it concerns how Python gets the result";
const TIME: &str = "it concerns memory and time, not the result";
const TOKEN: &str = "the model knows its own token";

/// By name; names that begin with `_` or `output_` need no line.
const FIELDS: &[(&str, Foreign)] = &[
    ("pad_token_id", Foreign::Harmless(NO_PADDING)),
    ("bos_token_id", Foreign::Harmless(TOKEN)),
    ("decoder_start_token_id", Foreign::Harmless("models here have no encoder")),
    ("transformers_version", Foreign::Harmless("it says who wrote the file")),
    ("return_dict_in_generate", Foreign::Harmless(NO_RESULT)),
    ("return_legacy_cache", Foreign::Harmless(NO_RESULT)),
    ("use_cache", Foreign::Harmless(TIME)),
    ("cache_implementation", Foreign::Harmless(TIME)),
    ("cache_config", Foreign::Harmless(TIME)),
    ("max_cache_len", Foreign::Harmless(TIME)),
    ("compile_config", Foreign::Harmless(TIME)),
    ("disable_compile", Foreign::Harmless(TIME)),
    ("prefill_chunk_size", Foreign::Harmless(TIME)),
    ("continuous_batching_config", Foreign::Harmless(TIME)),
    ("low_memory", Foreign::Harmless(TIME)),
    ("is_assistant", Foreign::Harmless(TIME)),
    ("assistant_early_exit", Foreign::Harmless(TIME)),
    ("assistant_lookbehind", Foreign::Harmless(TIME)),
    ("target_lookbehind", Foreign::Harmless(TIME)),
    ("use_mtp", Foreign::Harmless("it makes guesses, which change no result here")),
    ("speculation_type", Foreign::Harmless("it makes guesses, which change no result here")),
    ("assistant_ensemble_weight", Foreign::Unsupported("leave it out: an assistant changes no result here")),
    ("constraints", Foreign::Unsupported("for phrases give force_words_ids")),
    ("custom_generate", Foreign::Unsupported("leave it out")),
    ("dola_layers", Foreign::Unsupported("leave it out")),
    ("forced_decoder_ids", Foreign::Unsupported("for the first token give forced_bos_token_id")),
    ("generation_kwargs", Foreign::Unsupported("give each option by its name")),
    ("token_healing", Foreign::Unsupported("leave it out, and let the prompt end at a word's end")),
    ("watermarking_config", Foreign::Unsupported("leave it out")),
];

/// What a field of transformers' means here; none where it is an option, or unknown to transformers too.
///
/// ```
/// use beamline::{Foreign, foreign};
/// assert_eq!(foreign("pad_token_id"), Some(Foreign::Harmless("there is no padding")));
/// assert!(matches!(foreign("watermarking_config"), Some(Foreign::Unsupported(_))));
/// assert_eq!(foreign("top_k"), None);
/// ```
pub fn foreign(name: &str) -> Option<Foreign> {
    if name.starts_with('_') {
        return Some(Foreign::Harmless("names with an underscore are transformers' own notes"));
    }
    if name.starts_with("output_") {
        return Some(Foreign::Harmless(NO_RESULT));
    }
    FIELDS.iter().find(|(field, _)| *field == name).map(|(_, field)| *field)
}

/// Whether a value is one by which transformers switches things off.
pub(super) fn is_neutral(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(n) => n.as_f64().is_some_and(|n| n == 0.0 || n == 1.0),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

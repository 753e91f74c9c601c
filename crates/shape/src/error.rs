//! What can be wrong with a value, or with a row.

/// Why a processor could not be made or applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A value out of its range.
    #[error("{option} must be {allowed}, got {}; {remedy}", shown(.value))]
    Value {
        /// The option.
        option: &'static str,
        /// What was given.
        value: String,
        /// What may be given.
        allowed: String,
        /// The way out.
        remedy: &'static str,
    },
    /// A token that the model does not have.
    #[error("{option} names token {id}, which is beyond the vocabulary; ids must be in 0..={last}")]
    Token {
        /// The option.
        option: &'static str,
        /// The id.
        id: u32,
        /// The vocabulary's last.
        last: usize,
    },
    /// A grammar that cannot be read.
    #[error("{option}: {reason}")]
    Grammar {
        /// The option.
        option: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A processor that left no token at all.
    #[error("{processor} removed every token at this step; loosen it, or leave it out")]
    Empty {
        /// Its name.
        processor: String,
    },
    /// A processor that cannot go on.
    #[error("{processor} cannot go on at this step: {reason}; make it smaller, or leave it out")]
    Stuck {
        /// Its name.
        processor: String,
        /// What stopped it.
        reason: String,
    },
    /// Phrases that no text can have.
    #[error("force_words_ids: the processors leave no text with these phrases; loosen them, or the phrases")]
    Unmet,
    /// A processor that made a number too great for f32.
    #[error("{processor} made scores too great to compute with; use a milder value")]
    Overflow {
        /// Its name.
        processor: String,
    },
}

/// A value as a message shows it.
fn shown(value: &str) -> &str {
    if value.is_empty() { "an empty text" } else { value }
}

impl ShapeError {
    /// A value out of its range.
    #[allow(clippy::needless_pass_by_value)] // numbers, mostly
    pub fn value(option: &'static str, value: impl std::fmt::Display, allowed: &str, remedy: &'static str) -> Self {
        Self::Value { option, value: value.to_string(), allowed: allowed.to_owned(), remedy }
    }
}

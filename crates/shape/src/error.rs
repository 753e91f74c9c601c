//! What can be wrong with a value, or with a row.

/// Why a processor could not be made or applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A value out of its range.
    #[error("{option} must be {allowed}, got {value}; {remedy}")]
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
    /// A processor that left no token at all.
    #[error("{processor} removed every token at this step; loosen it, or leave it out")]
    Empty {
        /// Its name.
        processor: &'static str,
    },
}

impl ShapeError {
    /// A value out of its range.
    #[allow(clippy::needless_pass_by_value)] // numbers, mostly
    pub fn value(option: &'static str, value: impl std::fmt::Display, allowed: &str, remedy: &'static str) -> Self {
        Self::Value { option, value: value.to_string(), allowed: allowed.to_owned(), remedy }
    }
}

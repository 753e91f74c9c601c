//! A field that is wrong.

use std::fmt;

/// A field that is wrong, and what to do about it: one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    /// The field; none where it is not one of OpenAI's own.
    pub field: Option<String>,
    /// The value, what it may be, the remedy.
    pub message: String,
}

impl FieldError {
    /// Something wrong with a field.
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), message: message.into() }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FieldError {}

impl From<beamline::Error> for FieldError {
    fn from(error: beamline::Error) -> Self {
        let message = error.to_string();
        // Messages about an option begin with its name.
        let first = message.split([' ', ':', '=']).next().unwrap_or_default();
        let field = beamline::options().find(|option| option.name == first).map(|option| option.name.to_owned());
        Self { field, message }
    }
}

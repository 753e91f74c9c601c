//! A row in, a row out.

use beamline::{Conversation, Error, Fault, Prompt, Sequence};
use serde_json::{Map, Value};
use std::fmt;

/// A prompt to be continued, with what belongs to it alone.
///
/// ```
/// use beamline_batch::Row;
/// let row = Row::new(0, "Once upon a time");
/// assert!(row.key.is_none() && row.options.is_empty());
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The row's number in the whole input, from 0. Its draws hang on it where it has no key.
    pub number: u64,
    /// What the row is called wherever it stands: its draws hang on it.
    pub key: Option<String>,
    /// What is asked.
    pub ask: Ask,
    /// Decoding options by their names, as JSON has them, over those of the run. Null is no value.
    pub options: Map<String, Value>,
}

/// What is asked in a row.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// A prompt, to be continued.
    Prompt(Prompt),
    /// Messages, to be answered by the model's chat template.
    Conversation(Conversation),
}

impl Row {
    /// A prompt that has nothing of its own.
    pub fn new(number: u64, prompt: impl Into<Prompt>) -> Self {
        Self { number, key: None, ask: Ask::Prompt(prompt.into()), options: Map::new() }
    }
}

/// What came of a row.
#[derive(Clone, Debug)]
pub struct Completed {
    /// The row's number.
    pub number: u64,
    /// Its key, if it has one.
    pub key: Option<String>,
    /// Tokens of its prompt; 0 where it came to none.
    pub prompt_tokens: usize,
    /// The sequences, the best first; or why there are none.
    pub outcome: Result<Vec<Sequence>, RowError>,
}

impl Completed {
    /// New tokens of all its sequences.
    pub fn new_tokens(&self) -> usize {
        self.outcome.iter().flatten().map(|sequence| sequence.token_ids.len()).sum()
    }
}

/// Why a row has no completion: one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowError {
    /// Whether the row can be mended, or its search came to a place without a next token.
    pub fault: Fault,
    /// What is wrong, the value that may be, the remedy.
    pub message: String,
}

impl RowError {
    /// A row that its author can mend.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { fault: Fault::Usage, message: message.into() }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<&Error> for RowError {
    fn from(error: &Error) -> Self {
        Self { fault: error.fault(), message: error.to_string() }
    }
}

impl From<Error> for RowError {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

//! What can be wrong with a template, a conversation or a date.

/// Why no prompt was made. Each is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// A template that is too long to be one.
    #[error("the chat template {template} has {bytes} bytes; at most {most} are read")]
    Size {
        /// Where the template is from.
        template: String,
        /// Its length.
        bytes: usize,
        /// The most that is read.
        most: usize,
    },
    /// A template that is not Jinja, or fails on this conversation.
    #[error("the chat template {template}, line {line}: {reason}")]
    Template {
        /// Where the template is from.
        template: String,
        /// The line, from 1; 0 where none is known.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A template that refuses the conversation by `raise_exception`.
    #[error("the chat template {template}, line {line}, refuses these messages: {message}")]
    Refused {
        /// Where the template is from.
        template: String,
        /// The line, from 1.
        line: usize,
        /// What it says.
        message: String,
    },
    /// A template that does not come to an end, or makes more text than any prompt has.
    #[error(
        "the chat template {template}, line {line}: stopped, since it takes far more steps or memory than templates do; does it end?"
    )]
    Endless {
        /// Where the template is from.
        template: String,
        /// The line, from 1; 0 where none is known.
        line: usize,
    },
    /// No memory for the stack that templates run on.
    #[error("the chat template {template}: there is no memory to run it")]
    NoStack {
        /// Where the template is from.
        template: String,
    },
    /// Messages that are none.
    #[error("{place}: {reason}")]
    Messages {
        /// Which part of the conversation.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What is no day.
    #[error("the date must be a day as YYYY-MM-DD, such as 2026-11-30, got {given:?}")]
    Date {
        /// What was given.
        given: String,
    },
    /// A format of dates that is not known.
    #[error(
        "the date format {format:?} has a letter that is not known; known are AaBbcDdeFHhIjMmpRSTuwXxYyZz% after a %"
    )]
    DateFormat {
        /// The format.
        format: String,
    },
}

/// One line of at most 300 characters.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = words.chars().take(300).collect();
    if short.len() < words.len() { short + "..." } else { short }
}

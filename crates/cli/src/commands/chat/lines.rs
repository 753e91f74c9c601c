//! Lines of a conversation: typed at a terminal with an editor, or read from a pipe.

use crate::failure::Failure;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor};
use std::io::{BufRead, IsTerminal};

/// Where lines come from.
pub(super) enum Lines {
    /// A person.
    Typed(Box<Editor<(), MemHistory>>),
    /// A pipe, or a file.
    Piped,
}

/// What came.
pub(super) enum Line {
    /// A line, without its end.
    Text(String),
    /// No more will come.
    End,
    /// Ctrl-C where nothing was under way.
    Interrupted,
}

impl Lines {
    /// A terminal's where there is one.
    pub(super) fn open() -> Result<Self, Failure> {
        if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
            return Ok(Self::Piped);
        }
        let editor = Editor::with_history(Config::builder().auto_add_history(true).build(), MemHistory::new());
        Ok(Self::Typed(Box::new(editor.map_err(|error| failed(&error))?)))
    }

    /// Whether a person types.
    pub(super) fn is_typed(&self) -> bool {
        matches!(self, Self::Typed(_))
    }

    /// The next message or command; what ends with a backslash goes on in the next line.
    pub(super) fn next(&mut self) -> Result<Line, Failure> {
        let mut all = String::new();
        loop {
            let line = match self {
                Self::Typed(editor) => match editor.readline(if all.is_empty() { "> " } else { "| " }) {
                    Ok(line) => line,
                    Err(ReadlineError::Interrupted) => return Ok(Line::Interrupted),
                    Err(ReadlineError::Eof) => return Ok(Line::End),
                    Err(error) => return Err(failed(&error)),
                },
                Self::Piped => match piped()? {
                    Some(line) => line,
                    None if all.is_empty() => return Ok(Line::End),
                    None => return Ok(Line::Text(all)),
                },
            };
            match line.strip_suffix('\\') {
                Some(beginning) => all.extend([beginning, "\n"]),
                None => return Ok(Line::Text(all + &line)),
            }
        }
    }
}

/// A line of standard input.
fn piped() -> Result<Option<String>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_until(b'\n', &mut bytes);
    read.map_err(|error| Failure::usage(format!("standard input: {error}")))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage("standard input is not UTF-8 text"))?;
    Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
}

fn failed(error: &ReadlineError) -> Failure {
    Failure { code: 1, message: Some(format!("the terminal: {error}")) }
}

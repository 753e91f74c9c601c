//! A JSON object a line.

use super::Fields;
use crate::error::BatchError;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};

/// Bytes of a line, at most: what is longer is no row of prompts.
const MOST: usize = 64 << 20;

/// Lines that are not blank.
pub(super) struct Lines {
    from: BufReader<Box<dyn Read + Send>>,
    /// What is read, for errors.
    name: String,
    /// The line that was read last, from 1.
    number: u64,
}

/// A line.
pub(super) struct Line {
    bytes: Vec<u8>,
    number: u64,
    too_long: bool,
}

impl Lines {
    pub(super) fn new(name: &str, from: Box<dyn Read + Send>) -> Self {
        Self { from: BufReader::with_capacity(1 << 18, from), name: name.to_owned(), number: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Option<Line>, BatchError> {
        loop {
            let (mut bytes, mut all) = (Vec::new(), 0);
            let ended = self.read(|piece| {
                all += piece.len();
                if all <= MOST {
                    bytes.extend_from_slice(piece);
                }
            })?;
            if all == 0 && ended {
                return Ok(None);
            }
            self.number += 1;
            if self.number == 1 && bytes.starts_with(BOM) {
                bytes.drain(..BOM.len());
            }
            let too_long = all > MOST;
            if too_long || bytes.iter().any(|byte| !byte.is_ascii_whitespace()) {
                return Ok(Some(Line { bytes, number: self.number, too_long }));
            }
        }
    }

    pub(super) fn skip(&mut self) -> Result<bool, BatchError> {
        loop {
            let (mut all, mut blank, first) = (0, true, self.number == 0);
            let ended = self.read(|piece| {
                let text = if first && all == 0 { piece.strip_prefix(BOM).unwrap_or(piece) } else { piece };
                all += piece.len();
                blank = blank && text.iter().all(u8::is_ascii_whitespace);
            })?;
            if all == 0 && ended {
                return Ok(false);
            }
            self.number += 1;
            if !blank {
                return Ok(true);
            }
        }
    }

    /// Reads a line in pieces, its end left out; whether the file ends behind it.
    fn read(&mut self, mut piece: impl FnMut(&[u8])) -> Result<bool, BatchError> {
        loop {
            let buffer = self.from.fill_buf().map_err(|error| BatchError::read(&self.name, error))?;
            if buffer.is_empty() {
                return Ok(true);
            }
            let end = buffer.iter().position(|&byte| byte == b'\n');
            piece(&buffer[..end.unwrap_or(buffer.len())]);
            let taken = end.map_or(buffer.len(), |end| end + 1);
            self.from.consume(taken);
            if end.is_some() {
                return Ok(false);
            }
        }
    }
}

/// What some editors put before all text.
const BOM: &[u8] = "\u{feff}".as_bytes();

impl Line {
    /// The object; a text alone is a prompt.
    pub(super) fn fields(&self) -> Result<Fields, String> {
        let wrong = |what: &dyn std::fmt::Display| format!("line {}: {what}", self.number);
        if self.too_long {
            return Err(wrong(&format_args!("it has more than {} MiB, and is not read", MOST >> 20)));
        }
        let text = std::str::from_utf8(&self.bytes).map_err(|_| wrong(&"not UTF-8 text"))?;
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(Value::String(prompt)) => Ok(Fields::from_iter([("prompt".to_owned(), Value::String(prompt))])),
            Ok(_) => Err(wrong(&"it must be a JSON object of columns, or a text, which is a prompt")),
            // The library counts lines of the text, of which there is one.
            Err(error) => {
                let message = error.to_string();
                let message = message.replace(" at line 1 column", " at column");
                Err(wrong(&format_args!("not valid JSON: {message}")))
            }
        }
    }
}

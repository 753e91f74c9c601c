//! How large a request may be.

use crate::error::ApiError;
use beamline::{OptionValue, Options, Setting};

/// Bounds on what one request may ask for. Each is there so that one request cannot take the whole machine; memory for keys and
/// values is bounded apart ([`Settings::cache_memory`](crate::Settings)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Prompts, or texts to be scored.
    pub prompts: usize,
    /// Sequences of one prompt: `n`, `best_of`, `num_beams`.
    pub sequences: usize,
    /// Stop strings.
    pub stops: usize,
    /// Bytes of one stop string.
    pub stop_bytes: usize,
    /// Bytes of a grammar (`json_schema`, `regex`, `lark`).
    pub grammar_bytes: usize,
    /// Log-probabilities in one answer: alternatives times tokens.
    pub logprobs: usize,
    /// Steps of `inspect`, and nodes of a tree of continuations.
    pub steps: usize,
    /// Beginnings that an exact search looks beyond.
    pub node_budget: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 8 << 20,
            prompts: 1024,
            sequences: 128,
            stops: 32,
            stop_bytes: 1024,
            grammar_bytes: 64 << 10,
            logprobs: 2 << 20,
            steps: 4096,
            node_budget: 100_000,
        }
    }
}

impl Limits {
    /// Holds options to the bounds.
    pub(crate) fn check(&self, options: &Options) -> Result<(), ApiError> {
        for name in ["num_return_sequences", "best_of", "num_beams"] {
            if let Some(count) = options.get(name).and_then(|setting| setting.value.count()) {
                at_most(name, count as usize, self.sequences)?;
            }
        }
        if let Some(nodes) = options.get("node_budget").and_then(|setting| setting.value.count()) {
            at_most("node_budget", nodes as usize, self.node_budget)?;
        }
        if let Some(Setting { value: OptionValue::Texts(texts), .. }) = options.get("stop_strings") {
            at_most("stop_strings", texts.len(), self.stops)?;
            let longest = texts.iter().map(String::len).max().unwrap_or(0);
            if longest > self.stop_bytes {
                let most = self.stop_bytes;
                return Err(ApiError::field(
                    "stop",
                    format!("a stop string has {longest} bytes; at most {most} are allowed, so give a shorter one"),
                ));
            }
        }
        for name in ["json_schema", "regex", "lark"] {
            let Some(setting) = options.get(name) else { continue };
            let bytes = match &setting.value {
                OptionValue::Text(text) => text.len(),
                other => other.json().to_string().len(),
            };
            if bytes > self.grammar_bytes {
                let most = self.grammar_bytes;
                return Err(ApiError::field(
                    name,
                    format!("{name} has {bytes} bytes; at most {most} are allowed, so give a smaller one"),
                ));
            }
        }
        Ok(())
    }
}

impl Limits {
    /// Holds the numbers of one answer to their bound: log-probabilities, for what a field asks for.
    pub(crate) fn numbers(&self, field: &str, count: usize) -> Result<(), ApiError> {
        if count <= self.logprobs {
            return Ok(());
        }
        let most = self.logprobs;
        Err(ApiError::field(
            field,
            format!(
                "{field} comes to {count} numbers in one answer; this server gives {most} at most, so ask for fewer tokens or fewer alternatives"
            ),
        ))
    }
}

/// Holds one count to its bound.
pub(crate) fn at_most(name: &str, count: usize, most: usize) -> Result<(), ApiError> {
    if count <= most {
        return Ok(());
    }
    Err(ApiError::field(name, format!("{name} is {count}; this server allows at most {most}")))
}

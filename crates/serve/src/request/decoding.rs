//! OpenAI's words for decoding, as beamline's options within the server's limits.

use crate::error::ApiError;
use crate::limits::{Limits, at_most};
use beamline::Engine;
use beamline_openai::{Decoding, OpenAi};
use serde_json::{Map, Value};

/// The options that are asked for.
///
/// # Errors
/// When a value is out of its range or beyond a limit, or two fields say the same.
pub(crate) fn within_limits(
    words: OpenAi,
    fields: Map<String, Value>,
    engine: &Engine,
    limits: &Limits,
    max_tokens: usize,
) -> Result<Decoding, ApiError> {
    at_most("n", words.n.unwrap_or(1), limits.sequences)?;
    let decoding = words.decoding(fields, engine, max_tokens)?;
    limits.check(&decoding.options)?;
    Ok(decoding)
}

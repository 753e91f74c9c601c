//! What the fuzz target of tokenizers does with its bytes; a stable test replays the seeds through the same function.

use beamline_tokens::Tokenizer;

/// Reads a `tokenizer.json`, and takes a short text there and back.
pub fn tokenizer_json(bytes: &[u8]) {
    let Ok(tokenizer) = Tokenizer::from_json(bytes) else { return };
    if let Ok(ids) = tokenizer.ids("a b \u{e9}") {
        assert!(ids.len() <= 64, "a short text has few tokens");
    }
}

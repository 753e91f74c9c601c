//! A result in, JSON out.

use serde::Serialize;

/// A result as JSON, each number as short as its own precision allows.
pub(crate) fn text(result: &impl Serialize) -> String {
    serde_json::to_string(result).expect("results are structs and lists, which JSON has words for")
}

//! How large a grammar may be, before the library reads it: what costs time and memory there, counted in the text alone.

use super::terminals;
use serde_json::Value;

/// The most bytes of a grammar, as Lark, as a schema's JSON, and as a regular expression.
const MOST_BYTES: usize = 512 << 10;

/// The most places of regular expressions, taken together, where something may also be left out or repeated (`?`, `*`, `+`, `{`).
/// What the library holds grows with the square of how many follow each other: 4,096 take some 70 MB.
const MOST_OPTIONAL: usize = 4096;

/// The most strings and regular expressions in the terminals of a Lark grammar.
const MOST_PARTS: usize = 1 << 13;

/// The most strings and regular expressions of a Lark grammar: half as many as the library has numbers for.
const MOST_TEXTS: usize = 1 << 15;

/// Holds a regular expression to the bounds.
pub(super) fn of_regex(regex: &str) -> Result<(), String> {
    bytes(regex.len())?;
    optional(marks(regex))
}

/// Holds a Lark grammar to the bounds; its rules are expressions too, and each terminal is one.
pub(super) fn of_lark(grammar: &str) -> Result<(), String> {
    of_regex(grammar)?;
    at_most(terminals::texts(grammar), MOST_TEXTS, "strings and regular expressions")?;
    at_most(terminals::size(grammar), MOST_PARTS, "parts of terminals, those inside others counted each time")
}

/// Holds a schema to the bounds: its size, and the regular expressions in it.
pub(super) fn of_schema(schema: &Value) -> Result<(), String> {
    let (mut size, mut found, mut left) = (0, 0, vec![schema]);
    while let Some(value) = left.pop() {
        size += match value {
            Value::Array(list) => {
                left.extend(list);
                2 + list.len()
            }
            Value::Object(fields) => {
                let patterns = fields.get("patternProperties").and_then(Value::as_object);
                found += patterns.into_iter().flat_map(|patterns| patterns.keys()).map(|key| marks(key)).sum::<usize>();
                found += fields.get("pattern").and_then(Value::as_str).map_or(0, marks);
                left.extend(fields.values());
                2 + fields.keys().map(|key| key.len() + 4).sum::<usize>()
            }
            Value::String(text) => text.len() + 2,
            _ => 4,
        };
    }
    bytes(size)?;
    optional(found)
}

/// How often a text has what leaves something out or repeats it; more often, where a character stands for itself.
fn marks(text: &str) -> usize {
    let empty = ["||", "(|", "|)"].iter().map(|empty| text.matches(empty).count()).sum::<usize>();
    text.bytes().filter(|byte| b"?*+{".contains(byte)).count() + empty
}

fn bytes(size: usize) -> Result<(), String> {
    at_most(size, MOST_BYTES, "bytes")
}

fn optional(found: usize) -> Result<(), String> {
    at_most(found, MOST_OPTIONAL, "places where something may be left out or repeated")
}

fn at_most(count: usize, most: usize, what: &str) -> Result<(), String> {
    if count <= most { Ok(()) } else { Err(format!("it has {count} {what}, of which at most {most} are followed")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded_and_the_bound_is_allowed() {
        assert_eq!(of_regex(&"a?".repeat(MOST_OPTIONAL)), Ok(()));
        for wrong in ["a?", "(a|)", "(|a)", "(b||a)", "a*", "a{2}"] {
            assert!(of_regex(&wrong.repeat(MOST_OPTIONAL + 1)).unwrap_err().contains("4097 places"), "{wrong}");
        }
        assert_eq!(of_lark(&"a".repeat(MOST_BYTES)), Ok(()));
        assert!(of_lark(&"a".repeat(MOST_BYTES + 1)).unwrap_err().contains("524289 bytes"));
        let schema =
            |pattern: &str| serde_json::json!({"items": [{"patternProperties": {pattern: {"pattern": pattern}}}]});
        assert_eq!(of_schema(&schema(&"a?".repeat(MOST_OPTIONAL / 2))), Ok(()));
        assert!(of_schema(&schema(&"a?".repeat(MOST_OPTIONAL / 2 + 1))).unwrap_err().contains("4098 places"));
        let many = Value::Array(vec![serde_json::json!({"const": "a"}); MOST_BYTES / 10]);
        assert!(of_schema(&many).unwrap_err().contains("bytes"));
    }
}

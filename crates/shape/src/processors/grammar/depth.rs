//! How deep a grammar may go: the library follows definitions by calling itself, and would overflow any stack of a fixed size.

use serde_json::Value;
use std::collections::BTreeSet;

/// The most definitions that are followed. Each takes some kilobytes of stack when all stand in a chain.
const MOST: usize = 4096;

/// Stack for each definition, and for a grammar without any, in bytes. What is not used is never given by the system.
const STACK: [usize; 2] = [64 << 10, 16 << 20];

/// The texts of all `$ref` in a schema: as many definitions can stand in a chain.
pub(super) fn of_schema(schema: &Value) -> usize {
    let (mut seen, mut left) = (BTreeSet::new(), vec![schema]);
    while let Some(value) = left.pop() {
        match value {
            Value::Array(list) => left.extend(list),
            Value::Object(fields) => {
                seen.extend(fields.get("$ref").and_then(Value::as_str));
                left.extend(fields.values());
            }
            _ => {}
        }
    }
    seen.len()
}

/// The places of a Lark grammar where something may be defined, in its own words or in those of a schema inside it.
pub(super) fn of_lark(grammar: &str) -> usize {
    grammar.matches(':').count() + grammar.matches("$ref").count()
}

/// Does `work` on a stack that is large enough for so many definitions.
///
/// # Errors
/// When they are too many, or the stack cannot be had.
pub(super) fn with_room_for<T: Send>(definitions: usize, work: impl FnOnce() -> T + Send) -> Result<T, String> {
    if definitions > MOST {
        return Err(format!("it has {definitions} definitions, of which at most {MOST} are followed"));
    }
    let [each, base] = STACK;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(base + definitions * each);
        let running =
            thread.spawn_scoped(scope, work).map_err(|error| format!("no stack for it could be had ({error})"))?;
        running.join().map_or_else(|panic| std::panic::resume_unwind(panic), Ok)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_counted_and_bounded() {
        let schema = serde_json::json!({"$ref": "#/$defs/a", "$defs": {"a": {"items": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/a"}]}}});
        assert_eq!((of_schema(&schema), of_lark("start: a\na: \"b\"\n // c")), (2, 2));
        assert_eq!(with_room_for(MOST, || 7), Ok(7));
        assert!(with_room_for(MOST + 1, || 7).unwrap_err().contains("4097 definitions"));
    }
}

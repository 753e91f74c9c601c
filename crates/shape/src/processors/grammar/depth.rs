//! How deep a grammar may go: the library follows definitions by calling itself, and would overflow any stack of a fixed size.

use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

/// The most definitions that are followed. Each takes some kilobytes of stack when all stand in a chain.
const MOST: usize = 4096;

/// Stack for each definition, and for a grammar without any, in bytes. What is not used is never given by the system.
const STACK: [usize; 2] = [64 << 10, 16 << 20];

/// How long one may take to be read. What is within the bounds of size takes a second or two.
const MOST_TIME: Duration = Duration::from_secs(30);

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
/// Work that takes longer than a grammar within the bounds ever does is left to itself: no thread can be ended from outside.
///
/// # Errors
/// When they are too many, the stack cannot be had, or the work takes too long or breaks.
pub(super) fn with_room_for<T, W>(definitions: usize, work: W) -> Result<T, String>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    within(MOST_TIME, definitions, work)
}

fn within<T, W>(time: Duration, definitions: usize, work: W) -> Result<T, String>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    if definitions > MOST {
        return Err(format!("it has {definitions} definitions, of which at most {MOST} are followed"));
    }
    let [each, base] = STACK;
    let (done, waiting) = channel();
    let thread = Builder::new().name("grammar".to_owned()).stack_size(base + definitions * each);
    // Whoever waited may have gone.
    let work = move || drop(done.send(work()));
    thread.spawn(work).map_err(|error| format!("no stack for it could be had ({error})"))?;
    waiting.recv_timeout(time).map_err(|error| match error {
        RecvTimeoutError::Timeout => format!("to read it takes longer than {} seconds", time.as_secs()),
        RecvTimeoutError::Disconnected => "it is more than the library can follow".to_owned(),
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
        assert!(
            with_room_for(1, || std::panic::resume_unwind(Box::new("too much")))
                .is_err_and(|error: String| error.contains("more than"))
        );
        let long = within(Duration::ZERO, 1, || std::thread::sleep(Duration::from_secs(1)));
        assert!(long.unwrap_err().contains("longer than"));
    }
}

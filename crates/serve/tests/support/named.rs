//! A stream of events with names and numbers, read.

#![allow(dead_code)] // not every test needs the lines

use serde_json::Value;

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) id: usize,
    pub(crate) name: String,
    /// Its data, as it came.
    pub(crate) line: String,
    pub(crate) data: Value,
}

/// All events of a stream, in order. Comments are passed over.
pub(crate) fn named_events(stream: &str) -> Vec<Named> {
    let event = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let line = field("data: ")?;
        let data = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let id = field("id: ").and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no id: {block}"));
        Some(Named { id, name: field("event: ")?, line, data })
    };
    stream.split("\n\n").filter_map(event).collect()
}

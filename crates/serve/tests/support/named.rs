//! A stream of events with names and numbers, read.

use serde_json::Value;

/// One event.
#[derive(Clone, Debug)]
pub struct Named {
    pub id: usize,
    pub name: String,
    /// Its data, as it came.
    pub line: String,
    pub data: Value,
}

/// All events of a stream, in order. Comments are passed over.
pub fn named_events(stream: &str) -> Vec<Named> {
    let event = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let line = field("data: ")?;
        let data = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let id = field("id: ").and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no id: {block}"));
        Some(Named { id, name: field("event: ")?, line, data })
    };
    stream.split("\n\n").filter_map(event).collect()
}

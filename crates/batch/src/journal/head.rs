//! What a run is known by: model, input, and how rows are asked.

use serde_json::{Map, Value, json};

/// What a run is known by.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Head {
    /// The model's name, and the digests of its files and its numbers.
    pub(crate) model: Map<String, Value>,
    /// The input's length, rows and digest.
    pub(crate) input: Map<String, Value>,
    /// Everything else that rows depend on, each by a name.
    pub(crate) config: Map<String, Value>,
}

impl Head {
    pub(super) fn payload(&self) -> Vec<u8> {
        let version = env!("CARGO_PKG_VERSION");
        json!({"beamline": version, "model": self.model, "input": self.input, "config": self.config})
            .to_string()
            .into_bytes()
    }

    /// Reads a head; none where it is none.
    pub(super) fn read(payload: &[u8]) -> Option<(String, Self)> {
        let Value::Object(mut fields) = serde_json::from_slice(payload).ok()? else { return None };
        let mut part = |name: &str| match fields.remove(name) {
            Some(Value::Object(part)) => Some(part),
            _ => None,
        };
        let head = Self { model: part("model")?, input: part("input")?, config: part("config")? };
        Some((fields.get("beamline")?.as_str()?.to_owned(), head))
    }

    /// What differs from the head of a journal, in words; none where the run is the same.
    pub(super) fn differs(&self, version: &str, before: &Self) -> Option<String> {
        let now = env!("CARGO_PKG_VERSION");
        if version != now {
            return Some(format!("the journal was begun by beamline {version}, and this is {now}"));
        }
        let other = |part: &str| self.model.get(part) != before.model.get(part);
        let name = |head: &Self| head.model.get("name").and_then(Value::as_str).unwrap_or("?").to_owned();
        if other("files") {
            return Some(format!(
                "the model is another: its files are not those of {}, with which it was begun",
                name(before)
            ));
        }
        if other("numbers") {
            return Some("the model is opened in another way than when the journal was begun (dtype, activations, or how text is split)".to_owned());
        }
        if self.input != before.input {
            let rows = |head: &Self| head.input.get("rows").and_then(Value::as_u64).unwrap_or(0);
            return Some(format!(
                "the input is another: it has {} rows now, had {} when the journal was begun, and its bytes are not the same",
                rows(self),
                rows(before)
            ));
        }
        let names = self.config.keys().chain(before.config.keys());
        let changed = names.into_iter().find(|name| self.config.get(*name) != before.config.get(*name))?;
        let shown = |head: &Self| {
            let value = head.config.get(changed).cloned().unwrap_or_default();
            let text = value.to_string();
            if value.is_null() { "not given".to_owned() } else { text.chars().take(100).collect() }
        };
        Some(format!("the configuration is another: {changed} was {}, and is {} now", shown(before), shown(self)))
    }
}

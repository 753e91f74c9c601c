//! A prompt made of a row's columns.

use serde_json::{Map, Value};
use std::fmt::Write;

/// A text with places for a row's columns: `Summarise: {text}`. A brace that is meant is written twice.
///
/// ```
/// use beamline_batch::Template;
/// let template: Template = "Q: {question} {{as JSON}}\nA:".parse()?;
/// let row = serde_json::json!({"question": "Why?", "id": 3});
/// assert_eq!(template.fill(row.as_object().unwrap()), Ok("Q: Why? {as JSON}\nA:".to_owned()));
/// assert!("{question".parse::<Template>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Text(String),
    Column(String),
}

impl std::str::FromStr for Template {
    type Err = String;

    fn from_str(source: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("the template {source:?} has {what}; a brace that is meant is written twice");
        let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), source);
        while let Some(at) = rest.find(['{', '}']) {
            text += &rest[..at];
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                text += brace;
                rest = after;
                continue;
            }
            if brace == "}" {
                return Err(wrong("a } that closes nothing"));
            }
            let (name, after) = rest.split_once('}').ok_or_else(|| wrong("a { that is not closed"))?;
            if name.trim().is_empty() || name.contains('{') {
                return Err(wrong("a { that is followed by no column's name"));
            }
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Column(name.trim().to_owned()));
            rest = after;
        }
        parts.push(Part::Text(text + rest));
        Ok(Self { source: source.to_owned(), parts })
    }
}

impl Template {
    /// As it was given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The columns that it names.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text for a row: its texts as they are, its other values as JSON.
    ///
    /// # Errors
    /// When a column is missing, or is null.
    pub fn fill(&self, fields: &Map<String, Value>) -> Result<String, String> {
        let mut all = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => all += text,
                Part::Column(name) => match fields.get(name) {
                    Some(Value::String(text)) => all += text,
                    Some(Value::Null) => return Err(format!("the column {name:?} is null, and the prompt needs it")),
                    Some(value) => _ = write!(all, "{value}"),
                    None => return Err(missing(name, fields.keys().map(String::as_str))),
                },
            }
        }
        Ok(all)
    }
}

/// What to say of a column that is not there.
pub(crate) fn missing<'a>(name: &str, there: impl Iterator<Item = &'a str>) -> String {
    let mut there: Vec<&str> = there.collect();
    let near = beamline::nearest(name, there.iter().copied());
    let near = near.map_or(String::new(), |near| format!("; a similar one is {near:?}"));
    let more = there.len().saturating_sub(30);
    there.truncate(30);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match there.as_slice() {
        [] => format!("there is no column {name:?}; the row has none"),
        _ => format!("there is no column {name:?}{near}; columns are {}{more}", there.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fill(template: &str, row: &Value) -> Result<String, String> {
        template.parse::<Template>()?.fill(row.as_object().unwrap())
    }

    #[test]
    fn texts_are_filled_in_and_other_values_are_json() {
        let row = json!({"글": "안녕 {b}", "n": 3, "list": [1, "a"], "": "x", "null": null});
        assert_eq!(fill("{글}|{n}|{ list }|{{글}}", &row), Ok("안녕 {b}|3|[1,\"a\"]|{글}".to_owned()));
        assert_eq!(fill("", &row), Ok(String::new()));
        assert!(fill("{null}", &row).unwrap_err().contains("is null"));
        let unknown = fill("{lists}", &row).unwrap_err();
        assert!(unknown.contains("a similar one is \"list\"; columns are 글, n, list, , null"), "{unknown}");
    }

    #[test]
    fn single_braces_are_refused() {
        for wrong in ["{", "}", "a } b", "{}", "{ }", "{a", "{{a}", "{a{b}}", "{a}}"] {
            assert!(wrong.parse::<Template>().is_err(), "{wrong}");
        }
    }
}

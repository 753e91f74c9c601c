//! Completed rows in, bytes out: the columns that came in, and those of the result.

use crate::format::Format;
use crate::read::Fields;
use crate::row::Completed;
use beamline::Sequence;
use csv::{QuoteStyle, WriterBuilder};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The columns of a result. A column of the input that is called so is written as `input_` and its name.
pub(crate) const RESULTS: [&str; 6] = ["text", "token_ids", "finish_reason", "sum_logprob", "error", SEQUENCES];

/// All sequences of a row, where there may be several.
const SEQUENCES: &str = "sequences";

/// How rows are written.
pub(crate) struct Layout {
    /// The table's own columns, and what stands between values; none where each row has its own names.
    table: Option<(Vec<String>, u8)>,
    /// Whether a table has a column for sequences.
    several: bool,
}

impl Layout {
    /// Rows of a format; `columns` are a table's.
    pub(crate) fn new(format: Format, columns: &[String], several: bool) -> Self {
        Self { table: format.delimiter().map(|delimiter| (columns.to_vec(), delimiter)), several }
    }

    /// What stands before all rows.
    pub(crate) fn head(&self) -> Vec<u8> {
        let Some((columns, delimiter)) = &self.table else { return Vec::new() };
        let taken = |name: &str| columns.iter().any(|column| column == name);
        let carried = columns.iter().map(|column| carried(column, taken));
        let results = RESULTS.iter().filter(|name| self.several || **name != SEQUENCES).map(|name| Cow::from(*name));
        line(*delimiter, carried.chain(results))
    }

    /// One row: the columns that came in, if they could be read, and what came of it.
    pub(crate) fn row(&self, fields: &Fields, row: &Completed) -> Vec<u8> {
        let first = row.outcome.as_ref().ok().and_then(|sequences| sequences.first());
        let result = |name: &str| match (name, first) {
            ("text", Some(sequence)) => json!(sequence.text),
            ("token_ids", Some(sequence)) => json!(sequence.token_ids),
            ("finish_reason", Some(sequence)) => json!(sequence.finish_reason),
            ("sum_logprob", Some(sequence)) => json!(sequence.sum_logprob),
            ("error", _) => json!(row.outcome.as_ref().err().map(|error| one_line(&error.message))),
            (SEQUENCES, Some(_)) => row.outcome.as_ref().map_or(Value::Null, |all| sequences(all)),
            _ => Value::Null,
        };
        let Some((columns, delimiter)) = &self.table else {
            let taken = |name: &str| fields.contains_key(name);
            let mut all: Map<String, Value> =
                fields.iter().map(|(name, value)| (carried(name, taken).into_owned(), value.clone())).collect();
            let several = row.outcome.as_ref().is_ok_and(|sequences| sequences.len() > 1);
            let names = RESULTS.into_iter().filter(|name| several || *name != SEQUENCES);
            all.extend(names.map(|name| (name.to_owned(), result(name))));
            return (Value::Object(all).to_string() + "\n").into_bytes();
        };
        let value = |value: Option<&Value>| match value {
            Some(Value::String(text)) => Cow::from(text.clone()),
            None | Some(Value::Null) => Cow::from(""),
            Some(other) => Cow::from(other.to_string()),
        };
        let carried = columns.iter().map(|column| value(fields.get(column)));
        let names = RESULTS.into_iter().filter(|name| self.several || *name != SEQUENCES);
        line(*delimiter, carried.chain(names.map(|name| value(Some(&result(name))))))
    }
}

/// What a column of the input is called in the output.
pub(crate) fn carried(name: &str, taken: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let mut all = Cow::from(name);
    if RESULTS.contains(&name) {
        while RESULTS.contains(&&*all) || taken(&all) {
            all = Cow::from(format!("input_{all}"));
        }
    }
    all
}

fn sequences(all: &[Sequence]) -> Value {
    let one = |sequence: &Sequence| {
        json!({
            "text": sequence.text,
            "token_ids": sequence.token_ids,
            "finish_reason": sequence.finish_reason,
            "stop_string": sequence.stop_string,
            "score": sequence.score,
            "sum_logprob": sequence.sum_logprob,
        })
    };
    Value::Array(all.iter().map(one).collect())
}

/// A line of a table.
fn line<'a>(delimiter: u8, values: impl Iterator<Item = Cow<'a, str>>) -> Vec<u8> {
    let mut to = WriterBuilder::new().delimiter(delimiter).quote_style(QuoteStyle::Necessary).from_writer(Vec::new());
    let values: Vec<Cow<'a, str>> = values.collect();
    // Neither can fail: it is written into memory, and there is one record.
    let _ = to.write_record(values.iter().map(|value| value.as_bytes()));
    to.into_inner().unwrap_or_default()
}

/// A message as one line.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

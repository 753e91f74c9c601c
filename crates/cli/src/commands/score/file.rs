//! `beamline score --file`: many texts, a row each.

use crate::failure::Failure;
use crate::output::{json, paint, print};
use crate::paint::width;
use crate::table::{Cell, Column, Table};
use beamline::{Engine, Prompt};
use beamline_draw::{Data, Unit, on_one_line};
use beamline_study::{ScoreReport, score};
use serde_json::{Value, json as value};
use std::path::Path;

/// What is printed of them.
pub(super) enum Form {
    Json,
    Csv,
    Table(Unit),
}

/// A text, and what it follows.
struct Row {
    prefix: Option<String>,
    text: String,
}

/// Scores each text of a file; `prefix` is what those follow that have none of their own.
pub(super) fn run(engine: &Engine, path: &Path, prefix: Option<&str>, form: &Form) -> Result<(), Failure> {
    let rows = rows(path)?;
    let report = |row: &Row| -> Result<ScoreReport, Failure> {
        let prefix = row.prefix.as_deref().or(prefix);
        Ok(score(engine, prefix, &Prompt::Text(row.text.clone()))?)
    };
    let reports: Vec<ScoreReport> = rows.iter().map(report).collect::<Result<_, _>>()?;
    let both = || rows.iter().zip(&reports);
    match form {
        Form::Json => {
            let object = |(row, report): (&Row, &ScoreReport)| {
                let mut object = value!({"text": row.text, "prefix": row.prefix.as_deref().or(prefix)});
                if let (Some(all), Ok(Value::Object(fields))) = (object.as_object_mut(), serde_json::to_value(report)) {
                    all.extend(fields.into_iter().filter(|(name, _)| name != "schema"));
                }
                object
            };
            json(&value!({"schema": 1, "rows": both().map(object).collect::<Vec<_>>()}))
        }
        Form::Csv => {
            let names = ["text", "tokens", "sum_logprob", "mean_logprob", "perplexity", "bits_per_byte"];
            let line = |(row, report): (&Row, &ScoreReport)| {
                vec![
                    value!(row.text),
                    value!(report.token_ids.len() - report.prefix_tokens),
                    value!(report.sum_logprob),
                    value!(report.mean_logprob),
                    value!(report.perplexity),
                    value!(report.bits_per_byte),
                ]
            };
            print(&Data::new(&names, both().map(line).collect(), Value::Null).csv())
        }
        Form::Table(unit) => {
            let name = unit.name();
            let headings = ["tokens".to_owned(), format!("sum log p ({name})"), format!("mean ({name})")];
            let numbers = headings.into_iter().chain(["perplexity", "bits per byte"].map(str::to_owned));
            let columns = numbers.map(Column::numbers).chain([Column::sentences("text")]);
            let mut table = Table::new(columns.collect());
            for (row, report) in both() {
                let number = |value: Option<f64>| Cell::from(value.map_or("-".to_owned(), |v| format!("{v:.4}")));
                table.push(vec![
                    (report.token_ids.len() - report.prefix_tokens).to_string().into(),
                    number(Some(unit.of(report.sum_logprob))),
                    number(report.mean_logprob.map(|mean| unit.of(mean))),
                    number(report.perplexity),
                    number(report.bits_per_byte),
                    on_one_line(&row.text).into(),
                ]);
            }
            paint(&table.fit(width()))
        }
    }
}

/// The texts of a file: a line each; of `.jsonl` a JSON text a line, or an object with `text` and perhaps `prefix`. Empty lines
/// hold none.
fn rows(path: &Path) -> Result<Vec<Row>, Failure> {
    let wrong = |what: String| Failure::usage(format!("{}: {what}", path.display()));
    let bytes = crate::given_file::bytes(path).map_err(|error| wrong(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("not UTF-8 text".to_owned()))?;
    let is_json = path.extension().is_some_and(|extension| extension == "jsonl");
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        if !is_json {
            rows.push(Row { prefix: None, text: line.to_owned() });
            continue;
        }
        let wrong = |what: &str| wrong(format!("line {}: {what}", number + 1));
        let line: Value = serde_json::from_str(line).map_err(|error| wrong(&format!("not valid JSON: {error}")))?;
        let known = |name: &String| ["text", "prefix"].contains(&name.as_str());
        rows.push(match &line {
            Value::String(text) => Row { prefix: None, text: text.clone() },
            Value::Object(fields) if fields.keys().all(known) => {
                let text = |name: &str| match fields.get(name) {
                    Some(Value::String(text)) => Ok(Some(text.clone())),
                    None | Some(Value::Null) => Ok(None),
                    Some(_) => Err(wrong(&format!("{name} must be a text"))),
                };
                Row { prefix: text("prefix")?, text: text("text")?.ok_or_else(|| wrong("it has no field text"))? }
            }
            _ => return Err(wrong("it must be a text, or an object with text and perhaps prefix, and nothing else")),
        });
    }
    if rows.is_empty() { Err(wrong("there is no text in it".to_owned())) } else { Ok(rows) }
}

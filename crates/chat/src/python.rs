//! Values as Python writes them: `json.dumps`, and `repr` for lists and objects that a template prints.

use crate::limits::MOST_TEXT;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};
use std::fmt::Write;

/// How `json.dumps` is asked to write.
pub(crate) struct JsonStyle {
    /// What a level is indented by; none writes one line.
    pub(crate) indent: Option<String>,
    /// Between items, and between a key and its value.
    pub(crate) separators: (String, String),
    /// Whether characters beyond ASCII are written as escapes.
    pub(crate) ensure_ascii: bool,
    /// Whether keys are sorted.
    pub(crate) sort_keys: bool,
}

/// Levels of lists and objects inside each other. Python's own bound is near a thousand; messages have ten.
const DEEPEST: usize = 100;

/// Text that grows up to a bound.
struct Text(String);

impl Text {
    fn push(&mut self, piece: &str) -> Result<(), Error> {
        if self.0.len() + piece.len() > MOST_TEXT {
            return Err(Error::new(ErrorKind::OutOfFuel, "a value is too long"));
        }
        self.0.push_str(piece);
        Ok(())
    }
}

fn too_deep() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("a value has more than {DEEPEST} levels"))
}

/// A value as Python's `json.dumps` writes it.
pub(crate) fn json(value: &Value, style: &JsonStyle, state: &State) -> Result<String, Error> {
    let mut text = Text(String::new());
    write_json(value, style, state, 0, &mut text)?;
    Ok(text.0)
}

fn write_json(value: &Value, style: &JsonStyle, state: &State, depth: usize, out: &mut Text) -> Result<(), Error> {
    state.consume_fuel(1)?;
    if depth > DEEPEST {
        return Err(too_deep());
    }
    match value.kind() {
        ValueKind::None => out.push("null"),
        ValueKind::Bool => out.push(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push(&number(value, ("NaN", "Infinity"))),
        ValueKind::String => out.push(&quoted(value.as_str().unwrap_or_default(), style.ensure_ascii)),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = value.try_iter()?.peekable();
            if items.peek().is_none() {
                return out.push("[]");
            }
            out.push("[")?;
            for (i, item) in items.enumerate() {
                part(i, depth, style, out)?;
                write_json(&item, style, state, depth + 1, out)?;
            }
            closing(']', depth, style, out)
        }
        ValueKind::Map => {
            let mut keys: Vec<(String, Value)> = value.try_iter()?.map(|key| (key_text(&key), key)).collect();
            if keys.is_empty() {
                return out.push("{}");
            }
            if style.sort_keys {
                keys.sort_by(|a, b| a.0.cmp(&b.0));
            }
            out.push("{")?;
            for (i, (name, key)) in keys.iter().enumerate() {
                part(i, depth, style, out)?;
                out.push(&quoted(name, style.ensure_ascii))?;
                out.push(&style.separators.1)?;
                write_json(&value.get_item(key)?, style, state, depth + 1, out)?;
            }
            closing('}', depth, style, out)
        }
        kind => Err(Error::new(ErrorKind::InvalidOperation, format!("tojson: {kind} has no JSON form"))),
    }
}

/// What stands before the part of this number.
fn part(number: usize, depth: usize, style: &JsonStyle, out: &mut Text) -> Result<(), Error> {
    if number > 0 {
        out.push(&style.separators.0)?;
    }
    new_line(depth + 1, style, out)
}

fn closing(bracket: char, depth: usize, style: &JsonStyle, out: &mut Text) -> Result<(), Error> {
    new_line(depth, style, out)?;
    out.push(bracket.encode_utf8(&mut [0; 4]))
}

fn new_line(depth: usize, style: &JsonStyle, out: &mut Text) -> Result<(), Error> {
    let Some(indent) = &style.indent else { return Ok(()) };
    out.push("\n")?;
    (0..depth).try_for_each(|_| out.push(indent))
}

/// A key as JSON has it: Python writes numbers and switches as text.
fn key_text(key: &Value) -> String {
    match key.kind() {
        ValueKind::String => key.as_str().unwrap_or_default().to_owned(),
        ValueKind::None => "null".to_owned(),
        ValueKind::Bool => if key.is_true() { "true" } else { "false" }.to_owned(),
        ValueKind::Number => number(key, ("NaN", "Infinity")),
        _ => key.to_string(),
    }
}

/// A number as Python writes it; the words are for what is none, and for what is endless.
fn number(value: &Value, (nan, endless): (&str, &str)) -> String {
    if value.is_integer() {
        return value.to_string();
    }
    let Ok(x) = f64::try_from(value.clone()) else { return value.to_string() };
    if x.is_nan() {
        return nan.to_owned();
    }
    if x.is_infinite() {
        return format!("{}{endless}", if x < 0.0 { "-" } else { "" });
    }
    let scientific = format!("{x:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if x != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = x.to_string();
    if plain.contains('.') { plain } else { plain + ".0" }
}

/// A text in double quotes, as JSON has it.
fn quoted(text: &str, ensure_ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            '\u{8}' => out += "\\b",
            '\u{c}' => out += "\\f",
            c if c < ' ' || (ensure_ascii && !(' '..='~').contains(&c)) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A value as Python's `str` writes it: what `{{ value }}` prints.
pub(crate) fn text(value: &Value, state: &State) -> Result<String, Error> {
    match value.kind() {
        ValueKind::String => Ok(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Undefined => Ok(String::new()),
        _ => {
            let mut text = Text(String::new());
            write_repr(value, state, 0, &mut text)?;
            Ok(text.0)
        }
    }
}

fn write_repr(value: &Value, state: &State, depth: usize, out: &mut Text) -> Result<(), Error> {
    state.consume_fuel(1)?;
    if depth > DEEPEST {
        return Err(too_deep());
    }
    match value.kind() {
        ValueKind::Number => out.push(&number(value, ("nan", "inf"))),
        ValueKind::String => out.push(&repr(value.as_str().unwrap_or_default())),
        ValueKind::Seq => {
            let (open, close) = if value.is_tuple() { ("(", ")") } else { ("[", "]") };
            out.push(open)?;
            let mut count = 0;
            for item in value.try_iter()? {
                out.push(if count > 0 { ", " } else { "" })?;
                write_repr(&item, state, depth + 1, out)?;
                count += 1;
            }
            out.push(if value.is_tuple() && count == 1 { "," } else { "" })?;
            out.push(close)
        }
        ValueKind::Map => {
            out.push("{")?;
            for (i, key) in value.try_iter()?.enumerate() {
                out.push(if i > 0 { ", " } else { "" })?;
                write_repr(&key, state, depth + 1, out)?;
                out.push(": ")?;
                write_repr(&value.get_item(&key)?, state, depth + 1, out)?;
            }
            out.push("}")
        }
        ValueKind::Undefined => out.push("Undefined"),
        _ => out.push(&value.to_string()),
    }
}

/// A text as Python's `repr` writes it.
fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            c if c == quote => out.extend(['\\', c]),
            c if c < ' ' || ('\u{7f}'..'\u{a1}').contains(&c) => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            '\u{ad}' => out += "\\xad",
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

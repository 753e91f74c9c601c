//! Methods of Python's texts that templates call and that `pycompat` does not have, or has otherwise.

use minijinja::value::{Tuple, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

/// What Python takes for white space: as Unicode, and four separators of ASCII.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// A text without characters at its ends; white space where none are named.
fn stripped(text: &str, chars: Option<&str>, (left, right): (bool, bool)) -> Value {
    let is_one = |c: char| chars.map_or_else(|| is_space(c), |chars| chars.contains(c));
    let text = if left { text.trim_start_matches(is_one) } else { text };
    Value::from(if right { text.trim_end_matches(is_one) } else { text })
}

/// The filter `trim`.
pub(crate) fn trim(state: &mut State, value: &Value, chars: Option<&str>) -> Result<Value, Error> {
    Ok(stripped(&crate::python::text(value, state)?, chars, (true, true)))
}

/// The filter `escape`: for HTML, as Jinja writes it.
pub(crate) fn escape(state: &mut State, value: &Value) -> Result<Value, Error> {
    if value.is_safe() {
        return Ok(value.clone());
    }
    let text = crate::python::text(value, state)?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&#34;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    Ok(Value::from_safe_string(out))
}

/// Calls a method.
pub(crate) fn call(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    let Some(text) = value.as_str() else { return unknown_method_callback(state, value, method, args) };
    match method {
        "strip" => stripping(text, args, (true, true)),
        "lstrip" => stripping(text, args, (true, false)),
        "rstrip" => stripping(text, args, (false, true)),
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            Ok(Value::from(text.strip_prefix(prefix).unwrap_or(text)))
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            Ok(Value::from(text.strip_suffix(suffix).unwrap_or(text)))
        }
        "partition" => {
            let (by,): (&str,) = from_args(args)?;
            let (before, after) = needed(by, text.split_once(by))?.unwrap_or((text, ""));
            let found = if before.len() == text.len() { "" } else { by };
            Ok(Value::from(Tuple::from([before, found, after].map(Value::from))))
        }
        "rpartition" => {
            let (by,): (&str,) = from_args(args)?;
            let parts = needed(by, text.rsplit_once(by))?;
            let parts = parts.map_or(["", "", text], |(before, after)| [before, by, after]);
            Ok(Value::from(Tuple::from(parts.map(Value::from))))
        }
        "rsplit" => {
            let (by, most): (Option<&str>, Option<i64>) = from_args(args)?;
            rsplit(text, by, most)
        }
        "format" => {
            modest(text)?;
            unknown_method_callback(state, value, method, args)
        }
        _ => unknown_method_callback(state, value, method, args),
    }
}

/// The greatest width or precision that a text may ask for by `format`: the library fills it before it is paid for by fuel.
const MOST_WIDTH: u64 = 4096;

/// Refuses a text that asks for more, as in `"{:>999999999}"`.
fn modest(format: &str) -> Result<(), Error> {
    let fields = format.split('{').skip(1).filter_map(|field| field.split('}').next());
    let mut numbers = fields.flat_map(|field| field.split(|c: char| !c.is_ascii_digit())).filter(|n| !n.is_empty());
    if numbers.any(|number| number.parse::<u64>().map_or(true, |number| number > MOST_WIDTH)) {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("format fills at most {MOST_WIDTH} places")));
    }
    Ok(())
}

fn stripping(text: &str, args: &[Value], ends: (bool, bool)) -> Result<Value, Error> {
    let (chars,): (Option<&str>,) = from_args(args)?;
    Ok(stripped(text, chars, ends))
}

/// Python refuses to part a text by nothing.
fn needed<T>(by: &str, parts: T) -> Result<T, Error> {
    if by.is_empty() { Err(Error::new(ErrorKind::InvalidOperation, "empty separator")) } else { Ok(parts) }
}

/// A text parted from its end.
fn rsplit(text: &str, by: Option<&str>, most: Option<i64>) -> Result<Value, Error> {
    let most = most.and_then(|most| usize::try_from(most).ok());
    let mut parts: Vec<Value> = match (by, most) {
        (Some(by), Some(most)) => needed(by, text.rsplitn(most + 1, by).map(Value::from).collect())?,
        (Some(by), None) => needed(by, text.rsplit(by).map(Value::from).collect())?,
        (None, most) => {
            let (mut parts, mut rest) = (Vec::new(), text.trim_end_matches(is_space));
            while !rest.is_empty() {
                let at = rest.rfind(is_space).filter(|_| most.is_none_or(|most| parts.len() < most));
                let Some(at) = at else { break };
                let width = rest[at..].chars().next().map_or(1, char::len_utf8);
                parts.push(Value::from(&rest[at + width..]));
                rest = rest[..at].trim_end_matches(is_space);
            }
            // What is left begins with a word or with nothing.
            let rest = if most.is_none() || parts.len() < most.unwrap_or(0) {
                rest.trim_start_matches(is_space)
            } else {
                rest
            };
            if !rest.is_empty() {
                parts.push(Value::from(rest));
            }
            parts
        }
    };
    parts.reverse();
    Ok(Value::from(parts))
}

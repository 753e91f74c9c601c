//! Jinja as transformers sets it up.

use crate::error::ChatError;
use crate::python::{JsonStyle, json, text};
use crate::{Date, limits, methods};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a template says by `raise_exception`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Raised(pub(crate) String);

/// An environment for one rendering; `asked` becomes true when the template asks for the date.
pub(crate) fn environment<'a>(date: Option<Date>, asked: &Arc<AtomicBool>, fuel: u64) -> Environment<'a> {
    let mut jinja = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    jinja.set_syntax(syntax.expect("the usual marks of Jinja"));
    jinja.set_auto_escape_callback(|_| AutoEscape::None);
    jinja.set_undefined_behavior(UndefinedBehavior::Lenient);
    jinja.set_recursion_limit(limits::DEEPEST_CALLS);
    jinja.set_fuel(Some(fuel));
    jinja.set_unknown_method_callback(methods::call);
    jinja.set_formatter(|out, state, value| {
        if let Some(plain) = value.as_str() {
            return out.write_str(plain).map_err(Error::from);
        }
        let text = text(value, state)?;
        out.write_str(&text).map_err(Error::from)
    });
    jinja.add_filter("tojson", to_json);
    jinja.add_filter("trim", methods::trim);
    jinja.add_filter("escape", methods::escape);
    jinja.add_filter("e", methods::escape);
    jinja.add_filter("string", |state: &mut State, value: &Value| text(value, state));
    jinja.add_test("iterable", |value: &Value| match value.kind() {
        ValueKind::None => false, // as in Python
        _ => value.is_undefined() || value.try_iter().is_ok(),
    });
    jinja.add_function("raise_exception", |state: &mut State, message: &Value| -> Result<Value, Error> {
        let message = text(message, state)?;
        Err(Error::new(ErrorKind::InvalidOperation, "raise_exception").with_source(Raised(message)))
    });
    if let Some(date) = date {
        let asked = Arc::clone(asked);
        jinja.add_function("strftime_now", move |format: &str| -> Result<String, Error> {
            asked.store(true, Ordering::Relaxed);
            let wrong = |error: ChatError| Error::new(ErrorKind::InvalidOperation, error.to_string());
            date.format(format).map_err(wrong)
        });
    }
    jinja
}

/// The filter `tojson`: `json.dumps` with transformers' parameters, in this order or by name.
#[allow(clippy::needless_pass_by_value)] // as a filter is called
fn to_json(state: &mut State, value: &Value, args: Rest<Value>, named: Kwargs) -> Result<String, Error> {
    const NAMES: [&str; 4] = ["ensure_ascii", "indent", "separators", "sort_keys"];
    if args.len() > NAMES.len() {
        return Err(Error::new(
            ErrorKind::TooManyArguments,
            "tojson takes ensure_ascii, indent, separators, sort_keys",
        ));
    }
    let given = |place: usize| -> Result<Option<Value>, Error> {
        let value = match args.get(place) {
            Some(value) => Some(value.clone()),
            None => named.get(NAMES[place])?,
        };
        Ok(value.filter(|value| !value.is_none() && !value.is_undefined()))
    };
    let wrong = |what: &str| Error::new(ErrorKind::InvalidOperation, format!("tojson: {what}"));
    let indent = match given(1)? {
        None => None,
        Some(value) => match (value.as_str(), i64::try_from(value.clone())) {
            (Some(text), _) => Some(text.to_owned()),
            (None, Ok(spaces)) if spaces <= 64 => Some(" ".repeat(spaces.max(0) as usize)),
            _ => return Err(wrong("indent must be a text, or a number of spaces up to 64")),
        },
    };
    let item = if indent.is_some() { "," } else { ", " };
    let separators = match given(2)? {
        None => (item.to_owned(), ": ".to_owned()),
        Some(value) => {
            let parts: Vec<Value> = value.try_iter()?.take(3).collect();
            match &parts[..] {
                [item, key] => (text(item, state)?, text(key, state)?),
                _ => return Err(wrong("separators must be two texts")),
            }
        }
    };
    let is_on = |value: Option<Value>| value.is_some_and(|value| value.is_true());
    let style = JsonStyle { indent, separators, ensure_ascii: is_on(given(0)?), sort_keys: is_on(given(3)?) };
    named.assert_all_used()?;
    json(value, &style, state)
}

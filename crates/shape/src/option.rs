//! Options: what may be given by flag or JSON, described once.

use crate::ShapeError;
use serde_json::Value;

/// What kind of value an option takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum OptionKind {
    /// True or false.
    Flag,
    /// A whole number, `least` or more.
    Count {
        /// The smallest allowed.
        least: u64,
    },
    /// A number; its own check knows the range.
    Number,
    /// One or more token ids.
    Ids,
}

/// Whom an option concerns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Every strategy.
    Any,
    /// Strategies that draw: without `do_sample` it has no effect.
    Sampling,
}

/// An option's value.
#[derive(Clone, PartialEq, Debug)]
pub enum OptionValue {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
    /// Token ids.
    Ids(Vec<u32>),
}

/// An option, described once: the command line's flag, the JSON field and the documentation are made from this.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// In snake_case; the flag is the same in kebab-case.
    pub name: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// Whom it concerns.
    pub scope: Scope,
    /// The range, in words: `in (0, 1]`.
    pub range: &'static str,
    /// The default, in words.
    pub default: &'static str,
    /// One line for lists.
    pub short: &'static str,
    /// What to do about a bad value.
    pub remedy: &'static str,
    /// Whether a value is in range.
    pub check: fn(&OptionValue) -> bool,
    /// Whether a value changes nothing, given the size of the vocabulary.
    pub neutral: fn(&OptionValue, usize) -> bool,
}

impl OptionSpec {
    /// Reads a value from a flag's text.
    ///
    /// # Errors
    /// When it is of the wrong kind or out of range.
    pub fn parse(&self, text: &str) -> Result<OptionValue, ShapeError> {
        let value = match self.kind {
            OptionKind::Flag => text.parse().ok().map(OptionValue::Flag),
            OptionKind::Count { .. } => text.parse().ok().map(OptionValue::Count),
            OptionKind::Number => text.parse().ok().map(OptionValue::Number),
            OptionKind::Ids => ids(text).map(OptionValue::Ids),
        };
        self.checked(value, text)
    }

    /// Reads a value from JSON; null is no value. A single id may stand for a list of one.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse).
    pub fn read(&self, json: &Value) -> Result<Option<OptionValue>, ShapeError> {
        let id = |v: &Value| v.as_u64().and_then(|id| u32::try_from(id).ok());
        let value = match self.kind {
            _ if json.is_null() => return Ok(None),
            OptionKind::Flag => json.as_bool().map(OptionValue::Flag),
            OptionKind::Count { .. } => json.as_u64().map(OptionValue::Count),
            OptionKind::Number => json.as_f64().map(OptionValue::Number),
            OptionKind::Ids => match json {
                Value::Array(list) => list.iter().map(id).collect::<Option<_>>().map(OptionValue::Ids),
                single => id(single).map(|id| OptionValue::Ids(vec![id])),
            },
        };
        self.checked(value, &json.to_string()).map(Some)
    }

    fn checked(&self, value: Option<OptionValue>, given: &str) -> Result<OptionValue, ShapeError> {
        let in_range = |value: &OptionValue| match (self.kind, value) {
            (OptionKind::Count { least }, OptionValue::Count(n)) if *n < least => false,
            (OptionKind::Number, OptionValue::Number(x)) if !x.is_finite() => false,
            _ => (self.check)(value),
        };
        value.filter(in_range).ok_or_else(|| ShapeError::value(self.name, given, self.range, self.remedy))
    }
}

impl OptionValue {
    /// As JSON.
    pub fn json(&self) -> Value {
        match self {
            Self::Flag(flag) => Value::from(*flag),
            Self::Count(n) => Value::from(*n),
            Self::Number(x) => Value::from(*x),
            Self::Ids(ids) => Value::from(ids.clone()),
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(x) => Some(*x),
            Self::Count(n) => Some(*n as f64),
            Self::Flag(_) | Self::Ids(_) => None,
        }
    }

    /// The whole number, if it is one.
    pub fn count(&self) -> Option<u64> {
        if let Self::Count(n) = self { Some(*n) } else { None }
    }
}

/// Ids parted by commas, in brackets or not; none at all is an empty list.
fn ids(text: &str) -> Option<Vec<u32>> {
    let inside = text.trim().strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text).trim();
    if inside.is_empty() {
        return Some(Vec::new());
    }
    inside.split(',').map(|id| id.trim().parse().ok()).collect()
}

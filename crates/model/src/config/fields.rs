//! Typed reading of a JSON object, with errors that name the field.

use crate::error::Defect;
use serde_json::{Map, Value};

/// The fields of one JSON object; null counts as absent.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// Whether the field is there, be it null.
    pub(crate) fn mentions(self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn read<T>(
        self,
        name: &str,
        expected: &str,
        as_type: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Defect> {
        let wrong = |value: &Value| Defect::value(name, value, expected);
        self.get(name).map(|value| as_type(value).ok_or_else(|| wrong(value))).transpose()
    }

    pub(crate) fn count(self, name: &str) -> Result<Option<usize>, Defect> {
        self.read(name, "an integer, 0 or more", |v| v.as_u64().and_then(|n| usize::try_from(n).ok()))
    }

    pub(crate) fn number(self, name: &str) -> Result<Option<f64>, Defect> {
        self.read(name, "a number", Value::as_f64)
    }

    pub(crate) fn flag(self, name: &str) -> Result<Option<bool>, Defect> {
        self.read(name, "true or false", Value::as_bool)
    }

    pub(crate) fn text(self, name: &str) -> Result<Option<&'a str>, Defect> {
        self.read(name, "a string", Value::as_str)
    }

    pub(crate) fn object(self, name: &str) -> Result<Option<Fields<'a>>, Defect> {
        self.read(name, "an object", |v| v.as_object().map(Fields))
    }

    pub(crate) fn list(self, name: &str) -> Result<Option<&'a [Value]>, Defect> {
        self.read(name, "a list", |v| v.as_array().map(Vec::as_slice))
    }

    /// A positive number, in f32.
    pub(crate) fn positive(self, name: &str, default: f64) -> Result<f32, Defect> {
        let value = self.number(name)?.unwrap_or(default);
        let narrow = value as f32;
        if narrow.is_finite() && narrow > 0.0 {
            Ok(narrow)
        } else {
            Err(Defect::value(name, value, "a positive number"))
        }
    }
}

//! Typed reading of a JSON object, with errors that name the field.

use crate::error::Defect;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Names of fields that were asked for.
pub(crate) type Asked = RefCell<BTreeSet<String>>;

/// The fields of one JSON object; null counts as absent.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    /// Standard names that a family spells otherwise: the standard name, the family's own.
    spellings: &'static [(&'static str, &'static str)],
    /// Keeps the names that are asked for: what the network honours, or refuses.
    asked: Option<&'a Asked>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(map: &'a Map<String, Value>) -> Self {
        Self { map, spellings: &[], asked: None }
    }

    /// None at all.
    pub(crate) fn none() -> Fields<'static> {
        static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        Fields::new(&NONE)
    }

    /// Whose standard names count as the family's own, as transformers' `attribute_map` has them.
    pub(crate) fn spelled(self, spellings: &'static [(&'static str, &'static str)]) -> Self {
        Self { spellings, ..self }
    }

    /// Which keep the names that are asked for.
    pub(crate) fn watched(self, asked: Option<&'a Asked>) -> Self {
        Self { asked, ..self }
    }

    /// Every name that means a field: its own, and a standard one.
    fn names(self, name: &str) -> impl Iterator<Item = &str> {
        let other = self.spellings.iter().find(|(_, own)| *own == name).map(|(standard, _)| *standard);
        [name].into_iter().chain(other)
    }

    /// All of them.
    pub(crate) fn map(self) -> &'a Map<String, Value> {
        self.map
    }

    /// Whether there are none.
    pub(crate) fn is_empty(self) -> bool {
        self.map.is_empty()
    }

    /// Whether the field is there, be it null.
    pub(crate) fn mentions(self, name: &str) -> bool {
        self.names(name).any(|name| self.map.contains_key(name))
    }

    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        if let Some(asked) = self.asked {
            asked.borrow_mut().extend(self.names(name).map(str::to_owned));
        }
        // Of two spellings transformers takes the one that the file has last.
        let found = |(key, _): &(&'a String, &'a Value)| self.names(name).any(|name| name == key.as_str());
        if self.spellings.is_empty() {
            return self.map.get(name).filter(|value| !value.is_null());
        }
        self.map.iter().rfind(found).map(|(_, value)| value).filter(|value| !value.is_null())
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

    /// A number that no arithmetic turns into NaN or infinity by itself, in f32.
    pub(crate) fn finite(self, name: &str, default: f64) -> Result<f32, Defect> {
        let value = self.number(name)?.unwrap_or(default);
        let narrow = value as f32;
        if narrow.is_finite() { Ok(narrow) } else { Err(Defect::value(name, value, "a finite number")) }
    }

    /// A flag of which null means no.
    pub(crate) fn flag_or_no(self, name: &str, default: bool) -> Result<bool, Defect> {
        Ok(self.flag(name)?.unwrap_or(default && !self.mentions(name)))
    }

    /// A positive number, in f32, where there is one.
    pub(crate) fn positive_if(self, name: &str) -> Result<Option<f32>, Defect> {
        self.get(name).map(|_| self.positive(name, 0.0)).transpose()
    }

    /// Refuses a field that would change the result, unless it is absent, null, or has this value.
    pub(crate) fn only(self, name: &str, allowed: &Value) -> Result<(), Defect> {
        match self.get(name) {
            Some(value) if value != allowed => Err(Defect::unsupported(name, value, &allowed.to_string())),
            _ => Ok(()),
        }
    }

    pub(crate) fn flag(self, name: &str) -> Result<Option<bool>, Defect> {
        self.read(name, "true or false", Value::as_bool)
    }

    pub(crate) fn text(self, name: &str) -> Result<Option<&'a str>, Defect> {
        self.read(name, "a string", Value::as_str)
    }

    pub(crate) fn object(self, name: &str) -> Result<Option<Fields<'a>>, Defect> {
        self.read(name, "an object", |v| v.as_object().map(|map| Fields { map, ..self }))
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

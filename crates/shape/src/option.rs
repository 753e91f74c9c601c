//! Options: what may be given by flag or JSON, described once.

mod value;

pub use value::OptionValue;

use crate::ShapeError;
use serde_json::Value;

/// What kind of value an option takes. On the command line, kinds without a short form of their own take JSON.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum OptionKind {
    /// True or false.
    Flag,
    /// An integer, `least` or more.
    Count {
        /// The smallest allowed.
        least: u64,
    },
    /// An integer that may be negative.
    Whole,
    /// A number; its own check knows the range.
    Number,
    /// One of these words; in JSON `true` and `false` stand for the words.
    Choice(&'static [&'static str]),
    /// A text.
    Text,
    /// One or more texts.
    Texts,
    /// Names; as a flag parted by commas.
    Names,
    /// One or more token ids.
    Ids,
    /// A list of lists of token ids: `[[1, 2], [3]]`.
    Lists,
    /// A list of phrases, each a list of token ids, or a list of such lists of which one is enough.
    Phrases,
    /// Token sequences and what is added to their scores: `[[[1, 2], -3.5]]`.
    Biases,
    /// A start and a factor: `[10, 1.5]`.
    Decay,
    /// A JSON object (or its text).
    Object,
}

/// An option, described once: the command line's flag, the JSON field and the documentation are made from this.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// In snake_case; the flag is the same in kebab-case.
    pub name: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// It has an effect only where one of these options is on; empty where it always has.
    pub needs: &'static [&'static str],
    /// The range, in words: `in (0, 1]`.
    pub range: &'static str,
    /// The default, in words.
    pub default: &'static str,
    /// One line for lists.
    pub short: &'static str,
    /// What to do about a bad value.
    pub remedy: &'static str,
    /// Whether it is one of the few that a first help page shows.
    pub common: bool,
    /// What others call it, in snake_case: who writes such a name is told this one.
    pub aliases: &'static [&'static str],
    /// Whether a value is in range.
    pub check: fn(&OptionValue) -> bool,
    /// Whether a value changes nothing, given the size of the vocabulary: such an option is off.
    pub neutral: fn(&OptionValue, usize) -> bool,
}

impl OptionSpec {
    /// What most options share; the rest is written over it.
    pub const BASE: Self = Self {
        name: "",
        kind: OptionKind::Number,
        needs: &[],
        range: "",
        default: "off",
        short: "",
        remedy: "leave it out",
        common: false,
        aliases: &[],
        check: |_| true,
        neutral: |_, _| false,
    };

    /// What most switches share: options that are off unless set.
    pub const FLAG: Self = Self {
        kind: OptionKind::Flag,
        range: "true or false",
        default: "false",
        neutral: |value, _| matches!(value, OptionValue::Flag(false)),
        ..Self::BASE
    };

    /// Reads a value from a flag's text.
    ///
    /// # Errors
    /// When it is of the wrong kind or out of range.
    pub fn parse(&self, text: &str) -> Result<OptionValue, ShapeError> {
        self.checked(OptionValue::parse(self.kind, text), text)
    }

    /// The value where none is given; none where the default is in words.
    pub fn default_value(&self) -> Option<OptionValue> {
        // Any text is a text, this one too.
        if self.default == "off" { None } else { self.parse(self.default).ok() }
    }

    /// Reads a value from JSON; null is no value. A single id or text may stand for a list of one.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse).
    pub fn read(&self, json: &Value) -> Result<Option<OptionValue>, ShapeError> {
        if json.is_null() {
            return Ok(None);
        }
        self.checked(OptionValue::read(self.kind, json), &json.to_string()).map(Some)
    }

    /// A number, if this option may have it.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn number(&self, number: f64) -> Result<f64, ShapeError> {
        self.checked(Some(OptionValue::Number(number)), &number.to_string()).map(|_| number)
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

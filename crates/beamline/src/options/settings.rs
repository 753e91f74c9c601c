//! Options with values, and where each value came from.

use super::foreign::{Foreign, foreign, is_neutral};
use super::list::{find, options};
use super::nearest::nearest_option;
use crate::error::{Error, OptionError};
use beamline_shape::{OptionSpec, OptionValue, Preset};
use beamline_tokens::TokenId;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where a value came from; a later one in this list wins over an earlier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Origin {
    /// Built in.
    Default,
    /// The model's `generation_config.json` (or a GGUF file's keys).
    Model,
    /// A JSON object given along.
    Config,
    /// A flag, or the caller's own code.
    Flag,
}

impl Origin {
    /// As JSON says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Model => "model",
            Self::Config => "config",
            Self::Flag => "flag",
        }
    }
}

/// A value and its origin.
#[derive(Clone, PartialEq, Debug)]
pub struct Setting {
    /// The value.
    pub value: OptionValue,
    /// Where it came from.
    pub origin: Origin,
}

/// Values of options, by name.
///
/// ```
/// use beamline::Options;
/// let mut settings = Options::default();
/// settings.config(&serde_json::json!({"do_sample": true, "temperature": 0.7, "top_k": null}))?;
/// settings.set("top-p", "0.9")?;
/// assert!(settings.set("top_p", "1.5").unwrap_err().to_string().contains("[0, 1]"));
/// # Ok::<(), beamline::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Options(BTreeMap<&'static str, Setting>);

impl Options {
    /// Sets one option, as a flag does.
    ///
    /// # Errors
    /// When there is no such option, or the value is out of its range.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let option = find(name).ok_or_else(|| unknown(name))?;
        let value = option.parse(text)?;
        self.put(option.name, value, Origin::Flag);
        Ok(())
    }

    /// Reads `name=value,name=value`. A comma inside brackets or braces is part of a value.
    ///
    /// ```
    /// use beamline::Options;
    /// let settings = Options::list("num_beams=5, bad_words_ids=[[1, 2]]")?;
    /// assert_eq!(settings.iter().count(), 2);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a part is no pair, or as for [`set`](Self::set).
    pub fn list(text: &str) -> Result<Self, Error> {
        let mut settings = Self::default();
        let mut depth = 0;
        let parts = text.split(|c: char| {
            depth += i32::from(matches!(c, '[' | '{')) - i32::from(matches!(c, ']' | '}'));
            c == ',' && depth <= 0
        });
        for part in parts.filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| OptionError::NotAPair { part: part.to_owned() })?;
            settings.set(name.trim(), value.trim())?;
        }
        Ok(settings)
    }

    /// These settings, and those of `others` that they do not have.
    #[must_use]
    pub fn beside(&self, others: &Self) -> Self {
        let mut all = self.clone();
        for (name, setting) in &others.0 {
            all.0.entry(*name).or_insert_with(|| setting.clone());
        }
        all
    }

    /// Sets the options of a JSON object, but none that is set already by a flag. Null is no value.
    ///
    /// A `generation_config.json` as transformers writes it is such an object: fields that change no result are passed
    /// over ([`foreign`](crate::foreign) lists them). An empty prompt begins with the model's own begin token, whatever
    /// `bos_token_id` says.
    ///
    /// # Errors
    /// When it is no object, a field is unknown, a value is out of range, or a field of transformers' would change the
    /// result and is not supported.
    pub fn config(&mut self, json: &Value) -> Result<(), Error> {
        let fields = json.as_object().ok_or(OptionError::NotAnObject)?;
        for (name, value) in fields {
            match foreign(name) {
                Some(Foreign::Harmless(_)) => continue,
                Some(Foreign::Unsupported(_)) if is_neutral(value) => continue,
                Some(Foreign::Unsupported(remedy)) => {
                    return Err(OptionError::Unsupported { name: name.clone(), remedy }.into());
                }
                None => {}
            }
            let option = options().find(|option| option.name == name).ok_or_else(|| unknown(name))?;
            if let Some(value) = option.read(value)? {
                self.put(option.name, value, Origin::Config);
            }
        }
        Ok(())
    }

    /// These settings as if a model had brought them along: what has no effect beside stronger ones is passed over, where the user's
    /// own would be an error. For settings that hold for many prompts, of which some have their own.
    ///
    /// ```
    /// use beamline::{Engine, Options};
    /// let engine = Engine::open("builtin")?;
    /// let all = Options::new().do_sample(true).temperature(0.7);
    /// let one = Options::new().do_sample(false);
    /// assert!(engine.plan(&one.beside(&all)).is_err()); // a temperature without draws
    /// assert!(engine.plan(&one.beside(&all.as_defaults())).is_ok());
    /// # Ok::<(), beamline::Error>(())
    /// ```
    #[must_use]
    pub fn as_defaults(&self) -> Self {
        let weak = |setting: &Setting| Setting { origin: setting.origin.min(Origin::Model), ..setting.clone() };
        Self(self.0.iter().map(|(name, setting)| (*name, weak(setting))).collect())
    }

    /// These settings over the defaults of the preset that they name.
    pub(crate) fn with_preset(&self) -> Self {
        let mut all = self.clone();
        let preset = self.text("preset").and_then(Preset::of).unwrap_or_default();
        for (name, value) in preset.defaults() {
            let option = find(name).expect("a preset sets options that there are");
            let value = option.parse(value).expect("a preset's values are in range");
            if all.get(option.name).is_none() {
                all.put(option.name, value, Origin::Default);
            }
        }
        all
    }

    /// Whether texts are cut before the stop string that ended them; transformers' keep it.
    pub(crate) fn cuts_stop_strings(&self) -> bool {
        self.effective_value("include_stop_str_in_output") == Some(OptionValue::Flag(false))
    }

    /// Takes a model's own number of sequences back to what the search can give.
    pub(crate) fn fit_returned(&mut self) {
        let beams = self.size("num_beams");
        if beams > 1 && self.size("num_return_sequences") > beams {
            self.put("num_return_sequences", OptionValue::Count(beams as u64), Origin::Model);
        } else if beams == 1 && !self.flag("do_sample") {
            self.remove("num_return_sequences");
        }
    }

    /// Keeps a value unless there is one of a stronger origin.
    pub(crate) fn put(&mut self, name: &'static str, value: OptionValue, origin: Origin) {
        if self.0.get(name).is_none_or(|setting| setting.origin <= origin) {
            self.0.insert(name, Setting { value, origin });
        }
    }

    /// These settings, over those of a model.
    #[must_use]
    pub(crate) fn over(&self, model: &Self) -> Self {
        let mut all = model.clone();
        self.0.iter().for_each(|(name, setting)| all.put(name, setting.value.clone(), setting.origin));
        all
    }

    /// The setting of an option, if it has one.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.0.get(name)
    }

    /// Forgets an option.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Every setting, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Setting)> {
        self.0.iter().map(|(name, setting)| (*name, setting))
    }

    /// The value of an option: as set, or its default; none where the default is in words.
    pub(crate) fn effective_value(&self, name: &str) -> Option<OptionValue> {
        match self.get(name) {
            Some(setting) => Some(setting.value.clone()),
            None => find(name).and_then(OptionSpec::default_value),
        }
    }

    /// Whether an option is set to a value that has an effect.
    pub(crate) fn is_on(&self, name: &str, vocab: usize) -> bool {
        let neutral = |value: &OptionValue| find(name).is_some_and(|option| (option.neutral)(value, vocab));
        self.get(name).is_some_and(|setting| !neutral(&setting.value))
    }

    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        self.get(name)?.value.count()
    }

    /// An integer as a size: as set, or the option's default; 0 where that is in words.
    pub(crate) fn size(&self, name: &str) -> usize {
        let value = self.effective_value(name).and_then(|value| value.count());
        value.map_or(0, |n| usize::try_from(n).unwrap_or(usize::MAX))
    }

    /// A number: as set, or the option's default; none where that is in words.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.effective_value(name)?.number()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match &self.get(name)?.value {
            OptionValue::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Setting { value: OptionValue::Flag(true), .. }))
    }

    /// The tokens that end a text.
    pub(crate) fn end_tokens(&self) -> Vec<TokenId> {
        let ids = self.get("eos_token_id").and_then(|setting| setting.value.ids());
        ids.unwrap_or_default().iter().copied().map(TokenId).collect()
    }

    /// Every option with its value and origin, as `effective_config`.
    pub(crate) fn effective(&self) -> Value {
        let entry = |option: &beamline_shape::OptionSpec| {
            let (value, origin) = match self.get(option.name) {
                Some(setting) => (setting.value.json(), setting.origin),
                None => (option.default_value().map_or(Value::Null, |value| value.json()), Origin::Default),
            };
            (option.name.to_owned(), json!({"value": value, "origin": origin.name()}))
        };
        Value::Object(options().map(entry).collect::<Map<_, _>>())
    }
}

pub(super) fn unknown(name: &str) -> Error {
    let known = options().map(|option| option.name).collect();
    OptionError::Unknown { name: name.to_owned(), near: nearest_option(name), known }.into()
}

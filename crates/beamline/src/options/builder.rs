//! Options set in code: the usual ones by methods with types, all others by name.

use super::list::{find, options};
use super::settings::{Options, Origin, unknown};
use crate::error::Error;
use beamline_shape::OptionValue;
use serde_json::Value;

impl Options {
    /// No option set: transformers' defaults, or the model's own.
    ///
    /// Setters never fail; a value out of its range is an error of [`Engine::plan`](crate::Engine::plan), which names the
    /// option, the value and the range.
    ///
    /// ```
    /// use beamline::{Engine, Options};
    /// let options = Options::new().do_sample(true).temperature(0.8).top_p(0.9).seed(7).with("xtc_probability", 0.1)?;
    /// assert_eq!(options.iter().count(), 5);
    /// let engine = Engine::open("builtin")?;
    /// assert!(engine.plan(&options).is_ok());
    /// let wrong = engine.plan(&options.top_p(1.5)).unwrap_err();
    /// assert!(wrong.to_string().contains("top_p must be in [0, 1], got 1.5"));
    /// # Ok::<(), beamline::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets any option by its name; numbers, switches, texts and lists are taken as JSON is. Null is no value.
    ///
    /// # Errors
    /// When there is no such option, or the value is of the wrong kind or out of its range.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Result<Self, Error> {
        let option = find(name).ok_or_else(|| unknown(name))?;
        if let Some(value) = option.read(&value.into())? {
            self.put(option.name, value, Origin::Flag);
        }
        Ok(self)
    }

    /// At most this many new tokens, 1 or more.
    #[must_use]
    pub fn max_new_tokens(self, tokens: usize) -> Self {
        self.having("max_new_tokens", OptionValue::Count(tokens as u64))
    }

    /// No end token before this many new tokens.
    #[must_use]
    pub fn min_new_tokens(self, tokens: usize) -> Self {
        self.having("min_new_tokens", OptionValue::Count(tokens as u64))
    }

    /// Draws tokens at random (sampling) in place of taking the most probable. Temperature and truncations have an effect
    /// only then.
    #[must_use]
    pub fn do_sample(self, on: bool) -> Self {
        self.having("do_sample", OptionValue::Flag(on))
    }

    /// The seed of all draws; one is drawn from the clock where none is given.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.having("seed", OptionValue::Count(seed))
    }

    /// Divides logits by this, above 0: below 1 sharpens, above 1 flattens.
    #[must_use]
    pub fn temperature(self, temperature: f64) -> Self {
        self.having("temperature", OptionValue::Number(temperature))
    }

    /// Keeps the `k` most probable tokens; 0 keeps all.
    #[must_use]
    pub fn top_k(self, k: usize) -> Self {
        self.having("top_k", OptionValue::Count(k as u64))
    }

    /// Keeps the most probable tokens that together have this probability (nucleus sampling), in `[0, 1]`; 1 keeps all.
    #[must_use]
    pub fn top_p(self, p: f64) -> Self {
        self.having("top_p", OptionValue::Number(p))
    }

    /// Keeps tokens at least this probable in relation to the most probable one, in `[0, 1]`; 0 keeps all.
    #[must_use]
    pub fn min_p(self, p: f64) -> Self {
        self.having("min_p", OptionValue::Number(p))
    }

    /// Makes tokens of the text so far less probable; 1 changes nothing.
    #[must_use]
    pub fn repetition_penalty(self, penalty: f64) -> Self {
        self.having("repetition_penalty", OptionValue::Number(penalty))
    }

    /// No run of this many tokens twice; 0 allows all.
    #[must_use]
    pub fn no_repeat_ngram_size(self, size: usize) -> Self {
        self.having("no_repeat_ngram_size", OptionValue::Count(size as u64))
    }

    /// Hypotheses of a beam search; 1 is none.
    #[must_use]
    pub fn num_beams(self, beams: usize) -> Self {
        self.having("num_beams", OptionValue::Count(beams as u64))
    }

    /// Divides a beam's score by its length to this power; above 0 favours long texts.
    #[must_use]
    pub fn length_penalty(self, penalty: f64) -> Self {
        self.having("length_penalty", OptionValue::Number(penalty))
    }

    /// Sequences returned for each prompt.
    #[must_use]
    pub fn num_return_sequences(self, sequences: usize) -> Self {
        self.having("num_return_sequences", OptionValue::Count(sequences as u64))
    }

    /// Texts at which sequences stop.
    #[must_use]
    pub fn stop_strings<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Self {
        self.having("stop_strings", OptionValue::Texts(texts.into_iter().map(Into::into).collect()))
    }

    /// Whether the stop string that ended a text stays in it, as in transformers.
    #[must_use]
    pub fn include_stop_str_in_output(self, include: bool) -> Self {
        self.having("include_stop_str_in_output", OptionValue::Flag(include))
    }

    fn having(mut self, name: &str, value: OptionValue) -> Self {
        let option = find(name).expect("a setter is named after its option");
        self.put(option.name, value, Origin::Flag);
        self
    }

    /// Checks every value against its option's range: setters do not.
    ///
    /// # Errors
    /// The first option, by name, whose value is out of its range.
    pub(crate) fn check_ranges(&self) -> Result<(), Error> {
        for (name, setting) in self.iter() {
            let option = options().find(|option| option.name == name).expect("only known options are set");
            match setting.value {
                // JSON has no word for NaN and infinity.
                OptionValue::Number(number) => _ = option.number(number)?,
                _ => _ = option.read(&setting.value.json())?,
            }
        }
        Ok(())
    }
}

//! What a model's own files say about decoding.

mod usable;

use super::foreign::{Foreign, foreign, is_neutral};
use super::list::options;
use super::settings::{Options, Origin};
use beamline_model::python_json;
use beamline_shape::OptionValue;
use beamline_tokens::TokenId;
use serde_json::{Map, Value};

/// A model's defaults, and what a user should hear about them.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) settings: Options,
    /// The token an empty prompt begins with.
    pub(crate) begin: Option<TokenId>,
    pub(crate) warnings: Vec<String>,
}

/// Options that a model's own files may set: those that are fields of transformers' `GenerationConfig`. What else they hold is
/// in [`foreign`]; `goldens/expected/generation_fields.json` has all fields, and a test goes through them.
const A_MODELS: [&str; 43] = [
    "assistant_confidence_threshold",
    "bad_words_ids",
    "begin_suppress_tokens",
    "diversity_penalty",
    "do_sample",
    "early_stopping",
    "encoder_no_repeat_ngram_size",
    "encoder_repetition_penalty",
    "eos_token_id",
    "epsilon_cutoff",
    "eta_cutoff",
    "exponential_decay_length_penalty",
    "force_words_ids",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "guidance_scale",
    "length_penalty",
    "max_length",
    "max_matching_ngram_size",
    "max_new_tokens",
    "max_time",
    "min_length",
    "min_new_tokens",
    "min_p",
    "no_repeat_ngram_size",
    "num_assistant_tokens",
    "num_assistant_tokens_schedule",
    "num_beam_groups",
    "num_beams",
    "num_return_sequences",
    "penalty_alpha",
    "prompt_lookup_num_tokens",
    "remove_invalid_values",
    "renormalize_logits",
    "repetition_penalty",
    "sequence_bias",
    "stop_strings",
    "suppress_tokens",
    "temperature",
    "top_h",
    "top_k",
    "top_p",
    "typical_p",
];

const GENERATION: &str = "generation_config.json";
const CONFIG: &str = "config.json";
const END: &str = "eos_token_id";

impl Defaults {
    /// Reads `generation_config.json`, or, where there is none that can be read, the fields of the same names in
    /// `config.json`, as transformers does. A value that cannot be used is passed over with a warning: it is the model
    /// author's, not the user's.
    pub(crate) fn read(generation: Option<&[u8]>, config: &[u8]) -> Self {
        let object = |bytes: &[u8]| match python_json(bytes) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err("it is no JSON object".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let mut defaults = Self::default();
        let mut config = object(config).unwrap_or_default();
        // Of a model of text and more, the text part says what the whole does not.
        if let Some(Value::Object(text)) = config.get("text_config").cloned() {
            for (name, value) in
                text.into_iter().filter(|(name, _)| A_MODELS.contains(&name.as_str()) || name == "bos_token_id")
            {
                config.entry(name).or_insert(value);
            }
        }
        match generation.map(object).transpose() {
            Ok(Some(fields)) => {
                defaults.take(GENERATION, &fields);
                if let (None, Some(end)) = (fields.get(END), config.get(END).filter(|id| !id.is_null())) {
                    defaults.warnings.push(format!(
                        "{CONFIG} names the end token {end}, {GENERATION} names none and counts: texts end at their length; give --eos-token-id {end} to end them there"
                    ));
                }
                defaults.begin = begin(&fields).or_else(|| begin(&config));
            }
            other => {
                if let Err(reason) = other {
                    defaults.warnings.push(format!("{GENERATION} is passed over for {CONFIG}: {reason}"));
                }
                // The other fields there are the network's.
                let own = config.iter().filter(|(name, _)| {
                    A_MODELS.contains(&name.as_str()) || matches!(foreign(name), Some(Foreign::Unsupported(_)))
                });
                defaults.take(CONFIG, &own.map(|(name, value)| (name.clone(), value.clone())).collect());
                defaults.begin = begin(&config);
                if let (Some(id), Some(Value::Bool(true))) =
                    (defaults.begin, config.get("force_bos_token_to_be_generated"))
                {
                    defaults.settings.put("forced_bos_token_id", OptionValue::Ids(vec![id.0]), Origin::Model);
                }
            }
        }
        defaults
    }

    /// The end tokens of a GGUF file.
    pub(crate) fn ends(end: &[TokenId], begin: Option<TokenId>, warning: Option<String>) -> Self {
        let mut defaults = Self { begin, warnings: warning.into_iter().collect(), ..Self::default() };
        let ids = OptionValue::Ids(end.iter().map(|token| token.0).collect());
        defaults.settings.put("eos_token_id", ids, Origin::Model);
        defaults
    }

    /// Drops tokens that the model does not have: a smaller copy of a model often keeps those of the larger, and they must not
    /// be the user's trouble.
    pub(crate) fn fit(&mut self, vocab: usize) {
        self.begin = self.begin.filter(|token| token.index() < vocab);
        let settings: Vec<_> = self.settings.iter().map(|(name, setting)| (name, setting.value.clone())).collect();
        for (name, mut value) in settings {
            let unknown = usable::take_beyond(&mut value, vocab);
            if unknown.is_empty() {
                continue;
            }
            let what = if name == END { "end tokens".to_owned() } else { format!("{name}: the tokens") };
            self.warnings
                .push(format!("the model's {what} {unknown:?} are beyond its vocabulary of {vocab}; passed over"));
            if usable::is_empty(&value) && name != END {
                self.settings.remove(name);
            } else {
                self.settings.put(name, value, Origin::Model);
            }
        }
    }

    fn take(&mut self, file: &str, fields: &Map<String, Value>) {
        let mut odd = Vec::new();
        for (name, value) in fields {
            let known = options().find(|option| option.name == name);
            if let Some(option) = known.filter(|option| A_MODELS.contains(&option.name)) {
                let (value, dropped) = usable::usable(option.kind, value);
                if !dropped.is_empty() {
                    let dropped = shown(&Value::Array(dropped).to_string());
                    self.warnings.push(format!("{file}: {name} holds {dropped}, which nothing can match; passed over"));
                }
                match option.read(&value) {
                    Ok(Some(value)) => self.settings.put(option.name, value, Origin::Model),
                    Ok(None) => {}
                    // Out of range on its own: refused by whoever would draw with it.
                    Err(_) if name == "temperature" && value.as_f64() == Some(0.0) => {
                        self.settings.put(option.name, OptionValue::Number(0.0), Origin::Model);
                    }
                    Err(error) => self.warnings.push(format!("{file}: {error}; passed over")),
                }
            } else if !foreign(name).is_some_and(Foreign::is_harmless) && !is_neutral(value) {
                let why = if known.is_some() {
                    "which transformers does not read from there"
                } else {
                    "which has no effect here"
                };
                odd.push(format!("{file} sets {} to {}, {why}", shown(name), shown(&value.to_string())));
            }
        }
        let more = odd.len().saturating_sub(MOST_ODD);
        odd.truncate(MOST_ODD);
        self.warnings.append(&mut odd);
        if more > 0 {
            self.warnings.push(format!("{file} sets {more} more fields that have no effect"));
        }
    }
}

/// The most fields without effect that are named one by one.
const MOST_ODD: usize = 16;

/// What somebody's file says, fit for a message: its beginning, on one line, with nothing that a terminal would obey.
fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let plain = |c: char| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() };
    let beginning: String = text.chars().take(MOST).map(plain).collect();
    if text.chars().nth(MOST).is_some() { format!("{beginning}...") } else { beginning }
}

/// The token an empty prompt begins with.
fn begin(fields: &Map<String, Value>) -> Option<TokenId> {
    fields.get("bos_token_id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok()).map(TokenId)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(generation: Option<&str>, config: &str) -> Defaults {
        Defaults::read(generation.map(str::as_bytes), config.as_bytes())
    }

    fn end(defaults: &Defaults) -> Option<OptionValue> {
        defaults.settings.get(END).map(|setting| setting.value.clone())
    }

    #[test]
    fn generation_config_wins_over_config_for_begin_and_end() {
        let both =
            read(Some(r#"{"eos_token_id": [1, 2], "bos_token_id": 7}"#), r#"{"eos_token_id": 5, "bos_token_id": 6}"#);
        assert_eq!(end(&both), Some(OptionValue::Ids(vec![1, 2])));
        assert_eq!((both.begin, both.warnings.len()), (Some(TokenId(7)), 0));
        // transformers asks config.json where the other file is not there, or is no JSON, and not where it is silent.
        let silent = read(Some("{}"), r#"{"eos_token_id": 5, "bos_token_id": null}"#);
        assert_eq!((end(&silent), silent.begin), (None, None));
        assert!(silent.warnings[0].contains("--eos-token-id 5"), "{:?}", silent.warnings);
        for generation in [None, Some("{")] {
            assert_eq!(end(&read(generation, r#"{"eos_token_id": 5}"#)), Some(OptionValue::Ids(vec![5])));
        }
    }

    #[test]
    fn names_and_values_are_quoted_short_and_on_one_line() {
        let long = "b".repeat(5_000_000);
        let escapes = serde_json::json!({"x\nerror: fake": "\u{1b}[2J", "long": long, "y": vec![1; 100_000]});
        let warnings = read(Some(&escapes.to_string()), "{}").warnings;
        assert_eq!(warnings.len(), 3);
        assert!(warnings.iter().all(|w| w.len() < 300 && !w.contains(char::is_control)), "{warnings:?}");
        assert!(warnings[0].contains(r"sets x\nerror: fake to"), "{warnings:?}");
        let many: Map<String, Value> = (2..5002).map(|n| (format!("x{n}"), n.into())).collect();
        let warnings = read(Some(&Value::Object(many).to_string()), "{}").warnings;
        assert!(warnings.len() == MOST_ODD + 1 && warnings[MOST_ODD].contains("4984 more fields"), "{warnings:?}");
    }

    #[test]
    fn config_may_hold_generation_options_where_there_is_no_other_file() {
        let config = r#"{"num_beams": 4, "max_length": 20, "n_embd": 16, "top_k": null, "seed": 3, "repetition_penalty": NaN,
            "force_bos_token_to_be_generated": true, "bos_token_id": 3}"#;
        let defaults = read(None, config);
        let count = |name| defaults.settings.get(name).and_then(|setting| setting.value.count());
        assert_eq!((count("num_beams"), count("max_length"), count("seed")), (Some(4), Some(20), None));
        assert_eq!(defaults.settings.get("forced_bos_token_id").map(|s| s.value.all_ids()), Some(vec![3]));
        assert_eq!(defaults.warnings.len(), 1, "{:?}", defaults.warnings);
        assert!(defaults.warnings[0].contains("config.json: repetition_penalty"), "{:?}", defaults.warnings);
        assert_eq!(read(Some("{}"), config).settings.iter().count(), 0);
    }

    #[test]
    fn one_bad_entry_loses_neither_file_nor_list() {
        let odd = r#"{"temperature": NaN, "repetition_penalty": 1.5, "eos_token_id": [-1, 262],
            "suppress_tokens": [3, -1, 9000], "bad_words_ids": [[1, 2], [9000]], "presence_penalty": 1.5}"#;
        let mut defaults = read(Some(odd), "{}");
        defaults.fit(512);
        let value = |name| defaults.settings.get(name).map(|setting| setting.value.clone());
        assert_eq!(value("repetition_penalty"), Some(OptionValue::Number(1.5)));
        assert_eq!(end(&defaults), Some(OptionValue::Ids(vec![262])));
        assert_eq!(value("suppress_tokens"), Some(OptionValue::Ids(vec![3])));
        assert_eq!(value("bad_words_ids"), Some(OptionValue::Lists(vec![vec![1, 2]])));
        assert_eq!((value("temperature"), value("presence_penalty")), (None, None));
        assert_eq!(defaults.warnings.len(), 6, "{:?}", defaults.warnings);
    }

    #[test]
    fn every_field_of_transformers_is_an_option_or_foreign() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/expected/generation_fields.json");
        let fields: Vec<String> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for field in &fields {
            let option = options().any(|option| option.name == field) && A_MODELS.contains(&field.as_str());
            assert!(option != foreign(field).is_some(), "{field}: a model's option or foreign, and not both");
        }
        for option in A_MODELS {
            assert!(fields.iter().any(|field| field == option), "{option} is no field of transformers'");
        }
    }

    #[test]
    fn values_of_the_model_that_cannot_be_used_are_warned_of() {
        let odd = r#"{"top_p": 7, "temperature": 0.5, "watermarking_config": {"bias": 2.0}, "num_beams": 1, "use_cache": true}"#;
        let defaults = read(Some(odd), "{}");
        assert_eq!(defaults.warnings.len(), 2, "{:?}", defaults.warnings);
        assert!(defaults.warnings[0].contains("top_p") && defaults.warnings[1].contains("watermarking_config"));
        assert_eq!(defaults.settings.get("temperature").unwrap().origin, Origin::Model);
        assert_eq!(read(Some("{"), "{}").warnings.len(), 1);
    }
}

//! What a model's own files say about decoding.

use super::foreign::{Foreign, foreign, is_neutral};
use super::list::options;
use super::settings::{Options, Origin, Setting};
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

/// Options that a model's file has no say in: they are no fields of transformers'.
const NOT_A_MODELS: [&str; 14] = [
    "assistant",
    "rng",
    "seed",
    "preset",
    "processors",
    "json_schema",
    "regex",
    "lark",
    "exact_search",
    "node_budget",
    "best_of",
    "rank_by",
    "arithmetic_sampling",
    "stochastic_beams",
];

impl Defaults {
    /// Reads `generation_config.json` where there is one, and end and begin tokens from `config.json` where the former
    /// does not name them. A value that cannot be used is passed over with a warning: it is the model author's, not the
    /// user's.
    pub(crate) fn read(generation: Option<&[u8]>, config: &[u8]) -> Self {
        let object = |bytes: &[u8]| match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err("it is no JSON object".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let mut defaults = Self::default();
        let config = object(config).unwrap_or_default();
        let generation = match generation.map(object).transpose() {
            Ok(fields) => fields,
            Err(reason) => {
                defaults.warnings.push(format!("generation_config.json is passed over: {reason}"));
                None
            }
        };
        if let Some(fields) = &generation {
            defaults.take(fields);
        }
        let id = |name: &str| generation.as_ref().and_then(|fields| fields.get(name)).or_else(|| config.get(name));
        defaults.begin = id("bos_token_id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok()).map(TokenId);
        let option = options().find(|option| option.name == "eos_token_id").expect("in the list");
        match id("eos_token_id").map(|value| option.read(value)) {
            Some(Ok(Some(value))) => defaults.settings.put(option.name, value, Origin::Model),
            Some(Err(error)) => defaults.warnings.push(format!("the model's {error}")),
            _ => {}
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

    /// Drops tokens that the model does not have: they must not be the user's trouble.
    fn fit_ids(&mut self, vocab: usize) {
        let beyond = |setting: &Setting| setting.value.all_ids().iter().any(|&id| id as usize >= vocab);
        let names: Vec<&str> = self
            .settings
            .iter()
            .filter(|(name, s)| *name != "eos_token_id" && beyond(s))
            .map(|(name, _)| name)
            .collect();
        for name in names {
            self.settings.remove(name);
            self.warnings.push(format!(
                "generation_config.json: {name} names tokens beyond the vocabulary of {vocab}; passed over"
            ));
        }
    }

    /// Drops end and begin tokens that the model does not have: a smaller copy of a model often keeps those of the larger.
    pub(crate) fn fit(&mut self, vocab: usize) {
        self.fit_ids(vocab);
        self.begin = self.begin.filter(|token| token.index() < vocab);
        let Some(OptionValue::Ids(ids)) = self.settings.get("eos_token_id").map(|setting| setting.value.clone()) else {
            return;
        };
        let (known, unknown): (Vec<u32>, Vec<u32>) = ids.into_iter().partition(|&id| (id as usize) < vocab);
        if !unknown.is_empty() {
            self.warnings
                .push(format!("the model's end tokens {unknown:?} are beyond its vocabulary of {vocab}; passed over"));
            self.settings.put("eos_token_id", OptionValue::Ids(known), Origin::Model);
        }
    }

    fn take(&mut self, fields: &Map<String, Value>) {
        for (name, value) in fields {
            if name == "eos_token_id" {
                continue; // read with config.json's
            }
            let known = options().find(|option| option.name == name && !NOT_A_MODELS.contains(&option.name));
            if let Some(option) = known {
                match option.read(value) {
                    Ok(Some(value)) => self.settings.put(option.name, value, Origin::Model),
                    Ok(None) => {}
                    Err(error) => self.warnings.push(format!("generation_config.json: {error}; passed over")),
                }
            } else if !foreign(name).is_some_and(Foreign::is_harmless) && !is_neutral(value) {
                self.warnings.push(format!("generation_config.json sets {name} to {value}, which has no effect here"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(generation: Option<&str>, config: &str) -> Defaults {
        Defaults::read(generation.map(str::as_bytes), config.as_bytes())
    }

    #[test]
    fn generation_config_wins_over_config_for_begin_and_end() {
        let both =
            read(Some(r#"{"eos_token_id": [1, 2], "bos_token_id": 7}"#), r#"{"eos_token_id": 5, "bos_token_id": 6}"#);
        assert_eq!(both.settings.get("eos_token_id").unwrap().value, OptionValue::Ids(vec![1, 2]));
        assert_eq!(both.begin, Some(TokenId(7)));
        let one = read(Some("{}"), r#"{"eos_token_id": 5, "bos_token_id": null}"#);
        assert_eq!(one.settings.get("eos_token_id").unwrap().value, OptionValue::Ids(vec![5]));
        assert_eq!(one.begin, None);
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

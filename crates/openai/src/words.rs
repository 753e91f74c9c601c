//! OpenAI's words for decoding, as beamline's options.

use crate::error::FieldError;
use beamline::{Engine, Options, SearchMethod};
use serde_json::{Map, Value, json};

/// Fields of OpenAI's that say how to decode.
#[derive(Debug, Default)]
pub struct OpenAi {
    /// Choices for each prompt.
    pub n: Option<usize>,
    /// The most new tokens.
    pub max_tokens: Option<usize>,
    /// Where texts end, themselves left out.
    pub stop: Option<Vec<String>>,
    /// What to add to the scores of tokens, by their ids.
    pub logit_bias: Option<Map<String, Value>>,
    /// A schema that the answer follows.
    pub schema: Option<Value>,
    /// vLLM's: `n` beams.
    pub use_beam_search: bool,
    /// vLLM's: go on beyond end tokens.
    pub ignore_eos: bool,
    /// vLLM's: tokens that end a text, besides the model's.
    pub stop_token_ids: Option<Vec<u32>>,
}

/// How to decode, as beamline says it.
#[derive(Clone, Debug)]
pub struct Decoding {
    /// The options.
    pub options: Options,
    /// How many times each answer is given: a search without chance has one, and `n` asks for more.
    pub copies: usize,
}

impl OpenAi {
    /// The options that are asked for. What OpenAI leaves open is as there: tokens are drawn at temperature 1 from the whole
    /// vocabulary, unless a search of another kind is asked for, or the model's own defaults say otherwise; and texts are cut
    /// before a stop string. `max_tokens` is how many new tokens are made where nobody says.
    ///
    /// # Errors
    /// When a value is out of its range, or two fields say the same.
    pub fn decoding(
        self,
        mut fields: Map<String, Value>,
        engine: &Engine,
        max_tokens: usize,
    ) -> Result<Decoding, FieldError> {
        let n = self.n.unwrap_or(1);
        if n == 0 {
            return Err(FieldError::new("n", "n is 0; it must be 1 or more"));
        }
        self.rename(&mut fields, engine, n)?;
        let mut options = Options::new();
        options.config(&Value::Object(fields))?;
        draw_by_default(&mut options, engine)?;
        if options.get("max_new_tokens").is_none() && options.get("max_length").is_none() {
            options.config(&json!({"max_new_tokens": max_tokens.max(1)}))?;
        }
        let alone = n > 1 && options.get("num_return_sequences").is_none() && one_answer(&options);
        if n > 1 && !alone {
            if options.get("num_return_sequences").is_some() {
                return Err(FieldError::new("n", "n and num_return_sequences are the same; give one of them"));
            }
            options.config(&json!({"num_return_sequences": n}))?;
        }
        Ok(Decoding { options, copies: if alone { n } else { 1 } })
    }

    /// Puts OpenAI's fields among the options, under the options' names.
    fn rename(self, fields: &mut Map<String, Value>, engine: &Engine, n: usize) -> Result<(), FieldError> {
        if fields.get("temperature").and_then(Value::as_f64) == Some(0.0) {
            // OpenAI's way to say greedy. What truncates has no say then: the most probable token always stays.
            for name in ["temperature", "top_p", "top_k", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"] {
                fields.remove(name);
            }
            fields.entry("do_sample").or_insert(Value::Bool(false));
        }
        let beams = self.use_beam_search.then(|| fields.remove("best_of")).flatten();
        let mut once = |own: &str, option: &str, value: Value| match fields.insert(option.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(FieldError::new(own, format!("{own} and {option} are the same; give one of them"))),
        };
        if let Some(tokens) = self.max_tokens {
            once("max_tokens", "max_new_tokens", tokens.into())?;
        }
        if let Some(stop) = self.stop.filter(|stop| !stop.is_empty()) {
            once("stop", "stop_strings", stop.into())?;
        }
        if let Some(schema) = self.schema {
            once("response_format", "json_schema", schema)?;
        }
        if let Some(bias) = self.logit_bias.filter(|bias| !bias.is_empty()) {
            once("logit_bias", "sequence_bias", sequence_bias(&bias)?)?;
        }
        if self.ignore_eos {
            once("ignore_eos", "eos_token_id", json!([]))?;
        }
        if let Some(ids) = self.stop_token_ids.filter(|ids| !ids.is_empty()) {
            let own = engine.defaults().get("eos_token_id").and_then(|setting| setting.value.ids());
            let all: Vec<u32> = own.unwrap_or_default().iter().copied().chain(ids).collect();
            once("stop_token_ids", "eos_token_id", json!(all))?;
        }
        if self.use_beam_search {
            let width = n.max(beams.and_then(|width| width.as_u64()).unwrap_or(0) as usize);
            once("use_beam_search", "num_beams", width.into())?;
        }
        if fields.get("best_of").and_then(Value::as_u64) == Some(n as u64) {
            // As many as are returned: drawing n does the same, and can be streamed.
            fields.remove("best_of");
        }
        if fields.contains_key("stop_strings") {
            fields.entry("include_stop_str_in_output").or_insert(Value::Bool(false));
        } else {
            fields.remove("include_stop_str_in_output"); // there is nothing to include
        }
        Ok(())
    }
}

/// Whether a search comes to one sequence, however many are asked for.
fn one_answer(options: &Options) -> bool {
    matches!(SearchMethod::of(options), SearchMethod::Greedy | SearchMethod::ContrastiveSearch)
}

/// Draws tokens where nothing else is asked for, from the whole vocabulary where nobody says otherwise.
fn draw_by_default(options: &mut Options, engine: &Engine) -> Result<(), FieldError> {
    let preset = options.get("preset").is_some();
    if options.get("do_sample").is_none() && !preset && SearchMethod::of(options) == SearchMethod::Greedy {
        options.config(&json!({"do_sample": true}))?;
    }
    let open = |name: &str| options.get(name).is_none() && engine.defaults().get(name).is_none();
    if !preset && open("top_k") && options.get("penalty_alpha").is_none() {
        options.config(&json!({"top_k": 0}))?;
    }
    Ok(())
}

/// OpenAI's bias on tokens, as a bias on sequences of one.
fn sequence_bias(bias: &Map<String, Value>) -> Result<Value, FieldError> {
    let pair = |(id, value): (&String, &Value)| {
        let token: u32 = id.parse().map_err(|_| {
            FieldError::new(
                "logit_bias",
                format!("logit_bias has the key {id:?}; keys must be token ids, such as \"50256\""),
            )
        })?;
        let value = value.as_f64().filter(|value| value.abs() <= 100.0).ok_or_else(|| {
            FieldError::new(
                "logit_bias",
                format!("logit_bias of token {id} is {value}; it must be a number in [-100, 100]"),
            )
        })?;
        Ok(json!([[token], value]))
    };
    Ok(Value::Array(bias.iter().map(pair).collect::<Result<_, FieldError>>()?))
}

/// What OpenAI calls the end of a text: `stop` or `length`; none while it goes on.
pub fn finish_reason(reason: Option<&str>) -> Option<&'static str> {
    match reason? {
        "eos" | "stop" | "rule" => Some("stop"),
        _ => Some("length"),
    }
}

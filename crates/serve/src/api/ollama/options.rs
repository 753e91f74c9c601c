//! Ollama's words for decoding, as beamline's options.

use crate::error::ApiError;
use crate::limits::Limits;
use crate::request::{Decoding, OneOrMany, OpenAi, within_limits};
use beamline::{Engine, Options, nearest, nearest_option, options};
use serde_json::{Map, Value, json};

/// Options that say where and how fast a model runs, not what it says.
const MACHINE: &[&str] = &[
    "numa",
    "num_batch",
    "num_gpu",
    "main_gpu",
    "low_vram",
    "f16_kv",
    "use_mmap",
    "use_mlock",
    "num_thread",
    "num_keep",
    "logits_all",
];

/// Options of Ollama's own.
const OWN: &[&str] = &["num_predict", "num_ctx", "repeat_penalty", "stop", "tfs_z", "penalize_newline"];

/// What Ollama draws with where nobody says otherwise.
const DEFAULTS: [(&str, f64); 3] = [("temperature", 0.8), ("top_k", 40.0), ("top_p", 0.9)];

/// How many of the last tokens a penalty sees in Ollama where nobody says otherwise.
const LAST: u64 = 64;

/// The options that are asked for.
///
/// # Errors
/// When one is unknown, has a value that cannot be, or is beyond a limit.
pub(super) fn decoding(
    given: Option<Map<String, Value>>,
    format: Option<Value>,
    engine: &Engine,
    limits: &Limits,
) -> Result<Options, ApiError> {
    let context = engine.model().geometry().context;
    let (mut fields, mut asked) = (Map::new(), OpenAi { schema: schema(format)?, ..OpenAi::default() });
    for (name, value) in given.unwrap_or_default() {
        let refused = |why: String| Err(ApiError::field(&name, format!("options.{name} is {value}; {why}")));
        match (name.as_str(), &value) {
            (_, Value::Null) => {}
            (name, _) if MACHINE.contains(&name) => {}
            ("num_predict", Value::Number(n)) if matches!(n.as_i64(), Some(-1 | -2)) => {}
            ("num_predict", value) => match value.as_u64().filter(|&n| n > 0) {
                Some(n) => asked.max_tokens = Some(n as usize),
                None => return refused("it must be 1 or more, or -1 for as many as there is room for".to_owned()),
            },
            ("num_ctx", value) => match value.as_u64() {
                Some(n) if (1..=context as u64).contains(&n) => {}
                _ => return refused(format!("it must be in 1..={context}, the model's context")),
            },
            ("seed", Value::Number(n)) if n.as_i64().is_some_and(|n| n < 0) => {}
            ("stop", value) => match serde_json::from_value::<OneOrMany<String>>(value.clone()) {
                Ok(stop) => asked.stop = Some(stop.all()),
                Err(_) => return refused("it must be a text, or a list of texts".to_owned()),
            },
            ("tfs_z", value) if value.as_f64() == Some(1.0) => {}
            ("tfs_z", _) => return refused("tail-free sampling is not supported; leave it out".to_owned()),
            ("penalize_newline", Value::Bool(true)) => {}
            ("penalize_newline", _) => return refused("only true is supported; leave it out".to_owned()),
            ("repeat_penalty", _) => {
                fields.insert("repetition_penalty".to_owned(), value);
            }
            (name, _) if options().any(|option| option.name == name) => {
                fields.insert(name.to_owned(), value);
            }
            _ => return Err(unknown(&name)),
        }
    }
    tidy(&mut fields, engine);
    let Decoding { options, .. } = within_limits(asked, fields, engine, limits, context)?;
    let several = |setting: &beamline::Setting| setting.value.count().is_some_and(|n| n > 1);
    if options.get("num_return_sequences").is_some_and(several) {
        let why = "num_return_sequences is more than 1; this API has one answer: ask /v1/completions for several";
        return Err(ApiError::field("num_return_sequences", why));
    }
    Ok(options)
}

/// Fills in what Ollama has by default, and leaves out what has no effect there.
fn tidy(fields: &mut Map<String, Value>, engine: &Engine) {
    if fields.get("repetition_penalty").is_some_and(|penalty| penalty.as_f64() != Some(1.0)) {
        fields.entry("repeat_last_n").or_insert(LAST.into());
    } else {
        fields.remove("repeat_last_n");
    }
    let number = |fields: &Map<String, Value>, name: &str| fields.get(name).and_then(Value::as_f64);
    if number(fields, "mirostat").is_none_or(|kind| kind == 0.0) {
        for name in ["mirostat", "mirostat_tau", "mirostat_eta"] {
            fields.remove(name);
        }
    }
    let other_search = ["do_sample", "num_beams", "penalty_alpha", "preset", "exact_search", "mirostat"];
    if !other_search.iter().any(|name| fields.contains_key(*name)) {
        for (name, value) in DEFAULTS {
            if engine.defaults().get(name).is_none() {
                // A count where it is one: 40, not 40.0.
                let value = if value.fract() == 0.0 { json!(value as u64) } else { json!(value) };
                fields.entry(name).or_insert(value);
            }
        }
    }
}

/// The schema of a form.
fn schema(format: Option<Value>) -> Result<Option<Value>, ApiError> {
    match format {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(word)) if word.is_empty() => Ok(None),
        Some(Value::String(word)) if word == "json" => Ok(Some(json!({"type": "object"}))),
        Some(schema @ Value::Object(_)) => Ok(Some(schema)),
        Some(_) => Err(ApiError::field("format", "format must be \"json\", or an object: a JSON schema")),
    }
}

fn unknown(name: &str) -> ApiError {
    let known = OWN.iter().chain(MACHINE).copied();
    let remedy = match nearest(name, known).or_else(|| nearest_option(name)) {
        Some(near) => format!("did you mean {near}?"),
        None => "leave it out".to_owned(),
    };
    let name: String = name.chars().take(100).collect();
    ApiError::field("options", format!("there is no option {name:?}; {remedy}"))
}

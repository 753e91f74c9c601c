//! OpenAI's batch files: a request a line in, an answer a line out.
//!
//! An answer holds nothing that differs from run to run: where OpenAI's has a time it has 0, and names of answers are made of the
//! request's own.

use crate::read::Fields;
use crate::row::{Ask, Completed, Row, RowError};
use crate::settings::Settings;
use beamline::{ChatTemplate, Date, Engine, Fault, Sequence};
use beamline_openai::{
    FieldError, HARMLESS, OneOrMany, OpenAi, Prompts, ResponseFormat, finish_reason, fit, option, read_texts,
};
use serde_json::{Map, Value, json};

/// Tokens of a completion where nobody says how many, as OpenAI has it.
const MAX_TOKENS: usize = 16;

/// The two routes that a request may be for.
const COMPLETIONS: &str = "/v1/completions";
const CHAT: &str = "/v1/chat/completions";

/// The engine, what holds for all rows, and the day that templates may write.
type With<'a> = (&'a Engine, &'a Settings, Option<Date>);

/// What is kept of a request for its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    custom_id: Option<String>,
    chat: bool,
    copies: usize,
}

impl Form {
    /// Of a request that cannot be answered.
    pub(crate) fn named(custom_id: Option<String>) -> Self {
        Self { custom_id, ..Self::default() }
    }
}

/// The request's name, by which its row draws.
pub(crate) fn key(fields: &Fields) -> Result<String, RowError> {
    match fields.get("custom_id") {
        Some(Value::String(id)) => Ok(id.clone()),
        _ => Err(RowError::usage("custom_id must be a text: the request's own name, by which its answer is found")),
    }
}

/// A request as a row.
pub(crate) fn row(with: With<'_>, number: u64, fields: &Fields) -> Result<(Row, Form), (Form, RowError)> {
    let mut form = Form { copies: 1, ..Form::default() };
    let wrong = |form: &Form, error: RowError| (form.clone(), error);
    let custom_id = key(fields).map_err(|error| wrong(&form, error))?;
    form.custom_id = Some(custom_id.clone());
    let known = ["custom_id", "method", "url", "body"];
    if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        let error = format!("there is no field {name:?}; a request has custom_id, method, url and body");
        return Err(wrong(&form, RowError::usage(error)));
    }
    if fields.get("method").is_some_and(|method| method != "POST") {
        return Err(wrong(&form, RowError::usage("method must be \"POST\"")));
    }
    form.chat = match fields.get("url").and_then(Value::as_str) {
        Some(CHAT) => true,
        Some(COMPLETIONS) => false,
        _ => {
            let error = format!("url must be {CHAT:?} or {COMPLETIONS:?}");
            return Err(wrong(&form, RowError::usage(error)));
        }
    };
    let Some(Value::Object(body)) = fields.get("body") else {
        return Err(wrong(&form, RowError::usage("body must be an object with the fields of the request")));
    };
    match asked(with, form.chat, body) {
        Ok((ask, options, copies)) => {
            form.copies = copies;
            Ok((Row { number, key: Some(custom_id), ask, options }, form))
        }
        Err(error) => Err(wrong(&form, RowError::usage(error.message))),
    }
}

/// What a body asks, with its options under beamline's names, and how many times the answer is given.
fn asked(
    with: With<'_>,
    chat: bool,
    body: &Map<String, Value>,
) -> Result<(Ask, Map<String, Value>, usize), FieldError> {
    let mut body: Map<String, Value> =
        body.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect();
    body.remove("model"); // there is one
    refuse(&mut body, chat)?;
    let words = words(&mut body, chat)?;
    let ask = if chat { conversation(with, &mut body)? } else { prompt(&mut body)? };
    let mut decoding = Map::new();
    for (name, value) in body {
        match option(&name) {
            Some(option) => {
                if decoding.insert(option.to_owned(), value).is_some() {
                    return Err(FieldError::new(&name, format!("{name} and {option} are the same; give one of them")));
                }
            }
            None if HARMLESS.iter().any(|(harmless, _)| *harmless == name) => {}
            None => {
                let near = beamline::nearest_option(&name)
                    .map_or("leave it out".to_owned(), |near| format!("did you mean {near}?"));
                return Err(FieldError::new(&name, format!("there is no field {name:?}; {near}")));
            }
        }
    }
    let (engine, ..) = with;
    let most = if chat { engine.model().geometry().context } else { MAX_TOKENS };
    let decoding = words.decoding(decoding, engine, most)?;
    let options = decoding.options.iter().map(|(name, setting)| (name.to_owned(), setting.value.json())).collect();
    Ok((ask, options, decoding.copies))
}

/// Refuses what an answer in a file does not have.
fn refuse(body: &mut Map<String, Value>, chat: bool) -> Result<(), FieldError> {
    let off =
        |value: &Value| matches!(value, Value::Bool(false)) || matches!(value, Value::String(text) if text.is_empty());
    let wrong = |name: &str, why: &str| Err(FieldError::new(name, format!("{name}: {why}; leave it out")));
    for (name, why) in [
        ("stream", "a file has whole answers"),
        ("stream_options", "a file has whole answers"),
        ("suffix", "models here continue a text"),
        ("echo", "answers in files do not repeat the prompt"),
        ("tools", "answers in files are texts"),
        ("tool_choice", "answers in files are texts"),
        ("parallel_tool_calls", "answers in files are texts"),
        ("prompt_logprobs", "answers in files have no log-probabilities; a row of JSONL has their sum"),
        ("top_logprobs", "answers in files have no log-probabilities; a row of JSONL has their sum"),
        ("logprobs", "answers in files have no log-probabilities; a row of JSONL has their sum"),
    ] {
        let nothing = |value: &Value| {
            off(value) || (name == "tool_choice" && value == "none") || (name == "top_logprobs" && chat && *value == 0)
        };
        match body.remove(name) {
            Some(value) if !nothing(&value) => return wrong(name, why),
            _ => {}
        }
    }
    Ok(())
}

/// A field's value, of its type.
fn take<T: serde::de::DeserializeOwned>(body: &mut Map<String, Value>, name: &str) -> Result<Option<T>, FieldError> {
    let Some(value) = body.remove(name) else { return Ok(None) };
    serde_json::from_value(value).map(Some).map_err(|error| FieldError::new(name, format!("{name}: {error}")))
}

fn words(body: &mut Map<String, Value>, chat: bool) -> Result<OpenAi, FieldError> {
    let max_tokens = match (take(body, "max_tokens")?, if chat { take(body, "max_completion_tokens")? } else { None }) {
        (Some(_), Some(_)) => {
            let why = "max_tokens and max_completion_tokens are the same; give one of them";
            return Err(FieldError::new("max_tokens", why));
        }
        (one, other) => one.or(other),
    };
    let schema: Option<ResponseFormat> = if chat { take(body, "response_format")? } else { None };
    Ok(OpenAi {
        n: take(body, "n")?,
        max_tokens,
        stop: take::<OneOrMany<String>>(body, "stop")?.map(OneOrMany::all),
        logit_bias: take(body, "logit_bias")?,
        schema: schema.and_then(ResponseFormat::schema),
        use_beam_search: take(body, "use_beam_search")? == Some(true),
        ignore_eos: take(body, "ignore_eos")? == Some(true),
        stop_token_ids: take(body, "stop_token_ids")?,
    })
}

fn prompt(body: &mut Map<String, Value>) -> Result<Ask, FieldError> {
    let missing = || FieldError::new("prompt", "prompt is missing: a text, or a list of token ids");
    let mut all = take::<Prompts>(body, "prompt")?.ok_or_else(missing)?.all();
    match (all.pop(), all.is_empty()) {
        (Some(prompt), true) => Ok(Ask::Prompt(prompt)),
        _ => Err(FieldError::new("prompt", "a request of a file has one prompt; give each a request of its own")),
    }
}

fn conversation((engine, settings, date): With<'_>, body: &mut Map<String, Value>) -> Result<Ask, FieldError> {
    let messages = body.remove("messages").unwrap_or_default();
    let mut conversation = read_texts(&messages)?;
    conversation.date = date;
    conversation.documents = take(body, "documents")?;
    conversation.variables = take(body, "chat_template_kwargs")?.unwrap_or_default();
    conversation.add_generation_prompt = take(body, "add_generation_prompt")?.unwrap_or(true);
    let own: ChatTemplate;
    let template = if let Some(template) = &settings.template {
        template
    } else {
        own = engine.chat_templates().fitting(&conversation)?;
        &own
    };
    fit(&mut conversation, template)?;
    Ok(Ask::Conversation(conversation))
}

/// The line of an answer.
pub(crate) fn answer(model: &str, form: &Form, row: &Completed) -> Vec<u8> {
    let custom_id = form.custom_id.as_deref();
    let name = custom_id.map_or_else(|| format!("row-{}", row.number), str::to_owned);
    let (status, body) = match &row.outcome {
        Ok(sequences) => (200, completion(model, form, &name, row.prompt_tokens, sequences)),
        Err(error) => {
            let status = if error.fault == Fault::Usage { 400 } else { 422 };
            let message = error.message.split_whitespace().collect::<Vec<_>>().join(" ");
            let kind = "invalid_request_error";
            (status, json!({"error": {"message": message, "type": kind, "param": null, "code": status}}))
        }
    };
    let line = json!({
        "id": format!("batch_req_{name}"),
        "custom_id": custom_id,
        "response": {"status_code": status, "request_id": format!("req_{name}"), "body": body},
        "error": null,
    });
    (line.to_string() + "\n").into_bytes()
}

/// The answer, as the route gives it.
fn completion(model: &str, form: &Form, name: &str, prompt_tokens: usize, sequences: &[Sequence]) -> Value {
    let copies = form.copies.max(1);
    let all = (0..copies).flat_map(|_| sequences);
    let choice = |(index, sequence): (usize, &Sequence)| {
        let (finish, stop) = (finish_reason(sequence.finish_reason), &sequence.stop_string);
        if form.chat {
            let message = json!({"role": "assistant", "content": sequence.text, "refusal": null});
            return json!({"index": index, "message": message, "logprobs": null, "finish_reason": finish, "stop_reason": stop});
        }
        json!({"index": index, "text": sequence.text, "logprobs": null, "finish_reason": finish, "stop_reason": stop})
    };
    let choices: Vec<Value> = all.enumerate().map(choice).collect();
    let new = sequences.iter().map(|sequence| sequence.token_ids.len()).sum::<usize>() * copies;
    json!({
        "id": format!("{}-{name}", if form.chat { "chatcmpl" } else { "cmpl" }),
        "object": if form.chat { "chat.completion" } else { "text_completion" },
        "created": 0,
        "model": model,
        "system_fingerprint": concat!("beamline-", env!("CARGO_PKG_VERSION")),
        "choices": choices,
        "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": new, "total_tokens": prompt_tokens + new},
    })
}

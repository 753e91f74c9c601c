//! `POST /api/generate`: a prompt continued, or answered where the model has a chat template.

use super::answer::{Failed, Form, Kind, answered};
use super::options::decoding;
use crate::api::body::{Body, telling};
use crate::api::conversation::{Talk, rendered};
use crate::api::openai::models;
use crate::error::ApiError;
use crate::request::read_plain;
use crate::state::State as Server;
use axum::extract::State;
use axum::response::Response;
use beamline::{Engine, Options, Prompt};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Instant;
use utoipa::ToSchema;

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OllamaGenerate {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// What to continue or answer; nothing asks whether the model is there.
    prompt: Option<String>,
    /// Refused: models here have no text after the place.
    suffix: Option<String>,
    /// What the model is told first, by its chat template.
    system: Option<String>,
    /// Refused: the model's own template is taken.
    template: Option<String>,
    /// Refused: give the text so far as the prompt.
    context: Option<Vec<u32>>,
    /// Whether the prompt is continued as it is, without a template.
    raw: Option<bool>,
    /// Refused: models here read text alone.
    #[schema(value_type = Option<Vec<String>>)]
    images: Option<Vec<Value>>,
    /// Only false.
    #[schema(value_type = Option<bool>)]
    think: Option<Value>,
    /// `json`, or a JSON schema that the answer follows.
    format: Option<Value>,
    /// How to decode, in Ollama's words or beamline's.
    #[schema(value_type = Option<Object>)]
    options: Option<Map<String, Value>>,
    /// Whether text comes as it is made; true where nobody says.
    stream: Option<bool>,
    /// Without effect: the model stays.
    #[expect(dead_code, reason = "it is taken, and changes nothing")]
    keep_alive: Option<Value>,
    /// Whether tokens come with their log-probabilities.
    logprobs: Option<bool>,
    /// How many of the best tokens to list at each place.
    top_logprobs: Option<usize>,
}

/// The model by the name that Ollama's clients give it, with a tag or without.
pub(super) fn model(server: &Server, engine: &Engine, asked: Option<&str>) -> Result<String, ApiError> {
    models::check(server, engine, asked.map(|name| name.strip_suffix(":latest").unwrap_or(name)))
}

/// Refuses what models here cannot do.
pub(super) fn check(
    think: Option<&Value>,
    logprobs: Option<bool>,
    top_logprobs: Option<usize>,
) -> Result<(), ApiError> {
    if !matches!(think, None | Some(Value::Null | Value::Bool(false))) {
        return Err(ApiError::field("think", "think is not supported; leave it out, or give false"));
    }
    if top_logprobs.is_some_and(|top| top > 0) && logprobs != Some(true) {
        return Err(ApiError::field("top_logprobs", "top_logprobs needs logprobs: true"));
    }
    Ok(())
}

impl OllamaGenerate {
    /// Refuses what models here cannot do.
    fn check(&self) -> Result<(), ApiError> {
        check(self.think.as_ref(), self.logprobs, self.top_logprobs)?;
        let given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
        let refused = [
            ("suffix", given(&self.suffix), "models here continue a text; leave it out"),
            (
                "template",
                given(&self.template),
                "the model's own is taken; leave it out, or write the prompt and give raw: true",
            ),
            ("context", self.context.as_ref().is_some_and(|ids| !ids.is_empty()), "give the text so far as the prompt"),
            ("images", self.images.as_ref().is_some_and(|list| !list.is_empty()), "models here read text alone"),
            ("system", given(&self.system) && self.raw == Some(true), "with raw: true the prompt is taken as it is"),
        ];
        match refused.into_iter().find(|(_, is_given, _)| *is_given) {
            Some((name, _, why)) => Err(ApiError::field(name, format!("{name} is not supported: {why}"))),
            None => Ok(()),
        }
    }
}

/// The route.
pub(crate) async fn complete(
    State(server): State<Arc<Server>>,
    body: Result<Body, ApiError>,
) -> Result<Response, Failed> {
    let Body(fields) = body?;
    let (own, ignored) = read_plain::<OllamaGenerate>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    let model = model(&server, &engine, own.model.as_deref())?;
    own.check()?;
    let options = decoding(own.options, own.format, &engine, server.limits())?;
    let logprobs = own.logprobs == Some(true);
    let form = Form { model, engine, begun: Instant::now(), logprobs, kind: Kind::Generate };
    let prompt = own.prompt.unwrap_or_default();
    if prompt.is_empty() {
        return Ok(form.nothing());
    }
    let wanted = if own.raw == Some(true) {
        (Prompt::Text(prompt), options)
    } else {
        by_template(&server, &form.engine, own.system, prompt, options).await?
    };
    let response = answered(&server, form, wanted, own.top_logprobs.unwrap_or(0), own.stream != Some(false)).await?;
    Ok(telling(response, &ignored))
}

/// The prompt as the model reads it: by its chat template where it has one.
async fn by_template(
    server: &Arc<Server>,
    engine: &Engine,
    system: Option<String>,
    prompt: String,
    options: Options,
) -> Result<(Prompt, Options), ApiError> {
    let system = system.filter(|system| !system.is_empty());
    let has_template = server.settings.chat_template.is_some() || engine.chat_templates().names().next().is_some();
    if !has_template && system.is_none() {
        return Ok((Prompt::Text(prompt), options));
    }
    let system = system.map(|system| json!({"role": "system", "content": system}));
    let messages = system.into_iter().chain([json!({"role": "user", "content": prompt})]).collect();
    let rendered = rendered(server, Talk::of(Value::Array(messages)), options).await?;
    Ok((Prompt::Ids(rendered.token_ids), rendered.options))
}

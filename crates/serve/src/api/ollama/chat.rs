//! `POST /api/chat`: conversations answered, by the model's own chat template.

use super::answer::{Failed, Form, Kind, answered};
use super::generate::{check, model};
use super::options::decoding;
use crate::api::body::{Body, telling};
use crate::api::conversation::{Talk, rendered};
use crate::error::ApiError;
use crate::request::read_plain;
use crate::state::State as Server;
use axum::extract::State;
use axum::response::Response;
use beamline::Prompt;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Instant;
use utoipa::ToSchema;

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OllamaChat {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// What was said, the oldest first; nothing asks whether the model is there.
    #[schema(value_type = Option<Vec<Object>>)]
    messages: Option<Vec<Value>>,
    /// Functions that the model may call, for templates that know them.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
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

/// The route.
pub(crate) async fn complete(
    State(server): State<Arc<Server>>,
    body: Result<Body, ApiError>,
) -> Result<Response, Failed> {
    let Body(fields) = body?;
    let (own, ignored) = read_plain::<OllamaChat>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    let model = model(&server, &engine, own.model.as_deref())?;
    check(own.think.as_ref(), own.logprobs, own.top_logprobs)?;
    let options = decoding(own.options, own.format, &engine, server.limits())?;
    let logprobs = own.logprobs == Some(true);
    let form = |kind| Form { model, engine, begun: Instant::now(), logprobs, kind };
    let messages = own.messages.unwrap_or_default();
    if messages.is_empty() {
        return Ok(form(Kind::Chat(None)).nothing());
    }
    let shown = |message: &Value| message["images"].as_array().is_some_and(|images| !images.is_empty());
    if messages.iter().any(shown) {
        return Err(ApiError::field("messages", "a message has images; models here read text alone").into());
    }
    let talk = Talk { tools: own.tools, ..Talk::of(Value::Array(messages)) };
    let prompt = rendered(&server, talk, options).await?;
    let (form, wanted) = (form(Kind::Chat(prompt.calls)), (Prompt::Ids(prompt.token_ids), prompt.options));
    let response = answered(&server, form, wanted, own.top_logprobs.unwrap_or(0), own.stream != Some(false)).await?;
    Ok(telling(response, &ignored))
}

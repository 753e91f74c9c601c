//! What there is and how it decodes, and conversations as their prompts: llama.cpp's `/props` and `/apply-template`.

use super::body::{Body, telling};
use super::conversation::{Talk, rendered};
use super::openai::completions::MAX_TOKENS;
use super::openai::models::{self, Card};
use super::tokenize::TokenizerInfo;
use crate::error::ApiError;
use crate::limits::Limits;
use crate::request::{OpenAi, read_plain, within_limits};
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline::Options;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// What there is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Props {
    model: Card,
    /// `beamline-` and the version.
    build_info: &'static str,
    /// What a request decodes with that says nothing.
    default_generation_settings: Defaults,
    /// The same for beamline's own routes, which have transformers' defaults where the model says nothing.
    #[schema(value_type = Object)]
    own_settings: Value,
    /// Prompts that are continued together.
    total_slots: usize,
    chat_template: Option<String>,
    bos_token: Option<String>,
    eos_token: Option<String>,
    capabilities: Capabilities,
    limits: Bounds,
}

/// What a request decodes with.
#[derive(Debug, Serialize, ToSchema)]
struct Defaults {
    /// Tokens of the context.
    n_ctx: usize,
    /// Every option with its value, for `/v1/completions`.
    #[schema(value_type = Object)]
    params: Value,
}

/// What the model can do.
#[derive(Debug, Serialize, ToSchema)]
struct Capabilities {
    /// It has a chat template.
    chat: bool,
    /// Answers can be held to a grammar.
    grammar: bool,
    /// Prompts come with their log-probabilities.
    prompt_logprobs: bool,
}

/// How large a request may be.
#[derive(Debug, Serialize, ToSchema)]
struct Bounds {
    body: usize,
    prompts: usize,
    sequences: usize,
    stops: usize,
    stop_bytes: usize,
    grammar_bytes: usize,
    logprobs: usize,
}

/// `GET /props`.
pub(crate) async fn props(State(server): State<Arc<Server>>) -> Result<Json<Props>, ApiError> {
    let engine = &server.model()?.engine;
    let name = models::names(&server, engine).remove(0);
    let limits = *server.limits();
    let decoding = within_limits(OpenAi::default(), Map::new(), engine, &limits, MAX_TOKENS)?;
    let params = engine.plan(&decoding.options)?.effective_config();
    let tokenizer = TokenizerInfo::of(&server, engine);
    let Limits { body, prompts, sequences, stops, stop_bytes, grammar_bytes, logprobs, .. } = limits;
    Ok(Json(Props {
        model: models::card(&server, engine, name),
        build_info: concat!("beamline-", env!("CARGO_PKG_VERSION")),
        own_settings: engine.plan(&Options::new())?.effective_config(),
        default_generation_settings: Defaults { n_ctx: engine.model().geometry().context, params },
        total_slots: server.settings.max_running,
        capabilities: Capabilities { chat: tokenizer.chat_template.is_some(), grammar: true, prompt_logprobs: true },
        chat_template: tokenizer.chat_template,
        bos_token: tokenizer.bos_token,
        eos_token: tokenizer.eos_token,
        limits: Bounds { body, prompts, sequences, stops, stop_bytes, grammar_bytes, logprobs },
    }))
}

/// A conversation to be written.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TemplateRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// What was said, the oldest first.
    #[schema(value_type = Vec<Object>)]
    messages: Value,
    /// Functions that the template may tell of.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    /// What else the template reads, by name.
    #[schema(value_type = Option<Object>)]
    chat_template_kwargs: Option<Map<String, Value>>,
    /// Whether the prompt ends with the beginning of an answer.
    add_generation_prompt: Option<bool>,
}

/// A conversation as the model reads it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateResponse {
    prompt: String,
}

/// `POST /apply-template`.
pub(crate) async fn apply(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let (own, ignored) = read_plain::<TemplateRequest>(fields, server.settings.lenient)?;
    models::check(&server, &server.model()?.engine, own.model.as_deref())?;
    let talk = Talk {
        messages: own.messages,
        tools: own.tools,
        tool_choice: None,
        documents: None,
        variables: own.chat_template_kwargs.unwrap_or_default(),
        add_generation_prompt: own.add_generation_prompt.unwrap_or(true),
    };
    let prompt = rendered(&server, talk, Options::new()).await?.text;
    Ok(telling(Json(TemplateResponse { prompt }).into_response(), &ignored))
}

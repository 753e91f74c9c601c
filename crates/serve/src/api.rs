//! Routes: each takes a request apart, has it done, and gives the answer its form.
//!
//! `route` is what a route is; of the list below the router is made, and `/openapi.json` (`document`). `generate` and `score` are what the routes
//! have done, whatever their forms. `openai` speaks OpenAI's API, `ollama` Ollama's, `native` is beamline's own; `tokenize` and
//! `props` tell of the model.

mod body;
mod conversation;
mod document;
mod generate;
pub(crate) mod lab;
mod native;
mod ollama;
mod openai;
mod probe;
mod props;
mod route;
mod score;
mod status;
mod tokenize;

pub use probe::probe_body;

use crate::error::ApiError;
use crate::settings::Settings;
use crate::state::State as Server;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use native::expand::ExpandRequest;
use native::generate::GenerateRequest;
use native::inspect::InspectRequest;
use native::logits::LogitsRequest;
use native::replay::{ReplayRequest, ReplayResponse};
use native::score::{ScoreRequest, ScoreResponse};
use native::tokens::{TokensRequest, TokensResponse};
use native::vocabulary::{OptionsAnswer, VocabularyAnswer};
use ollama::about::{Show, ShowRequest, Tags, Version};
use ollama::answer::{OllamaAnswer, OllamaError};
use ollama::chat::OllamaChat;
use ollama::generate::OllamaGenerate;
use openai::chat::{ChatChoice, ChatPiece, ChatRequest, ChatResponse};
use openai::completions::{CompletionRequest, CompletionResponse};
use openai::models::{Card, Models};
use openai::responses::{ResponsesAnswer, ResponsesEvent, ResponsesRequest};
use props::{Props, TemplateRequest, TemplateResponse};
use route::{EVENTS, LINES, Route, object, of, of_part};
use serde_json::Value;
use std::sync::Arc;
use tokenize::{DetokenizeRequest, DetokenizeResponse, TokenizeRequest, TokenizeResponse, TokenizerInfo};

/// All routes: what is not listed here is not there.
pub(crate) static ROUTES: &[Route] = &[
    Route::get("/health", || get(status::health), "How the server is: 200 when it answers, 503 when it does not")
        .gives(of::<status::HealthAnswer>),
    Route::get("/metrics", || get(status::metrics), "Counts for Prometheus"),
    Route::get("/openapi.json", || get(described), "This document").gives(of::<Described>),
    Route::get("/props", || get(props::props), "The model, what requests decode with, and their bounds")
        .gives(of::<Props>),
    Route::get("/tokenizer_info", || get(tokenize::info), "The tokenizer's special tokens, and the chat template")
        .gives(of::<TokenizerInfo>),
    Route::post(
        "/tokenize",
        || post(tokenize::tokenize),
        "A text's tokens, or a conversation's",
        of::<TokenizeRequest>,
    )
    .gives(of::<TokenizeResponse>),
    Route::post("/detokenize", || post(tokenize::detokenize), "The text of tokens", of::<DetokenizeRequest>)
        .gives(of::<DetokenizeResponse>),
    Route::post(
        "/apply-template",
        || post(props::apply),
        "A conversation as the model reads it",
        of::<TemplateRequest>,
    )
    .gives(of::<TemplateResponse>),
    Route::get("/v1/models", || get(openai::models::list), "The model that there is").gives(of::<Models>),
    Route::get("/v1/models/{*name}", || get(openai::models::one), "The model, by its name").gives(of::<Card>),
    Route::post(
        "/v1/completions",
        || post(openai::completions::complete),
        "Prompts continued, with the prompt's own log-probabilities where they are asked for",
        of::<CompletionRequest>,
    )
    .decoding()
    .gives(of::<CompletionResponse>)
    .streams(EVENTS, of::<CompletionResponse>),
    Route::post(
        "/v1/chat/completions",
        || post(openai::chat::complete),
        "Conversations answered, by the model's own chat template",
        of::<ChatRequest>,
    )
    .decoding()
    .gives(of_part::<ChatResponse<ChatChoice>, ChatChoice>)
    .streams(EVENTS, of_part::<ChatResponse<ChatPiece>, ChatPiece>),
    Route::post(
        "/v1/responses",
        || post(openai::responses::respond),
        "Text in and out; nothing is kept between requests",
        of::<ResponsesRequest>,
    )
    .decoding()
    .gives(of::<ResponsesAnswer>)
    .streams(EVENTS, of::<ResponsesEvent>),
    Route::post(
        "/v1/generate",
        || post(native::generate::generate),
        "Prompts continued, with every token's numbers, and if asked for with all that a search considers",
        of::<GenerateRequest>,
    )
    .decoding()
    .gives(object)
    .streams(EVENTS, object),
    Route::post(
        "/v1/score",
        || post(native::score::score),
        "Texts, or continuations of a prefix, with their log-probabilities",
        of::<ScoreRequest>,
    )
    .gives(of::<ScoreResponse>),
    Route::post(
        "/v1/inspect",
        || post(native::inspect::inspect),
        "What processors made of each step",
        of::<InspectRequest>,
    )
    .decoding()
    .gives(object),
    Route::post(
        "/v1/expand",
        || post(native::expand::expand),
        "A tree of the most probable continuations",
        of::<ExpandRequest>,
    )
    .decoding()
    .gives(object)
    .streams(EVENTS, object),
    Route::post(
        "/v1/logits",
        || post(native::logits::logits),
        "All logits of the token that follows a prompt, as f32, the lowest byte first",
        of::<LogitsRequest>,
    )
    .gives_bytes(),
    Route::post(
        "/v1/tokens",
        || post(native::tokens::tokens),
        "A text's tokens with their bytes and places, and what became of the text on the way",
        of::<TokensRequest>,
    )
    .gives(of::<TokensResponse>),
    Route::post(
        "/v1/replay",
        || post(native::replay::replay),
        "A bundle's generation run again, and compared token by token",
        of::<ReplayRequest>,
    )
    .gives(of::<ReplayResponse>),
    Route::get("/v1/vocabulary", || get(native::vocabulary::vocabulary), "What each token id stands for")
        .gives(of::<VocabularyAnswer>),
    Route::get("/v1/options", || get(native::vocabulary::all_options), "All decoding options")
        .gives(of::<OptionsAnswer>),
    Route::get("/", || get(ollama::about::here), "Whether anybody is there"),
    Route::get("/api/version", || get(ollama::about::version), "The version").gives(of::<Version>),
    Route::get("/api/tags", || get(ollama::about::tags), "Ollama: the model that there is")
        .gives(of::<Tags>)
        .fails(of::<OllamaError>),
    Route::get("/api/ps", || get(ollama::about::tags), "Ollama: the model that runs")
        .gives(of::<Tags>)
        .fails(of::<OllamaError>),
    Route::post("/api/show", || post(ollama::about::show), "Ollama: the model at length", of::<ShowRequest>)
        .gives(of::<Show>)
        .fails(of::<OllamaError>),
    Route::post(
        "/api/generate",
        || post(ollama::generate::complete),
        "Ollama: a prompt continued, or answered where there is a chat template",
        of::<OllamaGenerate>,
    )
    .gives(of::<OllamaAnswer>)
    .streams(LINES, of::<OllamaAnswer>)
    .fails(of::<OllamaError>),
    Route::post(
        "/api/chat",
        || post(ollama::chat::complete),
        "Ollama: conversations answered, by the model's own chat template",
        of::<OllamaChat>,
    )
    .gives(of::<OllamaAnswer>)
    .streams(LINES, of::<OllamaAnswer>)
    .fails(of::<OllamaError>),
];

/// A document of OpenAPI 3.1.
#[derive(utoipa::ToSchema)]
#[schema(value_type = Object)]
struct Described(#[allow(dead_code)] Value);

/// What a server answers with these settings, as an OpenAPI 3.1 document: the same as at `/openapi.json`.
///
/// ```
/// use beamline_serve::{Settings, openapi};
/// let document = openapi(&Settings::default());
/// assert!(document["paths"]["/v1/completions"]["post"].is_object());
/// ```
pub fn openapi(settings: &Settings) -> Value {
    document::document(ROUTES, settings)
}

/// `GET /openapi.json`.
async fn described(State(server): State<Arc<Server>>) -> Json<Value> {
    Json(openapi(&server.settings))
}

/// All routes, those of the lab where it is shown, and what is said where there is none.
pub(crate) fn routes(has_lab: bool) -> Router<Arc<Server>> {
    let first = if has_lab { lab::routes() } else { Router::new() };
    ROUTES
        .iter()
        .fold(first, |router, route| router.route(route.path, (route.answer)()))
        .fallback(|| async { ApiError::new(StatusCode::NOT_FOUND, "there is no such route; /openapi.json lists all") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "this route takes another method; /openapi.json lists all")
        })
}

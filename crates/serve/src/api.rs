//! Routes: each takes a request apart, has it done, and gives the answer its form.
//!
//! `generate` and `score` are what the routes have done, whatever their forms. `openai` speaks OpenAI's API, `native` is beamline's own.

mod body;
mod conversation;
mod generate;
mod native;
mod openai;
mod score;
mod status;

use crate::error::ApiError;
use crate::state::State;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use std::sync::Arc;

/// What they are called, for logs and counts.
pub(crate) const ROUTES: [&str; 10] = [
    "/health",
    "/metrics",
    "/v1/models",
    "/v1/models/{*name}",
    "/v1/completions",
    "/v1/chat/completions",
    "/v1/generate",
    "/v1/score",
    "/v1/inspect",
    "/v1/expand",
];

/// All routes.
pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/health", get(status::health))
        .route("/metrics", get(status::metrics))
        .route("/v1/models", get(openai::models::list))
        .route("/v1/models/{*name}", get(openai::models::one))
        .route("/v1/completions", post(openai::completions::complete))
        .route("/v1/chat/completions", post(openai::chat::complete))
        .route("/v1/generate", post(native::generate::generate))
        .route("/v1/score", post(native::score::score))
        .route("/v1/inspect", post(native::inspect::inspect))
        .route("/v1/expand", post(native::expand::expand))
        .fallback(|| async { ApiError::new(StatusCode::NOT_FOUND, "there is no such route; /openapi.json lists all") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "this route takes another method; /openapi.json lists all")
        })
}

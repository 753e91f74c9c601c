//! How the server is.

use crate::state::{Health, State as Server};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
    /// `ok`, `loading model`, `draining` or `broken`.
    status: &'static str,
}

/// `GET /health`: 200 when it answers, 503 with the reason when it does not.
pub(crate) async fn health(State(server): State<Arc<Server>>) -> Response {
    let (status, word) = match server.health() {
        Health::Ok => (StatusCode::OK, "ok"),
        Health::Loading => (StatusCode::SERVICE_UNAVAILABLE, "loading model"),
        Health::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        Health::Broken => (StatusCode::SERVICE_UNAVAILABLE, "broken"),
    };
    (status, Json(HealthAnswer { status: word })).into_response()
}

/// `GET /metrics`: counts for Prometheus.
pub(crate) async fn metrics(State(server): State<Arc<Server>>) -> Response {
    let kind = prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
    ([(header::CONTENT_TYPE, kind)], server.metrics.text()).into_response()
}

//! `POST /v1/replay`: a bundle's generation run again, and compared with what the bundle says came out.

use crate::api::body::{Body, telling};
use crate::api::generate::{self, Wanted};
use crate::error::ApiError;
use crate::request::read_plain;
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline_study::Bundle;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReplayRequest {
    /// A bundle, as `/v1/generate` gives it with `bundle: true` and `beamline report` writes it.
    #[schema(value_type = Object)]
    bundle: Value,
}

/// What a replay found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayResponse {
    /// Whether every token and every log-probability came out again, bit for bit.
    same: bool,
    /// Tokens compared.
    tokens: usize,
    /// The first difference, in words.
    difference: Option<String>,
}

/// The route.
pub(crate) async fn replay(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let (own, ignored) = read_plain::<ReplayRequest>(fields, server.settings.lenient)?;
    let bundle = Bundle::read(&own.bundle.to_string())?;
    let engine = Arc::clone(&server.model()?.engine);
    bundle.fits(&engine)?;
    let opened = &server.settings.opened;
    if (&bundle.converted, bundle.activations.as_str()) != (&opened.converted, opened.activations.name()) {
        let made =
            format!("{}, activations {}", bundle.converted.as_deref().unwrap_or("as stored"), bundle.activations);
        let here = format!(
            "{}, activations {}",
            opened.converted.as_deref().unwrap_or("as stored"),
            opened.activations.name()
        );
        let why = format!(
            "the bundle was made with weights {made}, and this server has them {here}; start it in the same way"
        );
        return Err(ApiError::field("bundle", why));
    }
    let wanted = Wanted { prompts: bundle.prompts(), options: bundle.options()?, top: 0, numbers: true };
    let prepared = generate::prepare(&server, wanted).await?;
    let answer = generate::whole(&server, prepared).await?;
    let verdict = bundle.verdict(&engine, &engine.completion(&answer.sessions));
    let answer = ReplayResponse { same: verdict.same, tokens: verdict.tokens, difference: verdict.difference };
    Ok(telling(Json(answer).into_response(), &ignored))
}

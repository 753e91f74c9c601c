//! What there is: `/api/tags`, `/api/ps`, `/api/show`, `/api/version`, and `/` for who asks whether anybody is there.

use super::answer::{Failed, moment};
use super::generate::model;
use crate::answer::Calls;
use crate::api::body::{Body, telling};
use crate::api::openai::models;
use crate::api::tokenize::TokenizerInfo;
use crate::error::ApiError;
use crate::request::read_plain;
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline::Engine;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// The models that there are: one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tags {
    models: Vec<Tag>,
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
struct Tag {
    name: String,
    model: String,
    modified_at: String,
    /// Bytes of its weights.
    size: usize,
    digest: &'static str,
    details: Details,
    /// Far away: the model stays.
    expires_at: &'static str,
    size_vram: usize,
    context_length: usize,
}

/// What it is.
#[derive(Debug, Serialize, ToSchema)]
struct Details {
    parent_model: &'static str,
    format: &'static str,
    family: String,
    families: Vec<String>,
    parameter_size: String,
    quantization_level: String,
}

/// The version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    version: &'static str,
}

/// Which model to tell of.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ShowRequest {
    model: Option<String>,
    /// The same, under its older name.
    name: Option<String>,
    /// Without effect.
    #[expect(dead_code, reason = "it is taken, and changes nothing")]
    verbose: Option<bool>,
}

/// A model, told of at length.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Show {
    modelfile: String,
    parameters: String,
    /// The chat template, in Jinja.
    template: String,
    details: Details,
    #[schema(value_type = Object)]
    model_info: Value,
    /// `completion`, and `tools` where the template knows functions.
    capabilities: Vec<&'static str>,
    modified_at: String,
}

fn details(engine: &Engine) -> Details {
    let info = engine.info();
    let parameter_size = match info.parameters {
        n if n >= 1_000_000_000 => format!("{:.1}B", n as f64 / 1e9),
        n => format!("{:.1}M", n as f64 / 1e6),
    };
    Details {
        parent_model: "",
        format: "beamline",
        families: vec![info.architecture.clone()],
        family: info.architecture,
        parameter_size,
        quantization_level: info.dtype.to_uppercase(),
    }
}

/// When the server was started.
fn since(server: &Server) -> String {
    moment(u128::from(server.started_at) * 1000)
}

/// `GET /api/tags` and `GET /api/ps`: the model is there, and runs.
pub(crate) async fn tags(State(server): State<Arc<Server>>) -> Result<Json<Tags>, Failed> {
    let engine = &server.model()?.engine;
    let name = models::names(&server, engine).remove(0);
    let tag = Tag {
        model: name.clone(),
        name,
        modified_at: since(&server),
        size: engine.description().weight_bytes,
        digest: "",
        details: details(engine),
        expires_at: "2999-12-31T00:00:00Z",
        size_vram: 0,
        context_length: engine.model().geometry().context,
    };
    Ok(Json(Tags { models: vec![tag] }))
}

/// `POST /api/show`.
pub(crate) async fn show(State(server): State<Arc<Server>>, body: Result<Body, ApiError>) -> Result<Response, Failed> {
    let Body(fields) = body?;
    let (own, ignored) = read_plain::<ShowRequest>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    model(&server, &engine, own.model.or(own.name).as_deref())?;
    let (info, geometry) = (engine.info(), engine.model().geometry());
    let template = TokenizerInfo::of(&server, &engine).chat_template.unwrap_or_default();
    let tools = Calls::of(&template).map(|_| "tools");
    let arch = &info.architecture;
    let show = Show {
        modelfile: format!("FROM {}\n", info.name),
        parameters: String::new(),
        details: details(&engine),
        model_info: json!({
            "general.architecture": arch,
            "general.parameter_count": info.parameters,
            format!("{arch}.context_length"): geometry.context,
            format!("{arch}.block_count"): geometry.layers,
            format!("{arch}.vocab_size"): geometry.vocab,
        }),
        capabilities: ["completion"].into_iter().chain(tools).collect(),
        modified_at: since(&server),
        template,
    };
    Ok(telling(Json(show).into_response(), &ignored))
}

/// `GET /api/version`.
pub(crate) async fn version() -> Json<Version> {
    Json(Version { version: env!("CARGO_PKG_VERSION") })
}

/// `GET /`.
pub(crate) async fn here() -> &'static str {
    "beamline is running"
}

//! `GET /v1/models`: the model that there is.

use crate::error::ApiError;
use crate::state::State as Server;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use beamline::Engine;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The names of the model; the first is that of answers.
pub(crate) fn names(server: &Server, engine: &Engine) -> Vec<String> {
    if !server.settings.names.is_empty() {
        return server.settings.names.clone();
    }
    let whole = engine.name().to_owned();
    let last = whole.trim_end_matches('/').rsplit('/').next().unwrap_or(&whole).to_owned();
    if last == whole || last.is_empty() { vec![whole] } else { vec![last, whole] }
}

/// Holds a request to the model that there is. A request that names none means that one.
pub(crate) fn check(server: &Server, engine: &Engine, asked: Option<&str>) -> Result<String, ApiError> {
    let names = names(server, engine);
    match asked {
        Some(asked) if !server.settings.lenient && !names.iter().any(|name| name == asked) => {
            let asked: String = asked.chars().take(200).collect();
            Err(ApiError {
                param: Some("model".to_owned()),
                ..ApiError::new(
                    StatusCode::NOT_FOUND,
                    format!("there is no model {asked:?}; this server has {}", names.join(", also called ")),
                )
            })
        }
        _ => Ok(names[0].clone()),
    }
}

/// The models that there are: one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Models {
    object: &'static str,
    data: Vec<Card>,
}

/// What is known of a model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Card {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
    root: String,
    /// Tokens of its context.
    max_model_len: usize,
    meta: Meta,
}

/// More of it, under llama.cpp's names.
#[derive(Debug, Serialize, ToSchema)]
struct Meta {
    architecture: String,
    n_params: usize,
    dtype: String,
    n_vocab: usize,
    n_ctx: usize,
    /// Layers that keep keys and values.
    n_layer: usize,
    /// Heads of keys and values in each layer.
    n_head_kv: usize,
    /// Numbers in a head.
    head_width: usize,
    /// Bytes of memory that the weights take.
    weight_bytes: usize,
    /// Bytes of weights that one decoding step reads.
    step_bytes: usize,
}

/// What is known of the model, under this name.
pub(crate) fn card(server: &Server, engine: &Engine, name: String) -> Card {
    let (info, geometry, description) = (engine.info(), engine.model().geometry(), engine.description());
    Card {
        id: name,
        object: "model",
        created: server.started_at,
        owned_by: "beamline",
        root: info.name,
        max_model_len: geometry.context,
        meta: Meta {
            architecture: info.architecture,
            n_params: info.parameters,
            dtype: info.dtype,
            n_vocab: geometry.vocab,
            n_ctx: geometry.context,
            n_layer: geometry.layers,
            n_head_kv: geometry.kv_heads,
            head_width: geometry.head,
            weight_bytes: description.weight_bytes,
            step_bytes: description.step_bytes,
        },
    }
}

/// The list.
pub(crate) async fn list(State(server): State<Arc<Server>>) -> Result<Json<Models>, ApiError> {
    let engine = &server.model()?.engine;
    let name = names(&server, engine).remove(0);
    Ok(Json(Models { object: "list", data: vec![card(&server, engine, name)] }))
}

/// One by its name.
pub(crate) async fn one(
    State(server): State<Arc<Server>>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Card>, ApiError> {
    let Path(name) = name.map_err(|_| ApiError::bad("the model's name in the path is not UTF-8; escape it as such"))?;
    let engine = &server.model()?.engine;
    let name = check(&server, engine, Some(&name))?;
    Ok(Json(card(&server, engine, name)))
}

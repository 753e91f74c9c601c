//! `POST /v1/tokens`: how a text becomes tokens: what the tokenizer makes of it first, where it cuts it, and the tokens with their bytes.

use crate::api::body::{Body, telling};
use crate::api::generate::aside;
use crate::api::openai::models;
use crate::error::ApiError;
use crate::limits::at_most;
use crate::request::read_plain;
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline::{Beginning, Special, TokenId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TokensRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// The text.
    text: String,
    /// Whether a begin token and the like are added; they are where nobody says.
    add_special_tokens: Option<bool>,
}

/// How a text becomes tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokensResponse {
    /// The text as the tokenizer's normalizer leaves it.
    normalized: String,
    /// The pieces into which it is cut before tokens are looked for, as the vocabulary writes them.
    pieces: Vec<String>,
    /// The tokens.
    tokens: Vec<TokenCard>,
    /// The text of the tokens.
    decoded: String,
    /// Whether that is the text that was given.
    round_trip: bool,
}

/// A token of a text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenCard {
    id: u32,
    /// Its bytes as text; U+FFFD where they are part of a character.
    text: String,
    bytes: Vec<u8>,
    /// The bytes of the text that it stands for, from here.
    start: usize,
    /// To here.
    end: usize,
    special: bool,
}

/// Bytes of a text, at most: the answer has some forty for each.
const MOST: usize = 256 << 10;

/// The route.
pub(crate) async fn tokens(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let (own, ignored) = read_plain::<TokensRequest>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    models::check(&server, &engine, own.model.as_deref())?;
    at_most("bytes of text", own.text.len(), MOST)?;
    let answer = aside(move || {
        let (tokenizer, text) = (engine.tokenizer(), own.text);
        let added = own.add_special_tokens.unwrap_or(true);
        let tokens = if added { tokenizer.encode(&text) } else { tokenizer.encode_as_written(&text) };
        let tokens = tokens.map_err(beamline::Error::from)?;
        let stages = tokenizer.stages(&text).map_err(beamline::Error::from)?;
        let vocabulary = tokenizer.vocabulary();
        // A begin token is of the model's making, not of the text's.
        let written: Vec<TokenId> =
            tokens.iter().filter(|token| token.end > token.start).map(|token| token.id).collect();
        let decoded = tokenizer.decode(&written, Special::Write, Beginning::Text);
        let card = |token: &beamline::Token| TokenCard {
            id: token.id.0,
            text: vocabulary.text(token.id),
            bytes: vocabulary.bytes(token.id).to_vec(),
            start: token.start,
            end: token.end,
            special: vocabulary.is_special(token.id),
        };
        Ok(TokensResponse {
            normalized: stages.normalized,
            pieces: stages.pieces,
            tokens: tokens.iter().map(card).collect(),
            round_trip: decoded == text,
            decoded,
        })
    });
    Ok(telling(Json(answer.await?).into_response(), &ignored))
}

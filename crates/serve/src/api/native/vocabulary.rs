//! `GET /v1/vocabulary` and `GET /v1/options`: all tokens, and all decoding options, for whoever shows them.

use crate::api::generate::aside;
use crate::error::ApiError;
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use beamline::{OptionKind, OptionSpec, TokenId, options};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// All tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VocabularyAnswer {
    /// What each id stands for, from 0 on: a text, or bytes where they are part of a character.
    #[schema(value_type = Vec<Object>)]
    tokens: Vec<Value>,
    /// The ids of special tokens, ascending.
    special: Vec<u32>,
}

/// `GET /v1/vocabulary`.
pub(crate) async fn vocabulary(State(server): State<Arc<Server>>) -> Result<Response, ApiError> {
    let engine = Arc::clone(&server.model()?.engine);
    let made = aside(move || {
        let (vocabulary, count) = (engine.tokenizer().vocabulary(), engine.model().geometry().vocab as u32);
        let token = |id| match std::str::from_utf8(vocabulary.bytes(TokenId(id))) {
            Ok(text) => Value::from(text),
            Err(_) => json!(vocabulary.bytes(TokenId(id))),
        };
        let special = (0..count).filter(|&id| vocabulary.is_special(TokenId(id))).collect();
        let answer = VocabularyAnswer { tokens: (0..count).map(token).collect(), special };
        Ok(serde_json::to_string(&answer).unwrap_or_default())
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], made.await?).into_response())
}

/// All decoding options.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptionsAnswer {
    options: Vec<OptionCard>,
}

/// A decoding option.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptionCard {
    name: &'static str,
    /// `flag`, `count`, `whole`, `number`, `choice`, `text`, or `other` for lists and objects.
    kind: &'static str,
    /// The words of a choice.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    choices: &'static [&'static str],
    /// One line.
    about: &'static str,
    /// In words.
    range: &'static str,
    /// In words.
    default: &'static str,
    /// It has an effect only where one of these options is on.
    needs: &'static [&'static str],
    /// Whether it is one of those that most people use.
    common: bool,
}

impl From<&'static OptionSpec> for OptionCard {
    fn from(option: &'static OptionSpec) -> Self {
        let (kind, choices): (_, &[&str]) = match option.kind {
            OptionKind::Flag => ("flag", &[]),
            OptionKind::Count { .. } => ("count", &[]),
            OptionKind::Whole => ("whole", &[]),
            OptionKind::Number => ("number", &[]),
            OptionKind::Choice(words) => ("choice", words),
            OptionKind::Text => ("text", &[]),
            _ => ("other", &[]),
        };
        let OptionSpec { name, range, default, needs, common, short: about, .. } = *option;
        Self { name, kind, choices, about, range, default, needs, common }
    }
}

/// `GET /v1/options`.
pub(crate) async fn all_options() -> Json<OptionsAnswer> {
    Json(OptionsAnswer { options: options().map(OptionCard::from).collect() })
}

//! Texts as tokens and back, for clients that count or cut: vLLM's forms, and llama.cpp's at the same addresses.

use super::body::{Body, telling};
use super::conversation::{Talk, rendered};
use super::generate::aside;
use super::openai::models;
use crate::error::ApiError;
use crate::request::read_plain;
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline::{Beginning, Engine, Options, Special, TokenId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// A text, or a conversation, to be tokenized: one of `prompt`, `content` and `messages`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TokenizeRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// The text, as vLLM calls it; special tokens are added unless it is said otherwise.
    prompt: Option<String>,
    /// The text, as llama.cpp calls it; special tokens are added where it is said.
    content: Option<String>,
    /// A conversation, to be written by the chat template.
    #[schema(value_type = Option<Vec<Object>>)]
    messages: Option<Value>,
    /// Functions that the template may tell of.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    /// What else the template reads, by name.
    #[schema(value_type = Option<Object>)]
    chat_template_kwargs: Option<Map<String, Value>>,
    /// Whether a conversation ends with the beginning of an answer.
    add_generation_prompt: Option<bool>,
    /// Whether a begin token and the like are added (vLLM's name).
    add_special_tokens: Option<bool>,
    /// The same (llama.cpp's name).
    add_special: Option<bool>,
    /// Whether names of special tokens in a text are those tokens; only true.
    parse_special: Option<bool>,
    /// Whether the tokens' texts are listed beside them (vLLM's name).
    return_token_strs: Option<bool>,
    /// Whether each token comes with its text (llama.cpp's name).
    with_pieces: Option<bool>,
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenizeResponse {
    count: usize,
    /// Tokens of the model's context.
    max_model_len: usize,
    /// Ids; with `with_pieces` objects of an id and its text, or its bytes where they are no text.
    tokens: Vec<Value>,
    /// Their texts, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_strs: Option<Vec<String>>,
}

/// Tokens to be put together.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DetokenizeRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// Ids.
    tokens: Vec<u32>,
}

/// A text, under both names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DetokenizeResponse {
    /// vLLM's name.
    prompt: String,
    /// llama.cpp's name.
    content: String,
}

/// What a client needs to know of a tokenizer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenizerInfo {
    /// The token by which texts begin, where the tokenizer adds one.
    pub(crate) bos_token: Option<String>,
    bos_token_id: Option<u32>,
    /// The first of the tokens by which texts end.
    pub(crate) eos_token: Option<String>,
    eos_token_id: Option<u32>,
    /// There is no padding.
    pad_token: Option<String>,
    /// The chat template's own text.
    pub(crate) chat_template: Option<String>,
    vocab_size: usize,
    model_max_length: usize,
}

impl TokenizerInfo {
    /// Of a server's model.
    pub(crate) fn of(server: &Server, engine: &Engine) -> Self {
        let end = engine.defaults().get("eos_token_id").and_then(|setting| setting.value.ids()?.first().copied());
        let begin = engine.tokenizer().begin().map(|id| id.0);
        let (vocabulary, geometry) = (engine.tokenizer().vocabulary(), engine.model().geometry());
        let name = |id: u32| vocabulary.text(TokenId(id));
        let templates = engine.chat_templates();
        let own = || templates.names().next().and_then(|name| templates.named(name).ok());
        let template = server.settings.chat_template.clone().or_else(own);
        Self {
            bos_token: begin.map(name),
            bos_token_id: begin,
            eos_token: end.map(name),
            eos_token_id: end,
            pad_token: None,
            chat_template: template.map(|template| template.source().to_owned()),
            vocab_size: geometry.vocab,
            model_max_length: geometry.context,
        }
    }
}

/// `GET /tokenizer_info`.
pub(crate) async fn info(State(server): State<Arc<Server>>) -> Result<Json<TokenizerInfo>, ApiError> {
    let engine = &server.model()?.engine;
    Ok(Json(TokenizerInfo::of(&server, engine)))
}

/// `POST /tokenize`.
pub(crate) async fn tokenize(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let (own, ignored) = read_plain::<TokenizeRequest>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    models::check(&server, &engine, own.model.as_deref())?;
    if own.parse_special == Some(false) {
        let why = "parse_special is false; names of special tokens in a text are those tokens here: leave it out";
        return Err(ApiError::field("parse_special", why));
    }
    if own.add_special.is_some() && own.add_special_tokens.is_some() {
        let why = "add_special and add_special_tokens are the same; give one of them";
        return Err(ApiError::field("add_special", why));
    }
    let special = own.add_special_tokens.or(own.add_special);
    let ids = match (own.prompt, own.content, own.messages) {
        (Some(text), None, None) => encoded(&engine, text, special.unwrap_or(true)).await?,
        (None, Some(text), None) => encoded(&engine, text, special.unwrap_or(false)).await?,
        (None, None, Some(messages)) => {
            let talk = Talk {
                messages,
                tools: own.tools,
                tool_choice: None,
                documents: None,
                variables: own.chat_template_kwargs.unwrap_or_default(),
                add_generation_prompt: own.add_generation_prompt.unwrap_or(true),
            };
            rendered(&server, talk, Options::new()).await?.token_ids
        }
        _ => return Err(ApiError::bad("give one of prompt, content and messages")),
    };
    let vocabulary = engine.tokenizer().vocabulary();
    let piece = |&id: &TokenId| match std::str::from_utf8(vocabulary.bytes(id)) {
        Ok(text) => json!({"id": id.0, "piece": text}),
        Err(_) => json!({"id": id.0, "piece": vocabulary.bytes(id)}),
    };
    let pieces = own.with_pieces == Some(true);
    let answer = TokenizeResponse {
        count: ids.len(),
        max_model_len: engine.model().geometry().context,
        tokens: ids.iter().map(|id| if pieces { piece(id) } else { id.0.into() }).collect(),
        token_strs: (own.return_token_strs == Some(true)).then(|| ids.iter().map(|&id| vocabulary.text(id)).collect()),
    };
    Ok(telling(Json(answer).into_response(), &ignored))
}

/// A text's tokens, with what the tokenizer adds, or without.
async fn encoded(engine: &Arc<Engine>, text: String, special: bool) -> Result<Vec<TokenId>, ApiError> {
    let engine = Arc::clone(engine);
    aside(move || {
        let tokenizer = engine.tokenizer();
        let tokens = if special { tokenizer.encode(&text) } else { tokenizer.encode_as_written(&text) };
        let tokens = tokens.map_err(beamline::Error::from)?;
        Ok(tokens.iter().map(|token| token.id).collect())
    })
    .await
}

/// `POST /detokenize`.
pub(crate) async fn detokenize(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let (own, ignored) = read_plain::<DetokenizeRequest>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    models::check(&server, &engine, own.model.as_deref())?;
    let vocab = engine.model().geometry().vocab;
    if let Some(id) = own.tokens.iter().find(|&&id| id as usize >= vocab) {
        let why = format!("tokens has the id {id}; the vocabulary has {vocab}, from 0 on");
        return Err(ApiError::field("tokens", why));
    }
    let prompt = aside(move || {
        let ids: Vec<TokenId> = own.tokens.into_iter().map(TokenId).collect();
        Ok(engine.tokenizer().decode(&ids, Special::Write, Beginning::Text))
    })
    .await?;
    let answer = DetokenizeResponse { content: prompt.clone(), prompt };
    Ok(telling(Json(answer).into_response(), &ignored))
}

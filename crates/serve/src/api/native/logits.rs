//! `POST /v1/logits`: the model's logits for the token that follows a prompt, all of them.

use super::prompts::{ForTemplate, Given, PromptIds};
use crate::api::body::{Body, telling};
use crate::api::generate::{self, Wanted};
use crate::api::openai::models;
use crate::error::ApiError;
use crate::request::read_plain;
use crate::state::State as Server;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use beamline::{Event, EventKind, Interest, Observer, Options};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct LogitsRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// The text that the token follows.
    prompt: Option<String>,
    /// Its token ids.
    prompt_ids: Option<PromptIds>,
}

/// The raw model's row for the next token, before any processor.
#[derive(Default)]
struct Row(Vec<u8>);

impl Observer for Row {
    fn wants(&self, _: usize, interest: Interest) -> bool {
        matches!(interest, Interest::Rows) && self.0.is_empty()
    }

    fn event(&mut self, event: &Event<'_>) {
        if let EventKind::Row { outlook, .. } = &event.kind {
            self.0 = outlook.raw.iter().flat_map(|logit| logit.to_le_bytes()).collect();
        }
    }
}

/// The route.
pub(crate) async fn logits(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let (own, ignored) = read_plain::<LogitsRequest>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    models::check(&server, &engine, own.model.as_deref())?;
    let vocab = engine.model().geometry().vocab;
    server.limits().numbers("prompt", vocab)?;
    let (prompt, prompt_ids) = (own.prompt, own.prompt_ids);
    let given = Given { prompt, prompts: None, prompt_ids, messages: None, template: ForTemplate::default() };
    let (prompts, _) = given.one(&server, Options::new()).await?;
    // One greedy step, whatever the model's own wishes are: its row is what is asked for.
    let options = Options::new();
    let wanted = Wanted { prompts, options, top: 0, numbers: false };
    let prepared = generate::prepare_by(&server, wanted, |engine, _| {
        let greedy = Options::new().max_new_tokens(1).do_sample(false).num_beams(1);
        Ok(engine.plan(&greedy)?)
    });
    let (Row(bytes), _) = generate::watched(&server, prepared.await?, Row::default()).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (HeaderName::from_static("beamline-vocabulary"), vocab.to_string()),
    ];
    Ok(telling((headers, bytes).into_response(), &ignored))
}

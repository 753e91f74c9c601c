//! `POST /v1/inspect`: the step table, what the model could have said and what it said.

use super::prompts::{ForTemplate, Given, PromptIds};
use crate::api::body::{Body, telling};
use crate::api::generate::{self, Wanted, aside};
use crate::api::openai::models;
use crate::error::ApiError;
use crate::limits::at_most;
use crate::request::read;
use crate::state::State as Server;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use beamline::{Options, Session};
use beamline_study::{Depth, Inspecting};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// As many as the command takes.
const STEPS: usize = 8;
const TOP: usize = 5;

/// What a candidate of a table takes, in log-probabilities of other answers: it has a text and six numbers.
const WEIGHT: usize = 4;

/// What is asked for. Every decoding option may stand beside these, but for lengths, which `steps` says; the search is greedy
/// unless they ask for another.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InspectRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// A prompt as text.
    prompt: Option<String>,
    /// Its token ids.
    prompt_ids: Option<PromptIds>,
    /// A conversation to be answered, by the model's chat template.
    #[schema(value_type = Option<Vec<Object>>)]
    messages: Option<Value>,
    /// Functions that the template shows.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    /// Texts that the template shows.
    #[schema(value_type = Option<Vec<Object>>)]
    documents: Option<Vec<Value>>,
    /// What else the template reads, by name.
    #[schema(value_type = Option<Object>)]
    chat_template_kwargs: Option<Map<String, Value>>,
    /// Whether the prompt ends with the beginning of an answer; it does where nobody says.
    add_generation_prompt: Option<bool>,
    /// Steps; 8 where nobody says.
    steps: Option<usize>,
    /// How many of the best tokens to list, before the processors and after them, up to the whole vocabulary; 5 where nobody says.
    top: Option<usize>,
    /// Whether to list what each processor left.
    stages: Option<bool>,
}

/// The route.
pub(crate) async fn inspect(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let asked = read::<InspectRequest>(fields, server.settings.lenient)?;
    let own = asked.own;
    let engine = Arc::clone(&server.model()?.engine);
    models::check(&server, &engine, own.model.as_deref())?;
    let mut options = Options::new();
    options.config(&Value::Object(asked.decoding))?;
    if let Some(name) = ["max_new_tokens", "max_length"].into_iter().find(|name| options.get(name).is_some()) {
        return Err(ApiError::field(name, format!("{name} has no effect here; the length is given by steps")));
    }
    let depth =
        Depth { steps: own.steps.unwrap_or(STEPS), top: own.top.unwrap_or(TOP), stages: own.stages == Some(true) };
    for (name, value) in [("steps", depth.steps), ("top", depth.top)] {
        if value == 0 {
            return Err(ApiError::field(name, format!("{name} is 0; it must be 1 or more")));
        }
    }
    at_most("steps", depth.steps, server.limits().steps)?;
    let template = ForTemplate {
        tools: own.tools,
        documents: own.documents,
        chat_template_kwargs: own.chat_template_kwargs,
        add_generation_prompt: own.add_generation_prompt,
    };
    let (prompt, prompt_ids, messages) = (own.prompt, own.prompt_ids, own.messages);
    let given = Given { prompt, prompts: None, prompt_ids, messages, template };
    let (prompts, options) = given.one(&server, options).await?;
    let wanted = Wanted { prompts, options, top: 0, numbers: false };
    let prepared =
        generate::prepare_by(&server, wanted, move |engine, given| Ok(Inspecting::plan(engine, given, depth)?)).await?;
    let candidates = depth.top.saturating_mul(2).min(engine.model().geometry().vocab);
    let rows = prepared.rows();
    server.limits().numbers("top", candidates.saturating_mul(rows).saturating_mul(WEIGHT))?;
    let rows = Inspecting::new(&engine, depth);
    let (rows, mut sessions) = generate::watched(&server, prepared, rows).await?;
    let session = sessions.remove(0);
    let seed = seed(&session);
    // A table of a whole vocabulary is large, and others are to be talked to meanwhile.
    let table = aside(move || Ok(serde_json::to_string(&rows.inspection(&session)).unwrap_or_default())).await?;
    let mut response = ([(header::CONTENT_TYPE, "application/json")], table).into_response();
    if let Some(seed) = seed {
        response.headers_mut().insert(HeaderName::from_static("beamline-seed"), seed);
    }
    Ok(telling(response, &asked.ignored))
}

/// The seed by which tokens were drawn, where they were: with it the same table can be had again.
fn seed(session: &Session) -> Option<HeaderValue> {
    let seed = session.plan().options().get("seed")?.value.count()?;
    Some(HeaderValue::from(seed))
}

//! `POST /v1/generate`: prompts continued, with every number, and what the search tells while it runs.

use super::prompts::{ForTemplate, Given, PromptIds};
use super::telling::{KINDS, Telling};
use super::told;
use crate::api::body::{Body, telling};
use crate::api::generate::{self, Wanted};
use crate::api::openai::models;
use crate::error::ApiError;
use crate::request::read;
use crate::settings::OpenedAs;
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline::{Completion, Engine, Options, Session};
use beamline_study::{Bundle, bundle};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// What is asked for. Every decoding option may stand beside these, and means what transformers means by it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct GenerateRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// A prompt as text.
    prompt: Option<String>,
    /// Several prompts, continued together.
    prompts: Option<Vec<String>>,
    /// Token ids of a prompt, or of several.
    prompt_ids: Option<PromptIds>,
    /// A conversation to be answered, by the model's chat template.
    #[schema(value_type = Option<Vec<Object>>)]
    messages: Option<Value>,
    /// Functions that the template shows. Calls stay text.
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
    /// Whether events come while the search runs, in place of one object at its end.
    stream: Option<bool>,
    /// Which events a stream has besides `begin`, `end` and `done`: `token`, `stage`, `draw`, `candidate`, `pool`, `over`; `token`
    /// alone where nobody says.
    events: Option<Vec<String>>,
    /// Whether the completion comes with a `bundle`: what `beamline replay` and `/v1/replay` need to run it again and compare.
    bundle: Option<bool>,
    /// How many of the best tokens a `token` event lists, up to the whole vocabulary.
    top: Option<usize>,
}

/// The route.
pub(crate) async fn generate(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let asked = read::<GenerateRequest>(fields, server.settings.lenient)?;
    let own = asked.own;
    let engine = Arc::clone(&server.model()?.engine);
    models::check(&server, &engine, own.model.as_deref())?;
    let streamed = own.stream == Some(true);
    if !streamed && own.events.is_some() {
        return Err(ApiError::field("events", "events are of a stream; give stream: true, or leave them out"));
    }
    let kinds = kinds(own.events)?;
    let top = own.top.unwrap_or(0).min(engine.model().geometry().vocab);
    if top > 0 && !(streamed && kinds.contains(&"token")) {
        return Err(ApiError::field("top", "top is for token events; give stream: true, with token among the events"));
    }
    let mut options = Options::new();
    options.config(&Value::Object(asked.decoding))?;
    let template = ForTemplate {
        tools: own.tools,
        documents: own.documents,
        chat_template_kwargs: own.chat_template_kwargs,
        add_generation_prompt: own.add_generation_prompt,
    };
    let given = Given {
        prompt: own.prompt,
        prompts: own.prompts,
        prompt_ids: own.prompt_ids,
        messages: own.messages,
        template,
    };
    let (prompts, options) = given.prompts(&server, options).await?;
    let prepared = generate::prepare(&server, Wanted { prompts, options, top, numbers: true }).await?;
    server.limits().numbers("top", top.saturating_mul(prepared.rows()))?;
    let opened = (own.bundle == Some(true)).then(|| server.settings.opened.clone());
    let response = if streamed {
        let (teller, hearer) = told::queue();
        generate::hand_in(&server, prepared, |engine, sessions, top| {
            Box::new(Telling::new(engine, sessions, teller, kinds, top))
        })?;
        hearer.answer(move |sessions| {
            serde_json::to_string(&Answer::of(&engine, sessions, opened.as_ref())).unwrap_or_default()
        })
    } else {
        let answer = generate::whole(&server, prepared).await?;
        Json(Answer::of(&engine, &answer.sessions, opened.as_ref())).into_response()
    };
    Ok(telling(response, &asked.ignored))
}

/// What sessions came to, with a bundle where it is asked for.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    completion: Completion,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<Bundle>,
}

impl Answer {
    /// The bundle says how the model was opened.
    fn of(engine: &Engine, sessions: &[Session], bundled: Option<&OpenedAs>) -> Self {
        let completion = engine.completion(sessions);
        let bundle = sessions.first().zip(bundled).map(|(first, opened)| Bundle {
            converted: opened.converted.clone(),
            activations: opened.activations.name().to_owned(),
            ..bundle(engine, &completion, first.plan())
        });
        Self { completion, bundle }
    }
}

/// The events that are asked for.
fn kinds(asked: Option<Vec<String>>) -> Result<Vec<&'static str>, ApiError> {
    let Some(asked) = asked else { return Ok(vec!["token"]) };
    let known = |name: &String| {
        KINDS.into_iter().find(|kind| kind == name).ok_or_else(|| {
            let name: String = name.chars().take(60).collect();
            ApiError::field("events", format!("there is no event {name:?}; events are {}", KINDS.join(", ")))
        })
    };
    asked.iter().map(known).collect()
}

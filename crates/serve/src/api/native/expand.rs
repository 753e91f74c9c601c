//! `POST /v1/expand`: a tree of what else might follow, the most probable continuations first.

use super::prompts::{ForTemplate, Given, PromptIds};
use super::told::{self, Teller};
use crate::api::body::{Body, telling};
use crate::api::generate::{self, Wanted};
use crate::api::openai::models;
use crate::error::ApiError;
use crate::limits::at_most;
use crate::request::read;
use crate::scheduler::{Ended, Listener};
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline::{Engine, Observer, Options, Session};
use beamline_study::{Expanding, Expansion, Growth};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ExpandRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// The text that continuations follow.
    prompt: Option<String>,
    /// Its token ids.
    prompt_ids: Option<PromptIds>,
    /// Tokens of the longest continuation; 3 where nobody says.
    depth: Option<usize>,
    /// The most children of a node; 5 where nobody says.
    children: Option<usize>,
    /// Children are taken, the most probable first, until their probabilities sum to this; 1 where nobody says.
    cover_p: Option<f64>,
    /// The least probability of a node's whole continuation; 0 where nobody says.
    min_mass: Option<f64>,
    /// The most nodes; 256 where nobody says.
    budget: Option<usize>,
    /// Whether probabilities are those after the processors, for which decoding options may stand beside these; else they are the raw
    /// model's.
    processed: Option<bool>,
    /// Whether nodes come as they grow.
    stream: Option<bool>,
}

/// The route.
pub(crate) async fn expand(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let asked = read::<ExpandRequest>(fields, server.settings.lenient)?;
    let own = asked.own;
    let engine = Arc::clone(&server.model()?.engine);
    models::check(&server, &engine, own.model.as_deref())?;
    let processed = own.processed == Some(true);
    if let Some(name) = asked.decoding.keys().next().filter(|_| !processed) {
        return Err(ApiError::field(name, format!("{name} needs processed: true; the tree is the raw model's else")));
    }
    let usual = Growth::default();
    let growth = Growth {
        depth: own.depth.unwrap_or(usual.depth),
        children: own.children.unwrap_or(usual.children),
        cover_p: own.cover_p.unwrap_or(usual.cover_p),
        min_mass: own.min_mass.unwrap_or(usual.min_mass),
        budget: own.budget.unwrap_or(usual.budget),
    };
    at_most("depth", growth.depth, server.limits().steps)?;
    at_most("budget", growth.budget, server.limits().steps)?;
    let mut options = Options::new();
    options.config(&Value::Object(asked.decoding))?;
    let template = ForTemplate::default();
    let given = Given { prompt: own.prompt, prompts: None, prompt_ids: own.prompt_ids, messages: None, template };
    let (prompts, options) = given.one(&server, options).await?;
    let wanted = Wanted { prompts, options, top: 0, numbers: true };
    let plan = move |engine: &Engine, given: &Options| Ok(Expanding::plan(engine, processed.then_some(given), growth)?);
    let prepared = generate::prepare_by(&server, wanted, plan).await?;
    let response = if own.stream == Some(true) {
        let (teller, hearer) = told::queue();
        generate::hand_in(&server, prepared, |_, sessions, _| Box::new(Growing::new(teller, &sessions[0])))?;
        hearer.answer(move |sessions| {
            let nodes = sessions[0].tree().len() - 1; // the root is the prompt
            json!({"nodes": nodes, "budget_spent": nodes >= growth.budget}).to_string()
        })
    } else {
        let ((), sessions) = generate::watched(&server, prepared, ()).await?;
        Json(Expansion::of(&engine, &sessions[0], growth)).into_response()
    };
    Ok(telling(response, &asked.ignored))
}

/// Tells of nodes as they grow.
struct Growing {
    teller: Teller,
    /// Nodes that have been told.
    known: usize,
}

impl Growing {
    fn new(teller: Teller, session: &Session) -> Self {
        let ids: Vec<u32> = session.prompt().iter().map(|token| token.0).collect();
        teller.tell("begin", &json!({"schema": 1, "prompt_token_ids": ids}));
        Self { teller, known: 0 }
    }

    fn grown(&mut self, engine: &Engine, session: &Session) {
        let nodes = Expanding::nodes(engine, session, self.known);
        self.known += nodes.len();
        for node in &nodes {
            self.teller.tell("node", node);
        }
    }
}

impl Observer for Growing {}

impl Listener for Growing {
    fn is_gone(&self) -> bool {
        self.teller.is_gone()
    }

    fn is_behind(&self) -> bool {
        self.teller.is_behind()
    }

    fn stepped(&mut self, engine: &Engine, _: usize, session: &Session) {
        self.grown(engine, session);
    }

    fn ended(mut self: Box<Self>, engine: &Engine, sessions: Vec<Session>, ended: Ended) {
        if let Some(session) = sessions.first() {
            self.grown(engine, session);
        }
        self.teller.end(sessions, ended);
    }
}

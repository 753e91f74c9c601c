//! A body of anything in, how many routes would take it out: for tests and fuzzing, without a server.

use super::native::expand::ExpandRequest;
use super::native::generate::GenerateRequest;
use super::native::inspect::InspectRequest;
use super::native::logits::LogitsRequest;
use super::native::replay::ReplayRequest;
use super::native::score::ScoreRequest;
use super::native::tokens::TokensRequest;
use super::ollama::about::ShowRequest;
use super::ollama::chat::OllamaChat;
use super::ollama::generate::OllamaGenerate;
use super::openai::chat::ChatRequest;
use super::openai::completions::CompletionRequest;
use super::openai::responses::ResponsesRequest;
use super::props::TemplateRequest;
use super::tokenize::{DetokenizeRequest, TokenizeRequest};
use crate::request::{object, read};
use beamline::Options;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::PartialSchema;

/// Whether a route with these fields would take the body, its decoding options within their ranges.
fn takes<T: DeserializeOwned + PartialSchema + 'static>(fields: &Map<String, Value>, lenient: bool) -> bool {
    let Ok(asked) = read::<T>(fields.clone(), lenient) else { return false };
    let with = |options: Options, (name, value): (String, Value)| options.with(&name, value);
    asked.decoding.into_iter().try_fold(Options::new(), with).is_ok_and(|options| options.check().is_ok())
}

/// Reads a body as each route that takes one does, strictly and leniently; how many times it is taken.
#[doc(hidden)]
pub fn probe_body(bytes: &[u8]) -> usize {
    let Ok(fields) = object(bytes) else { return 0 };
    let routes = [
        takes::<ChatRequest>,
        takes::<CompletionRequest>,
        takes::<DetokenizeRequest>,
        takes::<ExpandRequest>,
        takes::<GenerateRequest>,
        takes::<InspectRequest>,
        takes::<LogitsRequest>,
        takes::<OllamaChat>,
        takes::<OllamaGenerate>,
        takes::<ReplayRequest>,
        takes::<ResponsesRequest>,
        takes::<ScoreRequest>,
        takes::<ShowRequest>,
        takes::<TemplateRequest>,
        takes::<TokenizeRequest>,
        takes::<TokensRequest>,
    ];
    let both = routes.iter().flat_map(|route| [(route, false), (route, true)]);
    both.filter(|(route, lenient)| route(&fields, *lenient)).count()
}

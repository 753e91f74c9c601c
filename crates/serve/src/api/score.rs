//! Texts in, their numbers out: what every scoring route has done.

use crate::error::ApiError;
use crate::limits::at_most;
use crate::scheduler::{ScoredText, Scores, TextToScore, Work};
use crate::state::State;
use axum::http::StatusCode;
use std::time::Instant;
use tokio::sync::oneshot;

/// What a route calls its texts, and the number of best tokens at each place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScoreFields {
    pub(crate) texts: &'static str,
    pub(crate) top: &'static str,
}

/// Scores texts, with so many of the best tokens at each place.
///
/// # Errors
/// When a token does not exist, a text is too long, or there is no room.
pub(crate) async fn score(
    state: &State,
    texts: Vec<TextToScore>,
    top: usize,
    fields: ScoreFields,
) -> Result<Vec<ScoredText>, ApiError> {
    let loaded = state.model()?;
    let geometry = loaded.engine.model().geometry();
    let limits = state.limits();
    at_most(fields.texts, texts.len(), limits.prompts)?;
    let tokens = texts.iter().map(|text| text.tokens.len()).sum::<usize>();
    at_most(fields.top, top.min(geometry.vocab).saturating_mul(tokens), limits.logprobs)?;
    for text in &texts {
        // What could not be scored is refused before anything is done.
        loaded.engine.scoring(text.tokens.clone(), text.from, None)?;
    }
    let (answer, received) = oneshot::channel();
    let scores = Scores { texts, top, answer, arrived: Instant::now(), deadline: state.deadline() };
    loaded.scheduler.submit(Work::Score(scores))?;
    let scored = received.await.map_err(|_| ApiError::engine_ended())??;
    state.metrics.scored(tokens);
    match scored.iter().find_map(|text| text.error.clone()) {
        Some(error) => Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error)),
        None => Ok(scored),
    }
}

//! What a step did, and the time that steps took.

use serde::Serialize;
use std::time::Duration;

/// What one call of [`Engine::step`](crate::Engine::step) did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// Whether any session goes on.
    pub more: bool,
    /// Time spent in the model.
    pub forward: Duration,
    /// Time spent shaping and choosing.
    pub choose: Duration,
    /// Tokens that went through the model, drafts among them.
    pub tokens: usize,
    /// Tokens that a draft guessed rightly.
    pub accepted: usize,
    /// Tokens that a draft guessed.
    pub drafted: usize,
}

/// Seconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Timings {
    /// Opening and loading the model.
    pub load_s: f64,
    /// The steps up to the first token: the prompt in, the first token out (prefill).
    pub prefill_s: f64,
    /// All further steps (decode).
    pub decode_s: f64,
    /// Tokens after each sequence's first, a second; null if there are none.
    pub decode_tokens_per_s: Option<f64>,
    #[serde(skip)]
    begun: bool,
    #[serde(skip)]
    chosen: bool,
}

impl Timings {
    pub(crate) fn new(load_s: f64) -> Self {
        Self { load_s, prefill_s: 0.0, decode_s: 0.0, decode_tokens_per_s: None, begun: false, chosen: false }
    }

    /// Counts a step in; `chose` where it brought tokens.
    pub(crate) fn add(&mut self, step: &Step, chose: bool) {
        let seconds = (step.forward + step.choose).as_secs_f64();
        *(if self.chosen { &mut self.decode_s } else { &mut self.prefill_s }) += seconds;
        (self.begun, self.chosen) = (true, self.chosen || chose);
    }

    /// The same with the rate at which so many tokens were decoded.
    pub(super) fn with_rate(self, decoded: f64) -> Self {
        Self { decode_tokens_per_s: (self.decode_s > 0.0).then(|| decoded / self.decode_s), ..self }
    }

    /// Whether a step has been counted in.
    pub(crate) fn begun(&self) -> bool {
        self.begun
    }

    /// Of sessions that stepped together: the longest of each.
    pub(super) fn longest(load_s: f64, all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::new(load_s), |longest, one| Self {
            prefill_s: longest.prefill_s.max(one.prefill_s),
            decode_s: longest.decode_s.max(one.decode_s),
            ..longest
        })
    }
}

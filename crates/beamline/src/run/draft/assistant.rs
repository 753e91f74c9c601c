//! A draft model: a smaller model guesses, the larger one checks.

use super::{Ahead, Drafter};
use crate::error::Error;
use beamline_model::{KvCache, Model, Span, Want};
use beamline_search::{Coins, Purpose};
use beamline_shape::{Context, Logits};
use beamline_tokens::{TokenId, TokenList};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tokens of a text that the draft model reads together.
const PIECE: usize = 512;

/// How many tokens are drafted next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Schedule {
    /// Always as many.
    Constant,
    /// Two more after a draft that was right throughout, one less after another.
    Heuristic,
}

/// Drafts what a smaller model would choose, by the same processors and the same draws: where both models agree on a
/// distribution, they agree on the token too.
pub(crate) struct Assistant {
    model: Arc<dyn Model>,
    /// Ids of the model that it guesses for: as many as its own, but for those by which a vocabulary is padded.
    vocab: usize,
    /// Draws as the search does; none for greedy search.
    coins: Option<Coins>,
    tokens: usize,
    schedule: Schedule,
    /// A token less probable than this to the draft model ends a draft.
    confidence: f64,
    /// For each sequence, what the draft model has read, and the last draft.
    states: BTreeMap<u32, State>,
    scores: Logits,
}

struct State {
    cache: KvCache,
    /// Length of the text before the last draft, and the draft.
    last: (usize, Vec<TokenId>),
    tokens: usize,
}

impl Assistant {
    pub(crate) fn new(
        model: Arc<dyn Model>,
        vocab: usize,
        coins: Option<Coins>,
        tokens: usize,
        schedule: Schedule,
        confidence: f64,
    ) -> Self {
        Self { model, vocab, coins, tokens, schedule, confidence, states: BTreeMap::new(), scores: Logits::default() }
    }

    /// Takes a row of the draft model's as one of the other model's: padding that one of them has never comes.
    fn load(&mut self, row: &[f32]) {
        if row.len() >= self.vocab {
            self.scores.load(&row[..self.vocab]);
        } else {
            let padding = std::iter::repeat_n(f32::NEG_INFINITY, self.vocab - row.len());
            self.scores.load(&row.iter().copied().chain(padding).collect::<Vec<f32>>());
        }
    }

    /// How many tokens to draft, given what became of the last ones.
    fn adapt(&self, state: &mut State, tokens: &TokenList) -> usize {
        let (from, draft) = &state.last;
        if self.schedule == Schedule::Heuristic && !draft.is_empty() {
            let right = tokens.iter_from(*from).take(draft.len()).eq(draft.iter().copied());
            state.tokens = if right { state.tokens + 2 } else { state.tokens.saturating_sub(1).max(1) };
        }
        state.tokens
    }
}

impl Drafter for Assistant {
    fn draft(&mut self, ahead: &Ahead<'_>) -> Result<Vec<TokenId>, Error> {
        let geometry = self.model.geometry();
        let fresh = || State { cache: KvCache::new(geometry), last: (0, Vec::new()), tokens: self.tokens };
        let mut state = self.states.remove(&ahead.sequence).unwrap_or_else(fresh);
        let own_room = geometry.context.saturating_sub(ahead.tokens.len());
        let most = self.adapt(&mut state, ahead.tokens).min(ahead.room).min(own_room);
        let known = state.cache.tokens().common_prefix(ahead.tokens);
        // The last token must be read again, for its row.
        state.cache.truncate(known.min(ahead.tokens.len() - 1));
        let mut tokens = ahead.tokens.clone();
        let mut pipeline = ahead.pipeline.fork();
        let mut draft = Vec::new();
        while draft.len() < most {
            let mut feed: Vec<TokenId> = tokens.iter_from(state.cache.len()).collect();
            // A text may hold padding that the draft model does not have.
            if feed.iter().any(|token| token.index() >= geometry.vocab) {
                break;
            }
            while feed.len() > PIECE {
                let later = feed.split_off(PIECE);
                let span = Span { tokens: &feed, cache: &mut state.cache, want: Want::Nothing };
                self.model.forward(&mut [span], &mut ())?;
                feed = later;
            }
            let span = Span { tokens: &feed, cache: &mut state.cache, want: Want::Last };
            let rows = self.model.forward(&mut [span], &mut ())?;
            self.load(rows.row(0));
            let new = (tokens.len() - ahead.prompt_len) as u32;
            let toss = |purpose| self.coins.map_or(0.0, |coins| coins.toss(ahead.sequence, new, purpose, 0));
            let context = Context {
                tokens: &tokens,
                prompt_len: ahead.prompt_len,
                coin: toss(Purpose::Processor),
                ..Context::default()
            };
            // A row that is left empty is the search's to report.
            if pipeline.shape(&mut self.scores, &context, &mut |_, _| {}).is_err() {
                break;
            }
            let choice = match self.coins {
                Some(_) => self.scores.pick(toss(Purpose::Token)),
                None => self.scores.best(),
            };
            let Some(token) = choice else { break };
            pipeline.accept(&tokens, token);
            tokens.push(token);
            draft.push(token);
            let value = self.scores.get(token).unwrap_or(f32::NEG_INFINITY);
            if libm::exp(f64::from(value) - self.scores.sums().log_sum()) < self.confidence {
                break;
            }
        }
        state.last = (ahead.tokens.len(), draft.clone());
        self.states.insert(ahead.sequence, state);
        Ok(draft)
    }
}

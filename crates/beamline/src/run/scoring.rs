//! How probable a text's tokens are: rows of logits looked at, in passes that several texts share (teacher forcing).

use super::batch::Budget;
use super::cached_text::CachedText;
use super::engine::Engine;
use crate::error::Error;
use beamline_kernels::RowSums;
use beamline_model::{KvCache, ModelError, Span, Want};
use beamline_search::TokenStats;
use beamline_tokens::TokenId;
use std::sync::Arc;

/// Rows of logits that one pass makes: enough to use the model well, few enough to bound memory.
const ROWS: usize = 64;

/// Tokens of one text that go through the model together where their rows are not wanted.
const CHUNK: usize = 512;

/// A text on its way to its numbers: the raw model's log-probability, rank and entropy of each token, given those before.
/// Begun by [`Engine::scoring`], carried on by [`Engine::score_step`].
#[derive(Clone, Debug)]
pub struct Scoring {
    tokens: Vec<TokenId>,
    /// The first token whose numbers are wanted.
    from: usize,
    cache: KvCache,
    stats: Vec<TokenStats>,
    failed: Option<Arc<ModelError>>,
}

/// A row that a token of a text was looked up in.
#[derive(Clone, Copy, Debug)]
pub struct ScoredRow<'a> {
    /// The text's place among those that were stepped.
    pub scoring: usize,
    /// The token's place in its text, from 1: a first token follows nothing.
    pub position: usize,
    /// The logits that the token is looked up in, `[vocab]`.
    pub row: &'a [f32],
    /// What turns them into log-probabilities.
    pub sums: RowSums,
}

/// One text's part of a pass.
struct Part {
    scoring: usize,
    end: usize,
    rows: usize,
}

impl Scoring {
    /// The text's tokens.
    pub fn tokens(&self) -> &[TokenId] {
        &self.tokens
    }

    /// The first token that has numbers.
    pub fn from(&self) -> usize {
        self.from
    }

    /// The numbers so far, of the tokens from [`from`](Self::from) on.
    pub fn stats(&self) -> &[TokenStats] {
        &self.stats
    }

    /// Whether all numbers are there, or it has failed.
    pub fn is_done(&self) -> bool {
        self.failed.is_some() || self.from + self.stats.len() >= self.tokens.len()
    }

    /// Why it cannot go on, where that is so: its numbers overflowed.
    pub fn error(&self) -> Option<&ModelError> {
        self.failed.as_deref()
    }

    /// What is still to be fed: the last token predicts nothing that is asked for.
    fn lacking(&self) -> usize {
        if self.is_done() { 0 } else { self.tokens.len() - 1 - self.cache.len() }
    }

    /// Where the next piece ends, within so many tokens and rows; and how many of its rows are wanted.
    fn piece(&self, tokens: usize, rows: usize) -> (usize, usize) {
        let begin = self.cache.len();
        // The row of a position predicts the token after it.
        let wanted = begin.max(self.from - 1);
        let end = (begin + tokens.min(CHUNK)).min(self.tokens.len() - 1).min(wanted + rows);
        (end, end.saturating_sub(wanted))
    }
}

impl Engine {
    /// Begins to score a text from its token `from` on; those before it are read, and have no numbers. 0 is as 1: a first
    /// token follows nothing.
    ///
    /// ```
    /// use beamline::{Budget, Engine};
    /// let engine = Engine::open("builtin")?;
    /// let tokens = engine.tokenizer().ids("Once upon a time")?;
    /// let mut texts = [engine.scoring(tokens, 1, None)?];
    /// while engine.score_step(&mut texts, Budget::ALL, &mut |_| {})? > 0 {}
    /// assert_eq!(texts[0].stats().len(), texts[0].tokens().len() - 1);
    /// assert!(texts[0].stats().last().expect("there are several").rank == 1); // " time"
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// `begin` are keys and values of a text with the same beginning, if there are any: bits of results do not depend on
    /// them.
    ///
    /// # Errors
    /// When a token is beyond the vocabulary, the text longer than the model's context, or `begin` another model's.
    pub fn scoring(&self, tokens: Vec<TokenId>, from: usize, begin: Option<CachedText>) -> Result<Scoring, Error> {
        let geometry = self.model().geometry();
        if let Some(id) = tokens.iter().find(|id| id.index() >= geometry.vocab) {
            return Err(Error::UnknownToken { id: id.0, vocab: geometry.vocab });
        }
        if tokens.len() > geometry.context {
            return Err(Error::TextTooLong { tokens: tokens.len(), context: geometry.context });
        }
        let from = from.max(1);
        let mut cache = match begin {
            Some(begin) => begin.beginning_of(&tokens, self.model_id())?,
            None => KvCache::new(geometry),
        };
        // Rows that were not kept must be made again.
        cache.truncate(from - 1);
        Ok(Scoring { tokens, from, cache, stats: Vec::new(), failed: None })
    }

    /// Takes texts one pass on, those that came first before others, by at most `budget` tokens; `look` sees each row that a
    /// token is looked up in. Gives the tokens that went through the model: 0 when all are done. A text that makes the
    /// numbers overflow fails by itself ([`Scoring::error`]).
    ///
    /// # Errors
    /// When the model itself is broken (a weight is NaN), or it is interrupted ([`Engine::interruptible`]).
    pub fn score_step(
        &self,
        texts: &mut [Scoring],
        budget: Budget,
        look: &mut dyn FnMut(ScoredRow<'_>),
    ) -> Result<usize, Error> {
        self.is_wanted()?;
        let (mut tokens, mut rows, mut parts) = (budget.most(), ROWS, Vec::new());
        for (scoring, text) in texts.iter().enumerate().filter(|(_, text)| text.lacking() > 0) {
            let (end, wanted) = text.piece(tokens, rows);
            let taken = end - text.cache.len();
            if taken == 0 {
                break;
            }
            (tokens, rows) = (tokens - taken, rows - wanted);
            parts.push(Part { scoring, end, rows: wanted });
            if tokens == 0 || rows == 0 {
                break;
            }
        }
        let taken = parts.iter().map(|part| part.end - texts[part.scoring].cache.len()).sum();
        let Err(error) = self.score_parts(texts, &parts, look) else { return Ok(taken) };
        let broken = |error: &ModelError| matches!(error, ModelError::Weights { .. });
        if broken(&error) {
            return Err(error.into());
        }
        // Only the one at fault fails.
        for part in parts {
            match self.score_parts(texts, std::slice::from_ref(&part), look) {
                Err(error) if broken(&error) => return Err(error.into()),
                Err(error) => texts[part.scoring].failed = Some(Arc::new(error)),
                Ok(()) => {}
            }
        }
        Ok(taken)
    }

    /// One pass over the weights, for parts of texts in the order of the texts.
    fn score_parts(
        &self,
        texts: &mut [Scoring],
        parts: &[Part],
        look: &mut dyn FnMut(ScoredRow<'_>),
    ) -> Result<(), ModelError> {
        let before: Vec<usize> = parts.iter().map(|part| texts[part.scoring].cache.len()).collect();
        let mut at = parts.iter().zip(&before).peekable();
        let mut spans = Vec::with_capacity(parts.len());
        for (scoring, text) in texts.iter_mut().enumerate() {
            let Some((part, &begin)) = at.next_if(|(part, _)| part.scoring == scoring) else { continue };
            let want = if part.rows == 0 { Want::Nothing } else { Want::Tail(part.rows) };
            spans.push(Span { tokens: &text.tokens[begin..part.end], cache: &mut text.cache, want });
        }
        let rows = match self.model().forward(&mut spans, &mut ()) {
            Ok(rows) => rows,
            Err(error) => {
                parts.iter().zip(before).for_each(|(part, len)| texts[part.scoring].cache.truncate(len));
                return Err(error);
            }
        };
        let mut row = 0;
        for part in parts {
            let text = &mut texts[part.scoring];
            for position in part.end - part.rows + 1..=part.end {
                let logits = rows.row(row);
                let sums = self.sums(logits);
                text.stats.push(Self::token_stats_of(logits, &sums, text.tokens[position]));
                look(ScoredRow { scoring: part.scoring, position, row: logits, sums });
                row += 1;
            }
        }
        Ok(())
    }

    /// Keys and values of a text that was scored, for others to begin with.
    pub fn scored_text(&self, scoring: &Scoring) -> CachedText {
        CachedText::new(self.model_id(), scoring.cache.clone())
    }
}

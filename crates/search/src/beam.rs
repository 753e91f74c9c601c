//! Beam search: several hypotheses at once, the best kept.

pub(crate) mod candidates;
pub(crate) mod classic;
mod finished;

pub use finished::EarlyStopping;

use crate::finish::FinishReason;
use crate::observer::{Fate, SearchEvent, SearchObserver};
use crate::randomness::{Race, Randomness};
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, Wants, sound};
use crate::tree::{NodeId, Tree};
use beamline_shape::{Logits, ShapeError};
use beamline_tokens::TokenId;
use candidates::{Continuation, Running, best, tell};
use finished::{Entry, FinishedBeams, divisor};

/// What a placeholder's score is, and what is added to a score that must not count: transformers' own number.
pub(crate) const OUT: f32 = -1.0e9;

/// How a beam search is done.
#[derive(Clone, Debug)]
pub struct BeamOptions {
    /// The number of hypotheses, 1 or more.
    pub beams: usize,
    /// How many of the finished ones to return, at most `beams`.
    pub returned: usize,
    /// Scores are divided by the number of new tokens to this power: above 0 favours long texts, below 0 short ones.
    pub length_penalty: f64,
    /// When to stop looking for better ones.
    pub early_stopping: EarlyStopping,
    /// Draws candidates where given, instead of taking the best.
    pub randomness: Option<Randomness>,
}

#[doc = include_str!("pages/beam.md")]
#[derive(Clone, Debug)]
pub struct Beam {
    options: BeamOptions,
    stop: Stop,
    /// Hypotheses that go on, the best first, with their sums of log-probabilities.
    running: Vec<Running>,
    finished: FinishedBeams,
    step: u32,
    vocab: usize,
    over: Option<&'static str>,
}

impl Beam {
    /// A search of these rules.
    pub fn new(options: BeamOptions, stop: Stop) -> Self {
        // All but the first are placeholders, so that the first step does not take one token many times.
        let running = (0..options.beams).map(|beam| (Tree::ROOT, if beam == 0 { 0.0 } else { OUT })).collect();
        let finished = FinishedBeams::new(options.beams, options.length_penalty, options.early_stopping);
        Self { options, stop, running, finished, step: 0, vocab: 0, over: None }
    }

    /// The candidates in order: the greatest sums, or as drawn.
    fn consider(&self, rows: &[&Logits], watch: &mut dyn SearchObserver) -> Vec<(usize, TokenId, f32)> {
        let count = self.stop.candidates(self.options.beams);
        let Some(randomness) = &self.options.randomness else { return best(&self.running, rows, count) };
        let (parents, plus): (Vec<NodeId>, Vec<f32>) = self.running.iter().copied().unzip();
        let (step, width, vocab) = (self.step, self.options.beams, self.vocab);
        randomness.several(&Race { rows, parents: &parents, plus: &plus, step, width, vocab, count }, watch)
    }

    /// Takes those that end among the first `beams` candidates into the finished beams.
    fn finish(&mut self, tree: &mut Tree, outlooks: &[Outlook<'_>], candidates: &mut [Continuation]) {
        let open = self.finished.is_open();
        let divisor = divisor(self.step as usize + 1, self.options.length_penalty);
        let mut entries = Vec::new();
        for (rank, c) in candidates.iter_mut().enumerate() {
            let Some(reason) = c.ended else { continue };
            if rank >= self.options.beams {
                let by_itself = matches!(reason, FinishReason::Eos | FinishReason::Stop(_));
                c.fate = if by_itself { Fate::EndTooLow } else { Fate::BeyondWidth };
                continue;
            }
            c.fate = if open { Fate::PoolFull } else { Fate::Stopped };
            let score = c.sum / divisor + if open { 0.0 } else { OUT };
            if self.finished.takes(score) {
                let node = c.grow(tree, outlooks, &self.running, Some(reason));
                entries.push(Entry { node, score });
            }
        }
        self.finished.merge(entries);
        for c in candidates.iter_mut().filter(|c| c.node.is_some()) {
            if let Some(reason) = c.ended.filter(|_| c.node.is_some_and(|node| self.finished.holds(node))) {
                c.fate = Fate::Finished(reason);
            }
        }
    }

    /// Lets the best of those that did not end go on.
    fn go_on(&mut self, tree: &mut Tree, outlooks: &[Outlook<'_>], candidates: &mut [Continuation]) {
        let mut order: Vec<usize> = (0..candidates.len()).filter(|&i| candidates[i].ended.is_none()).collect();
        order.sort_by(|&a, &b| candidates[b].sum.total_cmp(&candidates[a].sum));
        order.truncate(self.options.beams);
        let mut running = Vec::with_capacity(order.len());
        for i in order {
            let node = candidates[i].grow(tree, outlooks, &self.running, None);
            candidates[i].fate = Fate::Kept;
            running.push((node, candidates[i].sum));
        }
        self.running = running;
    }

    /// Whether the search is over, and why.
    fn judge(&mut self, all_ended: bool) -> Option<&'static str> {
        let best = self.running.first().map(|r| r.1);
        let generated = self.step as usize;
        if !self.finished.can_improve(best, generated, self.stop.max_new_tokens) {
            return Some("no running hypothesis can win any more");
        }
        if self.finished.early() {
            return Some("as many hypotheses as beams have ended");
        }
        (all_ended || self.running.is_empty()).then_some("every candidate has ended")
    }
}

impl Strategy for Beam {
    fn wants(&self) -> Wants {
        Wants { log_probabilities: true, ..Wants::default() }
    }

    fn frontier(&mut self, _: &Tree) -> Vec<Tip> {
        if self.over.is_some() {
            return Vec::new();
        }
        self.running.iter().zip(0..).map(|(&(node, _), sequence)| Tip { node, sequence }).collect()
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        self.vocab = outlooks.first().map_or(self.vocab, |outlook| outlook.raw.len());
        let rows: Vec<&Logits> = outlooks.iter().map(|outlook| outlook.scores).collect();
        let considered = self.consider(&rows, watch).into_iter();
        let mut candidates: Vec<Continuation> =
            considered.map(|c| Continuation::new(c, &self.running, tree, &self.stop)).collect();
        if candidates.is_empty() && self.finished.entries().is_empty() {
            // Nothing can follow, and nothing has ended: that is the processors' doing.
            outlooks.iter().try_for_each(sound)?;
        }
        self.finish(tree, outlooks, &mut candidates);
        self.go_on(tree, outlooks, &mut candidates);
        self.step += 1;
        self.over = self.judge(candidates.iter().all(|c| c.ended.is_some()));
        if watch.wants() {
            let divisor = divisor(self.step as usize, self.options.length_penalty);
            tell(watch, outlooks, &candidates, |sum| f64::from(sum / divisor));
            watch.on_event(SearchEvent::Pool(&self.finished.entries()));
            self.over.into_iter().for_each(|why| watch.on_event(SearchEvent::Over(why)));
        }
        Ok(())
    }

    fn idle(&mut self) {
        if let Some(randomness) = &self.options.randomness {
            randomness.idle(self.options.beams, self.vocab);
        }
    }

    fn results(&self, tree: &Tree) -> Vec<Found> {
        // What grew from a placeholder is no text of its own; transformers returns it where it has nothing else.
        let real = |&(node, _): &(NodeId, f64)| tree.node(node).score > f64::from(OUT) / 2.0;
        let finished: Vec<(NodeId, f64)> = self.finished.entries().into_iter().filter(real).collect();
        // Before the end, what runs stands beside what has ended, as if it ended now.
        let length = (self.step as usize).max(1);
        let running = self
            .running
            .iter()
            .map(|&(node, sum)| (node, f64::from(sum / divisor(length, self.options.length_penalty))));
        let mut all: Vec<(NodeId, f64)> = finished.into_iter().chain(running.filter(|_| self.over.is_none())).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all.into_iter().take(self.options.returned).map(|(node, score)| Found { node, score: Some(score) }).collect()
    }
}

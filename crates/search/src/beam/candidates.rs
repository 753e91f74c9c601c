//! Continuations of several hypotheses, in one order.

use crate::finish::FinishReason;
use crate::observer::{Considered, Fate, SearchEvent, SearchObserver};
use crate::stop::Stop;
use crate::strategy::Outlook;
use crate::tree::{NodeId, State, Tree};
use beamline_shape::Logits;
use beamline_tokens::TokenId;

/// A hypothesis that goes on, and its sum of log-probabilities.
pub(crate) type Running = (NodeId, f32);

/// A continuation of a hypothesis.
#[derive(Clone, Debug)]
pub(crate) struct Continuation {
    /// Its hypothesis' place.
    pub(crate) beam: usize,
    pub(crate) token: TokenId,
    /// The sum of log-probabilities, its own among them.
    pub(crate) sum: f32,
    pub(crate) ended: Option<FinishReason>,
    pub(crate) node: Option<NodeId>,
    pub(crate) fate: Fate,
}

/// The `count` best continuations, the greatest sums first; of equals the lower place (`beam * vocabulary + token`).
pub(crate) fn best(running: &[Running], rows: &[&Logits], count: usize) -> Vec<(usize, TokenId, f32)> {
    let mut all = Vec::new();
    for (beam, row) in rows.iter().enumerate() {
        all.extend(row.top(count, running[beam].1).into_iter().map(|(token, sum)| (beam, token, sum)));
    }
    // Stable: equals stay by beam, then token.
    all.sort_by(|a, b| b.2.total_cmp(&a.2));
    all.truncate(count);
    all
}

impl Continuation {
    /// A candidate of which nothing is known yet but whether it would end.
    pub(crate) fn new(
        (beam, token, sum): (usize, TokenId, f32),
        running: &[Running],
        tree: &Tree,
        stop: &Stop,
    ) -> Self {
        let ended = stop.after(tree, running[beam].0, token);
        Self { beam, token, sum, ended, node: None, fate: Fate::BeyondWidth }
    }

    /// Whether it ends by what it says, not for want of room or time.
    pub(crate) fn says_end(&self) -> Option<FinishReason> {
        self.ended.filter(|reason| matches!(reason, FinishReason::Eos | FinishReason::Stop(_)))
    }

    /// Adds it to the tree.
    pub(crate) fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        running: &[Running],
        ended: Option<FinishReason>,
    ) -> NodeId {
        let value = outlooks[self.beam].scores.get(self.token).unwrap_or(f32::NEG_INFINITY);
        let node = tree.grow(running[self.beam].0, self.token, f64::from(value), f64::from(self.sum));
        if let Some(reason) = ended {
            tree.set_state(node, State::Finished(reason));
        }
        self.node = Some(node);
        node
    }
}

/// Tells a watcher of candidates in their order; `normalise` divides a sum for its length.
pub(crate) fn tell(
    watch: &mut dyn SearchObserver,
    outlooks: &[Outlook<'_>],
    candidates: &[Continuation],
    normalise: impl Fn(f32) -> f64,
) {
    for (rank, c) in candidates.iter().enumerate() {
        let outlook = &outlooks[c.beam];
        watch.on_event(SearchEvent::Candidate(Considered {
            parent: outlook.tip.node,
            sequence: outlook.tip.sequence,
            token: c.token,
            node: c.node,
            logprob: outlook.scores.get(c.token).map_or(f64::NEG_INFINITY, f64::from),
            score: f64::from(c.sum),
            normalised: Some(normalise(c.sum)),
            rank: rank + 1,
            fate: c.fate,
        }));
    }
}

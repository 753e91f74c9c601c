//! The finished hypotheses of the older beam searches: one for each group or prompt, scored in f64.

use super::EarlyStopping;
use crate::tree::NodeId;

/// At most `size` finished hypotheses.
#[derive(Clone, Debug)]
pub(crate) struct ClassicFinishedBeams {
    size: usize,
    penalty: f64,
    early_stopping: EarlyStopping,
    /// The most new tokens a hypothesis may have.
    limit: usize,
    /// In the order in which they came.
    held: Vec<(NodeId, f64)>,
}

impl ClassicFinishedBeams {
    pub(crate) fn new(size: usize, penalty: f64, early_stopping: EarlyStopping, limit: usize) -> Self {
        Self { size, penalty, early_stopping, limit, held: Vec::new() }
    }

    /// A sum of log-probabilities over `new` tokens, divided for its length.
    pub(crate) fn score(&self, total: f32, new: usize) -> f64 {
        f64::from(total) / libm::pow(new as f64, self.penalty)
    }

    fn worst(&self) -> f64 {
        self.held.iter().map(|held| held.1).fold(f64::INFINITY, f64::min)
    }

    fn is_full(&self) -> bool {
        self.held.len() >= self.size
    }

    /// Whether a hypothesis of this score would be taken.
    pub(crate) fn takes(&self, score: f64) -> bool {
        !self.is_full() || score > self.worst()
    }

    /// Takes a hypothesis if it is good enough; the worst one makes room, the oldest of equals.
    pub(crate) fn add(&mut self, node: NodeId, score: f64) {
        if !self.takes(score) {
            return;
        }
        self.held.push((node, score));
        if self.held.len() > self.size {
            let worst = self.worst();
            if let Some(at) = self.held.iter().position(|held| held.1 == worst) {
                self.held.remove(at);
            }
        }
    }

    /// Whether nothing better is expected: `best` is the greatest sum among the candidates for the `new`-th token.
    pub(crate) fn is_done(&self, best: f32, new: usize) -> bool {
        let length = match self.early_stopping {
            EarlyStopping::Never if self.penalty > 0.0 => self.limit,
            _ => new,
        };
        let attainable = f64::from(best) / libm::pow(length as f64, self.penalty);
        self.is_full() && (self.early_stopping == EarlyStopping::True || self.worst() >= attainable)
    }

    /// In the order in which they came.
    pub(crate) fn held(&self) -> &[(NodeId, f64)] {
        &self.held
    }
}

/// The best hypotheses of some lists, the best first; of equals the later one.
pub(crate) fn ranked<'a>(lists: impl Iterator<Item = &'a ClassicFinishedBeams>) -> Vec<(NodeId, f64)> {
    let mut all: Vec<(NodeId, f64)> = lists.flat_map(|list| list.held().iter().copied()).collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    all.reverse();
    all
}

//! The finished hypotheses, and whether better ones can still come.

use super::OUT;
use crate::tree::NodeId;

/// When a beam search stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EarlyStopping {
    /// As soon as there are as many finished hypotheses as beams.
    True,
    /// When the best running hypothesis, at its present length, is worse than the worst finished one: a heuristic.
    #[default]
    False,
    /// When no running hypothesis can win at any length.
    Never,
}

/// A finished hypothesis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) node: NodeId,
    /// Its score, divided for its length.
    pub(crate) score: f32,
}

/// What a score is divided by: `length^penalty`, the power in f64, then rounded, as in transformers.
pub(crate) fn divisor(length: usize, penalty: f64) -> f32 {
    libm::pow(length as f64, penalty) as f32
}

/// At most as many finished hypotheses as beams, the best first.
#[doc(alias = "BeamHypotheses")]
#[derive(Clone, Debug)]
pub(super) struct FinishedBeams {
    size: usize,
    penalty: f64,
    early_stopping: EarlyStopping,
    entries: Vec<Entry>,
    /// Once no running hypothesis can win, none is taken any more.
    improvable: bool,
}

impl FinishedBeams {
    pub(super) fn new(size: usize, penalty: f64, early_stopping: EarlyStopping) -> Self {
        Self { size, penalty, early_stopping, entries: Vec::new(), improvable: true }
    }

    /// Whether hypotheses are still taken.
    pub(super) fn is_open(&self) -> bool {
        self.improvable && !self.early()
    }

    /// Whether a score would be better than a placeholder's or a finished one's. An equal one is not: what came first stays.
    pub(super) fn takes(&self, score: f32) -> bool {
        let worst = if self.is_full() { self.worst() } else { OUT };
        score > worst
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= self.size
    }

    fn worst(&self) -> f32 {
        self.entries.last().map_or(OUT, |entry| entry.score)
    }

    pub(super) fn merge(&mut self, new: Vec<Entry>) {
        self.entries.extend(new);
        // Stable: of equals the earlier one comes first.
        self.entries.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.entries.truncate(self.size);
    }

    pub(super) fn holds(&self, node: NodeId) -> bool {
        self.entries.iter().any(|entry| entry.node == node)
    }

    /// Whether early stopping says that it is enough.
    pub(super) fn early(&self) -> bool {
        self.early_stopping == EarlyStopping::True && self.is_full()
    }

    /// Whether the best running hypothesis may still win; once it may not, it stays so.
    pub(super) fn can_improve(&mut self, best: Option<f32>, generated: usize, limit: usize) -> bool {
        let length = if self.early_stopping == EarlyStopping::Never && self.penalty > 0.0 { limit } else { generated };
        let best = best.map_or(f32::NEG_INFINITY, |sum| sum / divisor(length, self.penalty));
        // A free place counts as a placeholder.
        let beaten = if self.is_full() { best > self.worst() } else { best > OUT };
        self.improvable = self.improvable && beaten;
        self.improvable
    }

    pub(super) fn entries(&self) -> Vec<(NodeId, f64)> {
        self.entries.iter().map(|entry| (entry.node, f64::from(entry.score))).collect()
    }
}

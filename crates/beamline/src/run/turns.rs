//! Which of a search's sequences have their turn in a step: as many as there is memory for, those first that have waited longest.

use beamline_search::NodeId;
use std::collections::BTreeMap;

/// Logits that the rows of one step hold at most, where sequences can wait for each other: 64 MB. That many rows (341 of 49,152
/// tokens) use the model as well as more would, and take about as long as a piece of a long prompt.
const LOGITS: usize = 1 << 24;

/// The turns of one session. Where sequences do not compete, what follows each depends on it alone, so they may be looked beyond
/// a few at a time: memory is bounded however many there are, and the time is looked at in between. No result depends on it.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    /// At most so many sequences together.
    most: usize,
    /// At most so many in this step, in which others may want memory too.
    now: usize,
    /// How many nodes there were when this round began: what has grown since waits for the next.
    grown: usize,
    /// Whether some have not had their turn in this round.
    behind: bool,
}

impl Turns {
    /// All sequences at once: they compete, or draw from one stream.
    pub(crate) fn together() -> Self {
        Self::at_most(usize::MAX)
    }

    /// Sequences that can wait, each of which takes so many logits a step.
    pub(crate) fn apart(logits: usize) -> Self {
        Self::at_most(LOGITS / logits.max(1))
    }

    /// At most so many sequences at a time; 0 is taken as 1.
    pub(crate) fn at_most(most: usize) -> Self {
        Self { most: most.max(1), now: most.max(1), grown: 0, behind: false }
    }

    /// At most so many together; none where all of them are.
    pub(crate) fn most(&self) -> Option<usize> {
        Some(self.most).filter(|&most| most < usize::MAX)
    }

    /// Shares the memory of the next step with others: so many sessions in all.
    pub(crate) fn share(&mut self, sessions: usize) {
        if self.most().is_some() {
            self.now = (self.most / sessions.max(1)).max(1);
        }
    }

    /// How many sequences may be looked beyond together now.
    pub(crate) fn now(&self) -> usize {
        self.now
    }

    /// Whether some have not had their turn in this round.
    pub(crate) fn is_behind(&self) -> bool {
        self.behind
    }

    /// Takes those whose turn it is out of what waits by its node, of a tree of so many nodes. Nodes grow in the order of their
    /// numbers, so the lowest has waited longest.
    pub(crate) fn take<T>(&mut self, waiting: &mut BTreeMap<NodeId, T>, nodes: usize) -> BTreeMap<NodeId, T> {
        if !self.behind {
            self.grown = nodes;
        }
        let later = |&(i, node): &(usize, &NodeId)| i >= self.now || node.index() >= self.grown;
        let first = waiting.keys().enumerate().find(later).map(|(_, &node)| node);
        let later = first.map_or_else(BTreeMap::new, |first| waiting.split_off(&first));
        self.behind = later.first_key_value().is_some_and(|(node, _)| node.index() < self.grown);
        std::mem::replace(waiting, later)
    }
}

#[cfg(test)]
mod tests;

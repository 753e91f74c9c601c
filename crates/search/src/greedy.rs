//! Greedy search: the most probable token, every time.

use crate::stop::Stop;
use crate::strategy::{Outlook, Strategy, extend};
use crate::tree::{NodeId, State, Tree};

/// **What it does.** Takes the token with the greatest score at every step; of equals, the lowest id.
///
/// **When.** Short, factual answers; anything that must come out the same without a seed.
///
/// **Limits.** The most probable token each time is not the most probable text: a good start may hide a better whole
/// (beam search looks further), and long texts tend to loop.
///
/// **Source.** transformers' `generate` with `do_sample=False`, `num_beams=1`.
#[derive(Clone, Debug)]
pub struct Greedy {
    stop: Stop,
    tip: NodeId,
}

impl Greedy {
    /// A search that ends by these rules.
    pub fn new(stop: Stop) -> Self {
        Self { stop, tip: Tree::ROOT }
    }
}

impl Strategy for Greedy {
    fn frontier(&mut self, tree: &Tree) -> Vec<NodeId> {
        if tree.node(self.tip).state == State::Open { vec![self.tip] } else { Vec::new() }
    }

    fn grow(&mut self, tree: &mut Tree, outlooks: &[Outlook<'_>]) {
        for outlook in outlooks {
            self.tip = extend(tree, &self.stop, outlook, outlook.scores.best());
        }
    }

    fn results(&self, _: &Tree) -> Vec<NodeId> {
        vec![self.tip]
    }
}

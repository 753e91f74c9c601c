//! Greedy search: the most probable token, every time.

use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, extend, sound};
use crate::tree::{NodeId, State, Tree};
use crate::watch::{Fate, Watch};
use crate::witness::chosen;
use beamline_shape::ShapeError;

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
    fn frontier(&mut self, tree: &Tree) -> Vec<Tip> {
        let open = tree.node(self.tip).state == State::Open;
        open.then_some(Tip { node: self.tip, sequence: 0 }).into_iter().collect()
    }

    fn grow(&mut self, tree: &mut Tree, outlooks: &[Outlook<'_>], watch: &mut dyn Watch) -> Result<(), ShapeError> {
        for outlook in outlooks {
            sound(outlook)?;
            let token = outlook.scores.best().expect("a row without fault has a best token");
            self.tip = extend(tree, &self.stop, outlook, token);
            chosen(watch, tree, outlook, self.tip, Fate::NotChosen);
        }
        Ok(())
    }

    fn streams(&self) -> bool {
        true
    }

    fn results(&self, _: &Tree) -> Vec<Found> {
        vec![Found { node: self.tip, score: None }]
    }
}

//! Greedy search: the most probable token, every time.

use crate::observer::{Fate, SearchObserver};
use crate::report::report_choice;
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, extend, sound};
use crate::tree::{NodeId, State, Tree};
use beamline_shape::ShapeError;

#[doc = include_str!("pages/greedy.md")]
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

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        for outlook in outlooks {
            sound(outlook)?;
            let token = outlook.scores.best().expect("a row without fault has a best token");
            self.tip = extend(tree, &self.stop, outlook, token);
            report_choice(watch, tree, outlook, self.tip, Fate::NotChosen);
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

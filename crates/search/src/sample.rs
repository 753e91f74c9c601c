//! Sampling: tokens drawn as their probabilities say.

use crate::observer::{Fate, SearchObserver};
use crate::randomness::Randomness;
use crate::report::report_choice;
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, Wants, extend, sound};
use crate::tree::{NodeId, State, Tree};
use beamline_shape::ShapeError;

#[doc = include_str!("pages/sample.md")]
#[derive(Clone, Debug)]
pub struct Sample {
    stop: Stop,
    randomness: Randomness,
    tips: Vec<NodeId>,
    vocab: usize,
}

impl Sample {
    /// `sequences` draws over one prompt.
    pub fn new(sequences: usize, randomness: Randomness, stop: Stop) -> Self {
        Self { stop, randomness, tips: vec![Tree::ROOT; sequences], vocab: 0 }
    }
}

impl Strategy for Sample {
    fn wants(&self) -> Wants {
        Wants { independent: true, ..Wants::default() }
    }

    fn frontier(&mut self, tree: &Tree) -> Vec<Tip> {
        let tips = self.tips.iter().zip(0..).map(|(&node, sequence)| Tip { node, sequence });
        tips.filter(|tip| tree.node(tip.node).state == State::Open).collect()
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        let mut next = 0;
        for outlook in outlooks {
            sound(outlook)?;
            self.vocab = outlook.raw.len();
            let sequence = outlook.tip.sequence as usize;
            self.randomness.idle(sequence - next, self.vocab);
            next = sequence + 1;
            let token = self.randomness.token(tree, outlook, watch).expect("a row without fault has tokens");
            self.tips[sequence] = extend(tree, &self.stop, outlook, token);
            report_choice(watch, tree, outlook, self.tips[sequence], Fate::NotChosen);
        }
        self.randomness.idle(self.tips.len() - next, self.vocab);
        Ok(())
    }

    fn idle(&mut self) {
        self.randomness.idle(self.tips.len(), self.vocab);
    }

    fn streams(&self) -> bool {
        true
    }

    fn results(&self, _: &Tree) -> Vec<Found> {
        self.tips.iter().map(|&node| Found { node, score: None }).collect()
    }
}

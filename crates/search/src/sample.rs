//! Sampling: tokens drawn as their probabilities say.

use crate::coins::{Coins, Purpose};
use crate::stop::Stop;
use crate::strategy::{Outlook, Strategy, extend};
use crate::tree::{NodeId, State, Tree};

/// **What it does.** Draws each token from the distribution that the processors leave, for one or more sequences over
/// the same prompt.
///
/// **When.** Open-ended text, with a temperature and a truncation (top-k, top-p) against the long tail.
///
/// **Limits.** Without truncation, thousands of improbable tokens add up, and now and then one is drawn. Equal seeds give
/// equal texts, whatever else runs beside them.
///
/// **Source.** transformers' `generate` with `do_sample=True`; the draws are our own ([`Coins`]).
#[derive(Clone, Debug)]
pub struct Sample {
    stop: Stop,
    coins: Coins,
    tips: Vec<NodeId>,
}

impl Sample {
    /// `sequences` draws over one prompt.
    pub fn new(sequences: usize, coins: Coins, stop: Stop) -> Self {
        Self { stop, coins, tips: vec![Tree::ROOT; sequences] }
    }
}

impl Strategy for Sample {
    fn frontier(&mut self, tree: &Tree) -> Vec<NodeId> {
        self.tips.iter().copied().filter(|&tip| tree.node(tip).state == State::Open).collect()
    }

    fn grow(&mut self, tree: &mut Tree, outlooks: &[Outlook<'_>]) {
        let mut answers = outlooks.iter();
        for (sequence, tip) in self.tips.iter_mut().enumerate() {
            if tree.node(*tip).state != State::Open {
                continue;
            }
            let Some(outlook) = answers.next() else { break };
            let coin = self.coins.toss(sequence as u32, tree.depth(*tip) as u32, Purpose::Token, 0);
            *tip = extend(tree, &self.stop, outlook, outlook.scores.distribution().pick(coin));
        }
    }

    fn results(&self, _: &Tree) -> Vec<NodeId> {
        self.tips.clone()
    }
}

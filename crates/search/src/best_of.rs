//! Best of n: many samples, of which the best are returned.

mod overlap;

use crate::observer::SearchObserver;
use crate::randomness::Randomness;
use crate::sample::Sample;
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, Wants};
use crate::tree::{NodeId, Tree};
use beamline_shape::ShapeError;
use overlap::Overlaps;
use std::cell::RefCell;

/// What makes a sample better than another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RankBy {
    /// The mean log-probability of its tokens under the raw model.
    #[default]
    LogProb,
    /// How much it has in common with the others: the minimum Bayes risk.
    Mbr,
}

#[doc = include_str!("pages/best_of.md")]
#[derive(Clone, Debug)]
pub struct BestOf {
    samples: Sample,
    returned: usize,
    /// What is known of the samples as far as they have been looked at: asking again looks at what is new.
    known: RefCell<Known>,
}

/// What samples are ranked by.
#[derive(Clone, Debug)]
struct Known {
    /// Of each sample, the last node that was looked at and the sum of its tokens' log-probabilities.
    sums: Vec<(NodeId, f64)>,
    /// What they have in common, where they are ranked by that.
    overlaps: Option<Overlaps>,
}

impl Known {
    /// Looks at a sample's new tokens, up to `node`.
    fn look(&mut self, sample: usize, tree: &Tree, node: NodeId) {
        let (seen, sum) = &mut self.sums[sample];
        for id in tree.branch_from(*seen, node) {
            let new = tree.node(id);
            // The raw model's log-probability, where it is known.
            *sum += new.raw.map_or(new.logprob, |raw| raw.logprob);
            if let Some(overlaps) = &mut self.overlaps {
                overlaps.push(sample, new.token);
            }
        }
        *seen = node;
    }

    fn scores(&self, tree: &Tree) -> Vec<f64> {
        let mean = |&(node, sum): &(NodeId, f64)| sum / tree.depth(node).max(1) as f64;
        self.overlaps.as_ref().map_or_else(|| self.sums.iter().map(mean).collect(), Overlaps::utilities)
    }
}

impl BestOf {
    /// Draws `samples`, returns `returned` of them.
    pub fn new(samples: usize, returned: usize, rank_by: RankBy, randomness: Randomness, stop: Stop) -> Self {
        let overlaps = (rank_by == RankBy::Mbr).then(|| Overlaps::new(samples));
        // What the sum of no numbers is.
        let known = RefCell::new(Known { sums: vec![(Tree::ROOT, -0.0); samples], overlaps });
        Self { samples: Sample::new(samples, randomness, stop), returned, known }
    }

    /// All samples with their scores, the best first.
    fn ranked(&self, tree: &Tree) -> Vec<(NodeId, f64)> {
        let nodes: Vec<NodeId> = self.samples.results(tree).iter().map(|found| found.node).collect();
        let mut known = self.known.borrow_mut();
        nodes.iter().enumerate().for_each(|(sample, &node)| known.look(sample, tree, node));
        let mut ranked: Vec<(NodeId, f64)> = nodes.into_iter().zip(known.scores(tree)).collect();
        // Stable: of equals the one drawn first. One whose time was up before its first token is no better than any text.
        ranked.sort_by(|a, b| (a.0 == Tree::ROOT).cmp(&(b.0 == Tree::ROOT)).then(b.1.total_cmp(&a.1)));
        ranked
    }
}

impl Strategy for BestOf {
    fn wants(&self) -> Wants {
        Wants { independent: true, ..Wants::default() }
    }

    fn frontier(&mut self, tree: &Tree) -> Vec<Tip> {
        self.samples.frontier(tree)
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        self.samples.grow(tree, outlooks, watch)
    }

    fn idle(&mut self) {
        self.samples.idle();
    }

    fn results(&self, tree: &Tree) -> Vec<Found> {
        let ranked = self.ranked(tree).into_iter().take(self.returned);
        ranked.map(|(node, score)| Found { node, score: (node != Tree::ROOT).then_some(score) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coins::Coins;
    use crate::finish::FinishReason;
    use crate::tree::State;
    use beamline_shape::Logits;

    /// A sample that ended before its first token (its time was up) stands behind all that have a text, and has no score.
    #[test]
    fn samples_without_a_text_come_last() {
        let row = [0.1, 0.7, 0.3, 0.2];
        let stop = Stop { eos: Vec::new(), max_new_tokens: 2, ..Stop::default() };
        for rank_by in [RankBy::LogProb, RankBy::Mbr] {
            let randomness = Randomness::Counter(Coins::new(5));
            let (mut search, mut tree) = (BestOf::new(4, 4, rank_by, randomness, stop.clone()), Tree::new());
            let scores = Logits::of(&row);
            let tips = search.frontier(&tree);
            let outlook = |&tip| Outlook { tip, raw: &row, scores: &scores, fault: None, hidden: &[], states: 0 };
            let outlooks: Vec<Outlook<'_>> = tips[1..3].iter().map(outlook).collect();
            search.grow(&mut tree, &outlooks, &mut ()).unwrap();
            tree.set_state(Tree::ROOT, State::Finished(FinishReason::Time));
            assert_eq!(search.frontier(&tree).len(), 2);
            let found = search.results(&tree);
            let empty = |found: &Found| (found.node == Tree::ROOT, found.score.is_none());
            let expected = [(false, false), (false, false), (true, true), (true, true)];
            assert_eq!(found.iter().map(empty).collect::<Vec<_>>(), expected);
        }
    }

    /// Asked after every step, each score is the mean over the whole sample, to the bit; and so it is when asked at the end.
    #[test]
    fn scores_asked_for_along_the_way_are_those_of_the_end() {
        let row = [0.1, 0.7, 0.3, 0.2];
        let stop = Stop { eos: Vec::new(), max_new_tokens: 12, ..Stop::default() };
        for rank_by in [RankBy::LogProb, RankBy::Mbr] {
            let mut search = BestOf::new(3, 3, rank_by, Randomness::Counter(Coins::new(5)), stop.clone());
            let (mut late, mut tree) = (search.clone(), Tree::new());
            let scores = Logits::of(&row);
            for _ in 0..12 {
                let tips = search.frontier(&tree);
                let outlook = |&tip| Outlook { tip, raw: &row, scores: &scores, fault: None, hidden: &[], states: 0 };
                let outlooks: Vec<Outlook<'_>> = tips.iter().map(outlook).collect();
                search.grow(&mut tree, &outlooks, &mut ()).unwrap();
                for found in search.results(&tree).iter().filter(|_| rank_by == RankBy::LogProb) {
                    let branch = tree.branch(found.node);
                    let mean = branch.iter().map(|&id| tree.node(id).logprob).sum::<f64>() / branch.len() as f64;
                    assert_eq!(found.score.map(f64::to_bits), Some(mean.to_bits()));
                }
            }
            late.samples = search.samples.clone();
            assert_eq!(late.results(&tree), search.results(&tree));
        }
    }
}

//! Best of n: many samples, of which the best are returned.

use crate::observer::SearchObserver;
use crate::randomness::Randomness;
use crate::sample::Sample;
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, Wants};
use crate::tree::{NodeId, Tree};
use beamline_shape::ShapeError;
use beamline_tokens::TokenId;
use std::collections::BTreeMap;

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
    rank_by: RankBy,
}

impl BestOf {
    /// Draws `samples`, returns `returned` of them.
    pub fn new(samples: usize, returned: usize, rank_by: RankBy, randomness: Randomness, stop: Stop) -> Self {
        Self { samples: Sample::new(samples, randomness, stop), returned, rank_by }
    }

    /// All samples with their scores, the best first.
    fn ranked(&self, tree: &Tree) -> Vec<(NodeId, f64)> {
        let nodes: Vec<NodeId> = self.samples.results(tree).iter().map(|found| found.node).collect();
        let scores = match self.rank_by {
            RankBy::LogProb => nodes.iter().map(|&node| mean_logprob(tree, node)).collect(),
            RankBy::Mbr => utilities(&nodes.iter().map(|&node| tree.path(node)).collect::<Vec<_>>()),
        };
        let mut ranked: Vec<(NodeId, f64)> = nodes.into_iter().zip(scores).collect();
        // Stable: of equals the one drawn first.
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}

/// The mean log-probability of a sequence's tokens; the raw model's where it is known.
fn mean_logprob(tree: &Tree, node: NodeId) -> f64 {
    let branch = tree.branch(node);
    let logprob = |&id: &NodeId| tree.node(id).raw.map_or(tree.node(id).logprob, |raw| raw.logprob);
    branch.iter().map(logprob).sum::<f64>() / branch.len().max(1) as f64
}

/// How often each run of `n` tokens occurs.
fn runs(text: &[TokenId], n: usize) -> BTreeMap<&[TokenId], usize> {
    let mut runs = BTreeMap::new();
    text.windows(n).for_each(|window| *runs.entry(window).or_insert(0) += 1);
    runs
}

/// The mean F1 of two texts' runs of 1 to 4 tokens, over the lengths that either has.
pub(crate) fn utility(a: &[TokenId], b: &[TokenId]) -> f64 {
    let lengths = a.len().max(b.len()).min(4);
    let f1 = |n: usize| {
        let (x, y) = (runs(a, n), runs(b, n));
        let common: usize = x.iter().map(|(run, &count)| count.min(y.get(run).copied().unwrap_or(0))).sum();
        let total: usize = x.values().chain(y.values()).sum();
        if total == 0 { 1.0 } else { 2.0 * common as f64 / total as f64 }
    };
    if lengths == 0 { 1.0 } else { (1..=lengths).map(f1).sum::<f64>() / lengths as f64 }
}

/// Each text's mean utility against all others.
fn utilities(texts: &[Vec<TokenId>]) -> Vec<f64> {
    let mut sums = vec![0.0; texts.len()];
    for i in 0..texts.len() {
        for j in i + 1..texts.len() {
            let utility = utility(&texts[i], &texts[j]);
            sums[i] += utility;
            sums[j] += utility;
        }
    }
    let others = texts.len().saturating_sub(1).max(1) as f64;
    sums.into_iter().map(|sum| sum / others).collect()
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
        ranked.map(|(node, score)| Found { node, score: Some(score) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utility_is_what_two_texts_have_in_common() {
        let ids = |list: &[u32]| list.iter().copied().map(TokenId).collect::<Vec<_>>();
        assert_eq!(utility(&ids(&[1, 2, 3]), &ids(&[1, 2, 3])), 1.0);
        assert_eq!(utility(&ids(&[1, 2]), &ids(&[3, 4])), 0.0);
        // Single tokens: 2 of 2 and 3; pairs: 1 of 1 and 2; three in a row: 0 of 0 and 1.
        let expected = (4.0 / 5.0 + 2.0 / 3.0 + 0.0) / 3.0;
        assert!((utility(&ids(&[1, 2]), &ids(&[1, 2, 9])) - expected).abs() < 1e-12);
        let scores = utilities(&[ids(&[1, 2]), ids(&[1, 2]), ids(&[7])]);
        assert!(scores[0] == scores[1] && scores[0] > scores[2]);
    }
}

//! Telling a watcher which token was taken, and which were not.

use crate::observer::{Considered, Fate, SearchEvent, SearchObserver};
use crate::strategy::Outlook;
use crate::tree::{NodeId, State, Tree};

/// How many of the best tokens are told of where one is taken out of many.
const SHOWN: usize = 10;

/// Tells of the best tokens and of the one that became `node`; `others` is the fate of the rest.
pub(crate) fn report_choice(
    watch: &mut dyn SearchObserver,
    tree: &Tree,
    outlook: &Outlook<'_>,
    node: NodeId,
    others: Fate,
) {
    if !watch.wants() {
        return;
    }
    let log_sum = outlook.scores.sums().log_sum();
    let taken = tree.node(node);
    let before = tree.node(outlook.tip.node).score;
    let mut best = outlook.scores.top(SHOWN, 0.0);
    let mut ranks: Vec<usize> = (1..=best.len()).collect();
    if best.iter().all(|&(token, _)| token != taken.token)
        && let Some(value) = outlook.scores.get(taken.token)
    {
        let ahead = outlook.scores.iter().filter(|&(id, v)| v > value || (v == value && id < taken.token)).count();
        best.push((taken.token, value));
        ranks.push(ahead + 1);
    }
    for ((token, value), rank) in best.into_iter().zip(ranks) {
        let logprob = f64::from(value) - log_sum;
        let (own, fate) = match taken.state {
            _ if token != taken.token => (None, others),
            State::Open => (Some(node), Fate::Kept),
            State::Finished(reason) => (Some(node), Fate::Finished(reason)),
        };
        watch.on_event(SearchEvent::Candidate(Considered {
            parent: outlook.tip.node,
            sequence: outlook.tip.sequence,
            token,
            node: own,
            logprob,
            score: before + logprob,
            normalised: None,
            rank,
            fate,
        }));
    }
}

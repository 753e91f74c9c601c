//! Strategies served by hand: no model is needed to test a policy.
#![allow(dead_code, clippy::unwrap_used)] // not every test uses everything; tests may unwrap

use beamline_search::{FinishReason, Found, Outlook, SearchEvent, SearchObserver, State, Stop, Strategy, Tree};
use beamline_shape::Logits;
use beamline_tokens::TokenId;

/// What a search came to.
pub(crate) struct Outcome {
    pub(crate) tree: Tree,
    pub(crate) found: Vec<Found>,
    pub(crate) strategy: Box<dyn Strategy>,
}

impl Outcome {
    /// The sequences' tokens and how each ended.
    pub(crate) fn texts(&self) -> Vec<(Vec<u32>, FinishReason)> {
        let ended = |node| match self.tree.node(node).state {
            State::Finished(reason) => reason,
            State::Open => panic!("a search that is over has no open results"),
        };
        let path = |node| self.tree.path(node).iter().map(|t| t.0).collect();
        self.found.iter().map(|found| (path(found.node), ended(found.node))).collect()
    }

    /// The sequences' tokens.
    pub(crate) fn paths(&self) -> Vec<Vec<u32>> {
        self.texts().into_iter().map(|(path, _)| path).collect()
    }

    pub(crate) fn scores(&self) -> Vec<f64> {
        self.found.iter().map(|found| found.score.unwrap()).collect()
    }
}

/// Runs a strategy on a table of next-token logits, begun at token 0.
pub(crate) fn run(strategy: impl Strategy + 'static, table: &[Vec<f32>]) -> Outcome {
    watched(strategy, table, &mut ())
}

/// Runs a strategy on a table of next-token logits, begun at token 0, while `watch` listens.
pub(crate) fn watched(
    strategy: impl Strategy + 'static,
    table: &[Vec<f32>],
    watch: &mut dyn SearchObserver,
) -> Outcome {
    let (mut strategy, mut tree): (Box<dyn Strategy>, Tree) = (Box::new(strategy), Tree::new());
    loop {
        let asked = strategy.frontier(&tree);
        if asked.is_empty() {
            break;
        }
        let row = |node| table[tree.path(node).last().map_or(0, |t| t.index())].as_slice();
        let rows: Vec<&[f32]> = asked.iter().map(|tip| row(tip.node)).collect();
        let shaped = |row: &&[f32]| {
            let mut scores = Logits::of(row);
            if strategy.wants().log_probabilities {
                scores.log_softmax();
            }
            scores
        };
        let scores: Vec<Logits> = rows.iter().map(shaped).collect();
        // Hidden states for those who want them: a token's own direction.
        let hidden: Vec<Vec<f32>> = asked
            .iter()
            .map(|tip| {
                let token = tree.path(tip.node).last().map_or(0, |t| t.index());
                (0..table.len()).map(|i| if i == token { 1.0 } else { 0.1 }).collect()
            })
            .collect();
        let outlook = |i: usize| Outlook {
            tip: asked[i],
            raw: rows[i],
            scores: &scores[i],
            fault: None,
            hidden: &hidden[i],
            states: 1,
        };
        let outlooks: Vec<Outlook<'_>> = (0..asked.len()).map(outlook).collect();
        strategy.grow(&mut tree, &outlooks, watch).unwrap();
    }
    Outcome { found: strategy.results(&tree), tree, strategy }
}

/// A table of logits from one of probabilities.
pub(crate) fn log(table: &[&[f32]]) -> Vec<Vec<f32>> {
    table.iter().map(|row| row.iter().map(|p| p.ln()).collect()).collect()
}

/// Rules to stop.
pub(crate) fn stop(eos: &[u32], max_new_tokens: usize) -> Stop {
    Stop { eos: eos.iter().copied().map(TokenId).collect(), max_new_tokens, ..Stop::default() }
}

/// Keeps everything that happens.
#[derive(Default)]
pub(crate) struct Witness(pub(crate) Vec<String>, pub(crate) Vec<beamline_search::Considered>);

impl SearchObserver for Witness {
    fn wants(&self) -> bool {
        true
    }
    fn on_event(&mut self, event: SearchEvent<'_>) {
        if let SearchEvent::Candidate(candidate) = event {
            self.1.push(candidate);
        }
        self.0.push(format!("{event:?}"));
    }
}

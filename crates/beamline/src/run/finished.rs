//! Where a text that is held to a grammar ends without an end token: there may be none among the model's.

use beamline_search::{NodeId, StopRule, Tree};
use beamline_shape::Pipeline;
use beamline_tokens::{TokenId, TokenList};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Ends a sequence at the token after which its grammar lets nothing follow.
pub(crate) struct AtGrammarEnd {
    known: Mutex<Known>,
}

/// The grammars' states after some nodes.
struct Known {
    root: Pipeline,
    /// The last ones asked for, the oldest first.
    recent: VecDeque<(NodeId, Pipeline)>,
}

impl AtGrammarEnd {
    /// States that are kept: those of the beams of a step, and of the step before.
    const KEPT: usize = 64;

    /// A rule for the processors that know whether a text may end, as they are after the prompt.
    pub(crate) fn new(judges: Pipeline) -> Self {
        Self { known: Mutex::new(Known { root: judges, recent: VecDeque::new() }) }
    }
}

impl Known {
    /// The state after a node: of the nearest node above it that is known, and moved on from there.
    fn after(&mut self, tree: &Tree, node: NodeId) -> Pipeline {
        let (mut at, mut tokens) = (node, Vec::new());
        let mut state = loop {
            if let Some((_, state)) = self.recent.iter().find(|(known, _)| *known == at) {
                break state.fork();
            }
            let Some(parent) = tree.node(at).parent else { break self.root.fork() };
            tokens.push(tree.node(at).token);
            at = parent;
        };
        if !tokens.is_empty() {
            tokens.iter().rev().for_each(|&token| state.accept(&TokenList::new(), token));
            self.recent.push_back((node, state.fork()));
            self.recent.drain(..self.recent.len().saturating_sub(AtGrammarEnd::KEPT));
        }
        state
    }
}

impl StopRule for AtGrammarEnd {
    fn ends(&self, tree: &Tree, parent: NodeId, token: TokenId) -> bool {
        let mut state = self.known.lock().unwrap_or_else(PoisonError::into_inner).after(tree, parent);
        state.accept(&TokenList::new(), token);
        state.is_finished()
    }
}

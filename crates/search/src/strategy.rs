//! The seam between choosing and everything else.

use crate::stop::Stop;
use crate::tree::{NodeId, State, Tree};
use beamline_shape::Logits;
use beamline_tokens::TokenId;

/// What may follow one node.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    /// The node.
    pub node: NodeId,
    /// The model's own logits, one for each token.
    pub raw: &'a [f32],
    /// What the processors made of them.
    pub scores: &'a Logits,
}

/// A policy over the tree.
pub trait Strategy: Send {
    /// The nodes whose outlook is needed next, a node for each sequence that goes on (so one may come several times);
    /// none when the search is over.
    fn frontier(&mut self, tree: &Tree) -> Vec<NodeId>;

    /// Grows the tree from the outlooks, which come in the order asked for.
    fn grow(&mut self, tree: &mut Tree, outlooks: &[Outlook<'_>]);

    /// The last nodes of the sequences found, the best first.
    fn results(&self, tree: &Tree) -> Vec<NodeId>;
}

/// Adds `token` to a sequence and ends it where the rules say so. `None` is the end of a row in which nothing is left,
/// which a pipeline reports before it comes here.
pub(crate) fn extend(tree: &mut Tree, stop: &Stop, outlook: &Outlook<'_>, token: Option<TokenId>) -> NodeId {
    let token = token.expect("a pipeline leaves at least one token");
    let value = outlook.scores.get(token).expect("a token that is still in play");
    let logprob = f64::from(value) - outlook.scores.sums().log_sum();
    let node = tree.grow(outlook.node, token, logprob);
    if let Some(reason) = stop.after(token, tree.depth(node)) {
        tree.set_state(node, State::Finished(reason));
    }
    node
}

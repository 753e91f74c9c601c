//! The seam between choosing and everything else.

use crate::observer::SearchObserver;
use crate::stop::Stop;
use crate::tree::{NodeId, State, Tree};
use beamline_shape::{Logits, ShapeError};
use beamline_tokens::TokenId;

/// A node to be looked beyond, for one of the search's sequences.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tip {
    /// The node.
    pub node: NodeId,
    /// Which of the search's sequences asks: draws are made in its name.
    pub sequence: u32,
}

/// What may follow one node.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    /// The tip that asked.
    pub tip: Tip,
    /// The model's own logits, one for each token.
    pub raw: &'a [f32],
    /// What the processors made of them, or of their log-probabilities where the strategy wants those.
    pub scores: &'a Logits,
    /// Why nothing can be chosen from `scores`, where that is so.
    pub fault: Option<&'a ShapeError>,
    /// The model's last hidden states `[n, width]` of the tokens that have been fed since the nearest ancestor was
    /// looked beyond, the node's own last; empty unless the strategy wants them.
    pub hidden: &'a [f32],
    /// How many hidden states there are: `n`.
    pub states: usize,
}

/// What a strategy asks of whoever serves it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // wishes that have nothing to do with each other
pub struct Wants {
    /// Processors act on log-probabilities, as in transformers' beam search, not on logits.
    pub log_probabilities: bool,
    /// Outlooks carry hidden states.
    pub hidden: bool,
    /// Any node may be asked for at any time, not only descendants of the last frontier.
    pub revisits: bool,
    /// Sequences do not compete: what follows a tip belongs to the tip's own sequence, and hangs on no other. Where there are many,
    /// [`Strategy::grow`] gets the frontier's outlooks a few at a time, and a node that is finished from outside (its time is
    /// up) is to be asked for no more.
    pub independent: bool,
}

/// A sequence that a search found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Found {
    /// Its last node.
    pub node: NodeId,
    /// The score by which sequences were ranked, if they were.
    pub score: Option<f64>,
}

/// A policy over the tree.
pub trait Strategy: Send {
    /// What it asks of whoever serves it.
    fn wants(&self) -> Wants {
        Wants::default()
    }

    /// The nodes whose outlook is needed next, one for each sequence that goes on (so a node may come several times);
    /// none when the search is over.
    fn frontier(&mut self, tree: &Tree) -> Vec<Tip>;

    /// Every tip that may still be asked for before the tree grows below it, those of the frontier among them: their rows
    /// are computed in one pass. For most strategies this is the frontier.
    fn alive(&mut self, tree: &Tree) -> Vec<Tip> {
        self.frontier(tree)
    }

    /// The most nodes that [`alive`](Self::alive) ever names, each with keys and values of its own, for who plans memory; none
    /// where the options that the search was asked for by say it.
    fn most_alive(&self) -> Option<usize> {
        None
    }

    /// Tokens that others have just chosen at this step, for processors that look at them.
    fn taken(&self) -> &[TokenId] {
        &[]
    }

    /// Grows the tree from the outlooks, which come in the order asked for. `watch` hears of what is considered.
    ///
    /// # Errors
    /// When nothing can be chosen, as the processor at fault says.
    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError>;

    /// Hears that other prompts of the batch took a step after this search was over.
    fn idle(&mut self) {}

    /// The sequences found, the best first; before the end, what there is.
    fn results(&self, tree: &Tree) -> Vec<Found>;

    /// Whether the first result only ever grows at its end, so that its text may be shown as it comes.
    fn streams(&self) -> bool {
        false
    }

    /// What is known of the result beyond the sequences, in words and numbers; none for most.
    fn certificate(&self) -> Option<Certificate> {
        None
    }
}

/// What an exact search proved.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Certificate {
    /// The log-probability of the best sequence found.
    pub best: f64,
    /// No sequence has a greater log-probability than this; equal to `best` where the mode was found.
    pub bound: f64,
    /// What a beam search of the same width would have found.
    pub beam: Option<f64>,
    /// Nodes looked beyond.
    pub nodes: usize,
}

/// Adds `token` to a sequence, counting its log-probability among what the processors left, and ends the sequence where
/// the rules say so.
pub(crate) fn extend(tree: &mut Tree, stop: &Stop, outlook: &Outlook<'_>, token: TokenId) -> NodeId {
    let parent = outlook.tip.node;
    let value = outlook.scores.get(token).unwrap_or(f32::NEG_INFINITY);
    let logprob = f64::from(value) - outlook.scores.sums().log_sum();
    let ended = stop.after(tree, parent, token);
    let node = tree.grow(parent, token, logprob, tree.node(parent).score + logprob);
    if let Some(reason) = ended {
        tree.set_state(node, State::Finished(reason));
    }
    node
}

/// The fault of an outlook as an error.
pub(crate) fn sound(outlook: &Outlook<'_>) -> Result<(), ShapeError> {
    outlook.fault.map_or(Ok(()), |fault| Err(fault.clone()))
}

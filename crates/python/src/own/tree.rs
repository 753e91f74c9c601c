//! The tree of tokens that a strategy of Python grows.

use super::outlook::Outlook;
use crate::failure::usage;
use crate::prompts::numbers;
use beamline::{FinishReason, NodeId, State, Stop, TokenId, Tree as TokenTree};
use numpy::PyArray1;
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, TryLockError};

/// A tree of tokens over one prompt; nodes are numbered as they grow, and 0 is the prompt.
///
/// It is a copy of the search's own tree: what is grown here is grown there when the call returns.
#[pyclass(frozen, module = "beamline._beamline")]
pub(crate) struct Tree {
    inner: Mutex<Grown>,
    stop: Stop,
    vocab: usize,
}

/// The tree, the ids of its nodes by their numbers, and the nodes whose state was set.
pub(super) struct Grown {
    pub(super) tree: TokenTree,
    pub(super) ids: Vec<NodeId>,
    pub(super) ended: Vec<NodeId>,
}

impl Grown {
    pub(super) fn id(&self, node: usize) -> PyResult<NodeId> {
        let last = self.ids.len() - 1;
        let known = self.ids.get(node).copied();
        known.ok_or_else(|| usage(format!("node must be in 0..={last}, got {node}; 0 is the prompt")))
    }

    fn grow(&mut self, parent: NodeId, token: TokenId, logprob: f64, score: f64) -> NodeId {
        let id = self.tree.grow(parent, token, logprob, score);
        self.ids.push(id);
        id
    }

    fn end(&mut self, id: NodeId, reason: FinishReason) {
        self.tree.set_state(id, State::Finished(reason));
        self.ended.push(id);
    }
}

impl Tree {
    pub(super) fn new(stop: Stop, vocab: usize) -> Self {
        let grown = Grown { tree: TokenTree::new(), ids: vec![TokenTree::ROOT], ended: Vec::new() };
        Self { inner: Mutex::new(grown), stop, vocab }
    }

    /// The tree, for this call alone. A rule to stop that is asked about a new token must not come back to it.
    pub(super) fn grown(&self) -> PyResult<MutexGuard<'_, Grown>> {
        match self.inner.try_lock() {
            Ok(grown) => Ok(grown),
            Err(TryLockError::Poisoned(grown)) => Ok(grown.into_inner()),
            Err(TryLockError::WouldBlock) => Err(usage("the tree is in use; a rule to stop cannot look at it")),
        }
    }

    fn token(&self, token: u32) -> PyResult<TokenId> {
        if (token as usize) < self.vocab {
            return Ok(TokenId(token));
        }
        Err(usage(format!("token must be in 0..={}, got {token}", self.vocab - 1)))
    }

    /// Adds a token, and ends the sequence where the rules say so.
    fn add(&self, grown: &mut Grown, parent: NodeId, token: TokenId, logprob: f64, score: f64) -> usize {
        let reason = self.stop.after(&grown.tree, parent, token);
        let id = grown.grow(parent, token, logprob, score);
        if let Some(reason) = reason {
            grown.end(id, reason);
        }
        id.index()
    }
}

#[pymethods]
impl Tree {
    /// Adds `token` below `parent`, with its log-probability and the score of the path that it ends (the parent's score and
    /// `logprob` where none is given); gives the new node. The sequence ends there where the rules to stop say so.
    #[pyo3(signature = (parent, token, logprob, score = None))]
    fn grow(&self, parent: usize, token: u32, logprob: f64, score: Option<f64>) -> PyResult<usize> {
        let mut grown = self.grown()?;
        let id = grown.id(parent)?;
        if grown.tree.node(id).state != State::Open {
            return Err(usage(format!("node {parent} has ended; nothing can follow it")));
        }
        if logprob.is_nan() || score.is_some_and(f64::is_nan) {
            return Err(usage("logprob and score must be numbers, got NaN"));
        }
        let score = score.unwrap_or(grown.tree.node(id).score + logprob);
        Ok(self.add(&mut grown, id, self.token(token)?, logprob, score))
    }

    /// Adds `token` below the node of an outlook, with its log-probability among what the processors left.
    fn extend(&self, outlook: &Outlook, token: u32) -> PyResult<usize> {
        let value = self.token(token).map(|token| outlook.scores.get(token))?;
        let value = value.ok_or_else(|| usage(format!("token {token} was removed by the processors")))?;
        self.grow(outlook.at.index(), token, f64::from(value) - outlook.scores.sums().log_sum(), None)
    }

    /// Ends the sequence at a node.
    fn finish(&self, node: usize) -> PyResult<()> {
        let mut grown = self.grown()?;
        let id = grown.id(node)?;
        grown.end(id, FinishReason::Rule(0));
        Ok(())
    }

    /// Why the sequence ended at a node (`eos`, `stop`, `length` or `time`); None while it goes on.
    fn finished(&self, node: usize) -> PyResult<Option<&'static str>> {
        let grown = self.grown()?;
        Ok(match grown.tree.node(grown.id(node)?).state {
            State::Finished(reason) => Some(reason.name()),
            State::Open => None,
        })
    }

    /// The new tokens from the prompt to a node, its own last.
    fn tokens<'py>(&self, py: Python<'py>, node: usize) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let grown = self.grown()?;
        Ok(PyArray1::from_vec(py, numbers(&grown.tree.path(grown.id(node)?))))
    }

    /// The node that a node follows; None for the prompt.
    fn parent(&self, node: usize) -> PyResult<Option<usize>> {
        let grown = self.grown()?;
        Ok(grown.tree.node(grown.id(node)?).parent.map(NodeId::index))
    }

    /// The score of the path to a node.
    fn score(&self, node: usize) -> PyResult<f64> {
        let grown = self.grown()?;
        Ok(grown.tree.node(grown.id(node)?).score)
    }

    /// How many tokens lie between the prompt and a node, its own among them.
    fn depth(&self, node: usize) -> PyResult<u32> {
        let grown = self.grown()?;
        Ok(grown.tree.node(grown.id(node)?).depth)
    }

    /// The number of nodes, the prompt among them.
    fn __len__(&self) -> PyResult<usize> {
        Ok(self.grown()?.ids.len())
    }
}

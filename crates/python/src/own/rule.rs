//! A function of Python that says where a sequence ends.

use crate::interrupt::Raised;
use crate::prompts::numbers;
use beamline::{NodeId, StopRule, TokenId, Tree};
use numpy::PyArray1;
use pyo3::prelude::*;
use std::sync::Arc;

/// Calls `function(tokens, prompt_len)` where a token is about to be added, with the tokens of prompt and text, it last.
pub(crate) struct PythonRule {
    pub(crate) function: Arc<Py<PyAny>>,
    pub(crate) prompt: Vec<TokenId>,
    pub(crate) raised: Raised,
}

impl StopRule for PythonRule {
    fn ends(&self, tree: &Tree, parent: NodeId, token: TokenId) -> bool {
        if self.raised.is_some() {
            return true;
        }
        let (path, prompt) = (tree.path(parent), self.prompt.len());
        let tokens = numbers(self.prompt.iter().chain(&path).chain([&token]));
        let answer = Python::attach(|py| {
            self.function.call1(py, (PyArray1::from_vec(py, tokens), prompt))?.bind(py).is_truthy()
        });
        answer.unwrap_or_else(|error| {
            self.raised.keep(error);
            true
        })
    }
}

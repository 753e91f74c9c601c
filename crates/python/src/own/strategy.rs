//! An object of Python that decides how a search goes on.

use super::outlook::Outlook;
use super::tree::Tree;
use crate::failure::usage;
use crate::interrupt::Raised;
use crate::prompts::numbers;
use beamline::{Found, SearchObserver, ShapeError, State, Stop, Strategy, Tip, TokenId, Tree as TokenTree, Wants};
use numpy::PyArray1;
use pyo3::prelude::*;

/// Calls `frontier(tree)`, `grow(tree, outlooks)` and `results(tree)` of an object that `make(prompt)` made.
pub(crate) struct PythonStrategy {
    object: Option<Py<PyAny>>,
    tree: Option<Py<Tree>>,
    wants: Wants,
    most_alive: Option<usize>,
    streams: bool,
    raised: Raised,
}

/// A node, or a node and the sequence that asks.
#[derive(FromPyObject)]
enum GivenTip {
    Of(usize, u32),
    #[pyo3(transparent)]
    Node(usize),
}

/// A node, or a node and its sequence's score.
#[derive(FromPyObject)]
enum GivenResult {
    Scored(usize, f64),
    #[pyo3(transparent)]
    Node(usize),
}

impl PythonStrategy {
    /// Makes the object for one prompt. What goes wrong is kept, and the search ends at once.
    pub(crate) fn new(make: &Py<PyAny>, stop: Stop, prompt: &[TokenId], vocab: usize, raised: Raised) -> Self {
        let most = stop.max_new_tokens;
        let made = Python::attach(|py| {
            let object = make.call1(py, (PyArray1::from_vec(py, numbers(prompt)), most))?;
            let tree = Py::new(py, Tree::new(stop, vocab))?;
            let bound = object.bind(py);
            let flag = |name: &str| match bound.getattr_opt(name)? {
                Some(value) => value.is_truthy(),
                None => Ok(false),
            };
            let wants = Wants {
                log_probabilities: flag("log_probabilities")?,
                hidden: flag("hidden")?,
                revisits: flag("revisits")?,
                independent: false,
            };
            let most_alive = bound.getattr_opt("most_alive")?.map(|value| value.extract()).transpose()?.flatten();
            let streams = flag("streams")?;
            PyResult::Ok((object, tree, wants, most_alive, streams))
        });
        match made {
            Ok((object, tree, wants, most_alive, streams)) => {
                Self { object: Some(object), tree: Some(tree), wants, most_alive, streams, raised }
            }
            Err(error) => {
                raised.keep(error);
                let wants = Wants::default();
                Self { object: None, tree: None, wants, most_alive: None, streams: false, raised }
            }
        }
    }

    /// Calls the object, where all has gone well so far.
    fn ask<T>(&self, call: impl FnOnce(Python<'_>, &Py<PyAny>, &Py<Tree>) -> PyResult<T>) -> Option<T> {
        let (object, tree) = (self.object.as_ref()?, self.tree.as_ref()?);
        if self.raised.is_some() {
            return None;
        }
        Python::attach(|py| call(py, object, tree)).map_err(|error| self.raised.keep(error)).ok()
    }

    fn tips(&self, method: &str) -> Option<Vec<Tip>> {
        self.ask(|py, object, tree| {
            let given: Vec<GivenTip> = object.call_method1(py, method, (tree.clone_ref(py),))?.extract(py)?;
            let grown = tree.get().grown()?;
            let tip = |(place, given): (usize, GivenTip)| {
                let (node, sequence) = match given {
                    GivenTip::Of(node, sequence) => (node, sequence),
                    GivenTip::Node(node) => (node, place as u32),
                };
                let id = grown.id(node)?;
                if grown.tree.node(id).state != State::Open {
                    return Err(usage(format!("{method}: node {node} has ended; nothing can follow it")));
                }
                Ok(Tip { node: id, sequence })
            };
            given.into_iter().enumerate().map(tip).collect()
        })
    }
}

impl Strategy for PythonStrategy {
    fn wants(&self) -> Wants {
        self.wants
    }

    fn frontier(&mut self, _: &TokenTree) -> Vec<Tip> {
        self.tips("frontier").unwrap_or_default()
    }

    fn alive(&mut self, tree: &TokenTree) -> Vec<Tip> {
        let own = self.ask(|py, object, _| object.bind(py).hasattr("alive"));
        if own == Some(true) { self.tips("alive").unwrap_or_default() } else { self.frontier(tree) }
    }

    fn most_alive(&self) -> Option<usize> {
        self.most_alive
    }

    fn grow(
        &mut self,
        tree: &mut TokenTree,
        outlooks: &[beamline::Outlook<'_>],
        _: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        if let Some(fault) = outlooks.iter().find_map(|outlook| outlook.fault) {
            return Err(fault.clone());
        }
        let done = self.ask(|py, object, shadow| {
            let outlooks = outlooks.iter().map(Outlook::of).collect::<Vec<_>>();
            object.call_method1(py, "grow", (shadow.clone_ref(py), outlooks))?;
            let mut grown = shadow.get().grown()?;
            for (_, node) in grown.tree.since(tree.len()) {
                let parent = node.parent.unwrap_or(TokenTree::ROOT);
                let id = tree.grow(parent, node.token, node.logprob, node.score);
                tree.set_state(id, node.state);
            }
            for id in std::mem::take(&mut grown.ended) {
                tree.set_state(id, grown.tree.node(id).state);
            }
            Ok(())
        });
        // The exception that was kept says why; this only ends the search.
        done.ok_or(ShapeError::Unmet)
    }

    fn results(&self, _: &TokenTree) -> Vec<Found> {
        let found = self.ask(|py, object, tree| {
            let given: Vec<GivenResult> = object.call_method1(py, "results", (tree.clone_ref(py),))?.extract(py)?;
            let grown = tree.get().grown()?;
            let found = |given| match given {
                GivenResult::Scored(node, score) => Ok(Found { node: grown.id(node)?, score: Some(score) }),
                GivenResult::Node(node) => Ok(Found { node: grown.id(node)?, score: None }),
            };
            given.into_iter().map(found).collect()
        });
        found.unwrap_or_default()
    }

    fn streams(&self) -> bool {
        self.streams
    }
}

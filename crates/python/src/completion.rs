//! What came out of searches, as numbers that Python takes without copies.

use crate::failure::usage;
use crate::json::text;
use crate::kept::{Kept, StepRows};
use beamline::{Engine, GeneratedToken, NodeId, Plan, Prompt, Session};
use beamline_study::{Bundle, bundle};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Completions of prompts.
#[pyclass(frozen, module = "beamline._beamline")]
pub(crate) struct Completion {
    whole: beamline::Completion,
    /// The nodes of each sequence's tokens, and before them the prompt's.
    paths: Vec<Vec<i64>>,
    /// The rows that were kept; each is given away once.
    kept: Mutex<Kept>,
    /// What repeats it, where it can be repeated.
    repeat: Option<Repeat>,
}

/// What repeats a completion.
struct Repeat {
    bundle: Bundle,
    plan: Plan,
    prompts: Vec<Prompt>,
}

/// The numbers of a sequence's tokens: ids, log-probabilities of the model and after the processors, ranks, entropies.
type Columns<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
);

/// The rows of a step: the nodes that they follow, the sequences that asked, logits and scores, where they were kept.
type Rows<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Option<Bound<'py, PyArray2<f32>>>,
    Option<Bound<'py, PyArray2<f32>>>,
);

impl Completion {
    pub(crate) fn new(
        engine: &Engine,
        sessions: &[Session],
        kept: Kept,
        opened_as: Option<&(Option<String>, String)>,
    ) -> Self {
        let completion = engine.completion(sessions);
        let mut paths = Vec::new();
        for session in sessions {
            for found in session.results() {
                let path = session.tree().branch(found.node);
                let nodes = std::iter::once(0).chain(path.into_iter().map(NodeId::index));
                paths.push(nodes.map(|node| node as i64).collect());
            }
        }
        let plan = sessions.first().map(Session::plan).filter(|plan| plan.options().get("max_time").is_none());
        let repeat = plan.zip(opened_as).map(|(plan, (converted, activations))| {
            let mut bundle = bundle(engine, &completion, plan);
            bundle.converted.clone_from(converted);
            bundle.activations.clone_from(activations);
            let prompts = sessions.iter().map(|session| session.given().clone()).collect();
            Repeat { bundle, plan: plan.clone(), prompts }
        });
        Self { whole: completion, paths, kept: Mutex::new(kept), repeat }
    }

    pub(crate) fn inner(&self) -> &beamline::Completion {
        &self.whole
    }

    /// What repeats it: its bundle, plan and prompts.
    pub(crate) fn repeatable(&self) -> PyResult<(&Bundle, &Plan, &[Prompt])> {
        let repeat = self
            .repeat
            .as_ref()
            .ok_or_else(|| usage("functions of your own, or max_time, took part in it: it cannot be run again"))?;
        Ok((&repeat.bundle, &repeat.plan, &repeat.prompts))
    }

    fn tokens(&self, sequence: usize) -> PyResult<&[GeneratedToken]> {
        let found = self.whole.sequences.get(sequence);
        Ok(&found.ok_or_else(|| usage(format!("there is no sequence {sequence}")))?.tokens)
    }
}

#[pymethods]
impl Completion {
    /// All of it as JSON, as the command has it.
    fn json(&self) -> String {
        text(&self.whole)
    }

    /// All of it but the tokens' numbers, as JSON.
    fn outline(&self) -> String {
        let mut all = serde_json::json!(self.whole);
        for sequence in all["sequences"].as_array_mut().into_iter().flatten() {
            sequence.as_object_mut().map(|fields| fields.remove("tokens"));
        }
        all.to_string()
    }

    /// The texts of a sequence's tokens.
    fn token_texts(&self, sequence: usize) -> PyResult<Vec<&str>> {
        Ok(self.tokens(sequence)?.iter().map(|token| token.text.as_str()).collect())
    }

    /// The numbers of a sequence's tokens.
    fn columns<'py>(&self, py: Python<'py>, sequence: usize) -> PyResult<Columns<'py>> {
        let tokens = self.tokens(sequence)?;
        let floats = |of: fn(&GeneratedToken) -> f64| PyArray1::from_vec(py, tokens.iter().map(of).collect());
        let counts = |of: fn(&GeneratedToken) -> i64| PyArray1::from_vec(py, tokens.iter().map(of).collect());
        Ok((
            counts(|token| i64::from(token.id)),
            floats(|token| token.logprob),
            floats(|token| token.logprob_processed),
            counts(|token| token.rank as i64),
            floats(|token| token.entropy),
        ))
    }

    /// The nodes of a sequence: the prompt's, then one for each token.
    fn path<'py>(&self, py: Python<'py>, sequence: usize) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.tokens(sequence)?;
        Ok(PyArray1::from_slice(py, &self.paths[sequence]))
    }

    /// The rows that were kept of a prompt, step by step. They are given away, without a copy: a second call gives none.
    fn rows<'py>(&self, py: Python<'py>, prompt: usize) -> PyResult<Vec<Rows<'py>>> {
        let (steps, vocab) = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let vocab = kept.vocab;
            (kept.prompts.get_mut(prompt).map(std::mem::take).unwrap_or_default(), vocab)
        };
        let matrix = |rows: Vec<f32>, n: usize| {
            let array = (!rows.is_empty()).then(|| PyArray1::from_vec(py, rows).reshape([n, vocab]));
            array.transpose()
        };
        let step = |step: StepRows| {
            let n = step.nodes.len();
            let (nodes, sequences) = (PyArray1::from_vec(py, step.nodes), PyArray1::from_vec(py, step.sequences));
            Ok((nodes, sequences, matrix(step.logits, n)?, matrix(step.scores, n)?))
        };
        steps.into_iter().map(step).collect()
    }

    /// What is needed to run it again and to compare bit for bit, as JSON.
    fn bundle(&self) -> PyResult<String> {
        self.repeatable().map(|(bundle, ..)| text(bundle))
    }
}

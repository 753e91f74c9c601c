//! What may follow a node, for a strategy of Python.

use beamline::{Logits, NodeId};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;

/// What may follow one node: the model's logits, and what the processors made of them.
#[pyclass(frozen, module = "beamline._beamline")]
pub(crate) struct Outlook {
    pub(super) at: NodeId,
    sequence: u32,
    raw: Vec<f32>,
    pub(super) scores: Logits,
    hidden: (Vec<f32>, usize),
}

impl Outlook {
    pub(super) fn of(outlook: &beamline::Outlook<'_>) -> Self {
        Self {
            at: outlook.tip.node,
            sequence: outlook.tip.sequence,
            raw: outlook.raw.to_vec(),
            scores: outlook.scores.clone(),
            hidden: (outlook.hidden.to_vec(), outlook.states),
        }
    }

    /// The processed scores, with minus infinity for what was removed.
    fn row(&self) -> Vec<f32> {
        let mut row = vec![f32::NEG_INFINITY; self.raw.len()];
        for (id, value) in self.scores.iter() {
            row[id.index()] = value;
        }
        row
    }
}

#[pymethods]
impl Outlook {
    /// The node that is looked beyond; 0 is the prompt.
    #[getter]
    fn node(&self) -> usize {
        self.at.index()
    }

    /// The sequence that asked for it.
    #[getter]
    fn sequence(&self) -> u32 {
        self.sequence
    }

    /// The model's own logits, `[vocab]`.
    #[getter]
    fn logits<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        PyArray1::from_slice(py, &self.raw)
    }

    /// What the processors made of them, `[vocab]`; minus infinity for tokens that they removed.
    #[getter]
    fn scores<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        PyArray1::from_vec(py, self.row())
    }

    /// Log-probabilities of the tokens among what the processors left, `[vocab]`, in nats.
    #[getter]
    fn logprobs<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        let log_sum = self.scores.sums().log_sum();
        PyArray1::from_vec(py, self.row().into_iter().map(|value| f64::from(value) - log_sum).collect())
    }

    /// The model's last hidden states `[n, width]` of the tokens fed since the node's nearest ancestor was looked beyond;
    /// `[0, 0]` unless the strategy asks for them.
    #[getter]
    fn hidden<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let (states, n) = &self.hidden;
        PyArray1::from_slice(py, states).reshape([*n, states.len().checked_div(*n).unwrap_or(0)])
    }
}

//! A function of Python that shapes rows of logits.

use crate::failure::usage;
use crate::interrupt::Raised;
use crate::prompts::numbers;
use beamline::{Context, Logits, Processor};
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use std::sync::Arc;

/// Calls `function(tokens, scores)` for each row: the tokens of prompt and text, `[n]` of int64, and a score for each token
/// of the vocabulary, `[vocab]` of float32, minus infinity for those that earlier processors removed. What it gives back
/// takes the row's place.
#[derive(Clone)]
pub(crate) struct PythonProcessor {
    pub(crate) name: String,
    pub(crate) function: Arc<Py<PyAny>>,
    pub(crate) vocab: usize,
    pub(crate) raised: Raised,
}

impl PythonProcessor {
    fn shaped(&self, logits: &Logits, context: &Context<'_>) -> PyResult<Vec<f32>> {
        let mut row = vec![f32::NEG_INFINITY; self.vocab];
        for (id, value) in logits.iter() {
            row[id.index()] = value;
        }
        let tokens = context.tokens.to_vec();
        Python::attach(|py| {
            let tokens = PyArray1::from_vec(py, numbers(&tokens));
            let given = self.function.call1(py, (tokens, PyArray1::from_vec(py, row)))?;
            let given: PyReadonlyArray1<'_, f32> = given.extract(py)?;
            let row = given.to_vec()?;
            let (name, vocab) = (&self.name, self.vocab);
            if row.len() != vocab {
                return Err(usage(format!("{name} gave {} scores; it must give {vocab}", row.len())));
            }
            match row.iter().position(|value| value.is_nan() || *value == f32::INFINITY) {
                Some(id) => Err(usage(format!(
                    "{name} gave {} for token {id}; scores must be finite, or minus infinity to remove a token",
                    row[id]
                ))),
                None => Ok(row),
            }
        })
    }
}

impl Processor for PythonProcessor {
    fn name(&self) -> &str {
        &self.name
    }

    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        // After an exception the search is over, and nothing more is asked.
        if self.raised.is_some() {
            return;
        }
        match self.shaped(logits, context) {
            Ok(row) => logits.load(&row),
            Err(error) => self.raised.keep(error),
        }
    }

    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

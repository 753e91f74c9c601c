//! Rows of prompts in, completed rows out.

use crate::engine::{Engine, options};
use crate::failure::{raised, usage};
use crate::prompts::GivenPrompt;
use beamline::{Error, Fault, Sequence};
use beamline_batch::{Ask, Bounds, Completed, Row, Rows, Settings};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use serde_json::Value;

/// A row: its prompt, options of its own as JSON, and its key.
type GivenRow = (GivenPrompt, Option<String>, Option<String>);

/// A sequence: its text, its tokens, why it ended, the stop string that ended it, a beam's score, its log-probability, and those of
/// its tokens.
type Found = (String, Vec<u32>, Option<&'static str>, Option<String>, Option<f64>, f64, Vec<f64>);

fn found(sequence: Sequence) -> Found {
    let logprobs = sequence.tokens.iter().map(|token| token.logprob).collect();
    let Sequence { text, token_ids, finish_reason, stop_string, score, sum_logprob, .. } = sequence;
    (text, token_ids, finish_reason, stop_string, score, sum_logprob, logprobs)
}

/// A completed row as Python has it: the tokens of its prompt and its sequences, or the kind of its error and a line about it.
fn done(py: Python<'_>, row: Completed) -> PyResult<Bound<'_, PyAny>> {
    match row.outcome {
        Ok(sequences) => {
            let sequences: Vec<Found> = sequences.into_iter().map(found).collect();
            (row.prompt_tokens, sequences).into_bound_py_any(py)
        }
        Err(error) => {
            let kind = if error.fault == Fault::Usage { "usage" } else { "run" };
            (kind, error.message).into_bound_py_any(py)
        }
    }
}

/// Completes rows, so many of them together: for each, in order, the tokens of its prompt and its sequences, or the kind of its error
/// (`usage`, `run`) and a line about it. A row draws by a seed of its own, of the run's (`seed` among its options) and of its key, or of
/// its number from `first` on where it has none.
#[pyfunction]
#[pyo3(signature = (engine, options_json, rows, together = 64, first = 0))]
pub(crate) fn run_many<'py>(
    py: Python<'py>,
    engine: &Engine,
    options_json: &str,
    rows: Vec<GivenRow>,
    together: usize,
    first: u64,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    if together == 0 {
        return Err(usage("together must be 1 or more, got 0"));
    }
    let held = engine.engine()?;
    let bounds = Bounds { sessions: together, ..Bounds::default() };
    let settings = Settings { options: options(options_json)?, bounds, ..Settings::default() };
    let row = |(number, (prompt, own, key)): (u64, GivenRow)| {
        let own: Value =
            own.map_or(Ok(Value::Null), |own| serde_json::from_str(&own)).map_err(|e| usage(e.to_string()))?;
        let options = own.as_object().cloned().unwrap_or_default();
        PyResult::Ok(Row { number, key, ask: Ask::Prompt(prompt.into()), options })
    };
    let rows = (first..).zip(rows).map(row).collect::<PyResult<Vec<_>>>()?;
    let work = || Rows::new(held, &settings, rows.into_iter())?.collect::<Result<Vec<_>, Error>>();
    engine.compute(py, work, raised)?.into_iter().map(|row| done(py, row)).collect()
}

/// The seed of a row, of the run's and of its key, or of its number where it has no key.
#[pyfunction]
#[pyo3(signature = (seed, key = None, number = 0))]
pub(crate) fn row_seed(seed: u64, key: Option<&str>, number: u64) -> u64 {
    beamline_batch::row_seed(seed, key, number)
}

/// Refuses options that are unknown, or out of their ranges, without a model.
#[pyfunction]
pub(crate) fn check_options(options_json: &str) -> PyResult<()> {
    options(options_json)?.check().map_err(|error| raised(&error))
}

//! The engine as a Python extension module.
//!
//! What goes in: Python's texts, numbers and functions. What comes out: numpy's arrays, and JSON that `python/beamline` makes
//! objects of. This crate is a thin binding: it holds engines and searches, and knows nothing of notebooks, data frames or
//! clusters. The package in `python/beamline` is what users see; nothing here is meant for them.
//!
//! Every call that computes lets go of the interpreter, and asks it about every hundredth of a second whether it was
//! interrupted.

mod batch;
mod completion;
mod engine;
mod failure;
mod files;
mod interrupt;
mod json;
mod kept;
mod own;
mod plot;
mod prompts;
mod run;
mod studies;
mod tokenizer;

use pyo3::prelude::*;

/// The native part of the package `beamline`: engines, searches and their numbers.
#[pymodule]
mod _beamline {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::batch::{check_options, row_seed, run_many};
    #[pymodule_export]
    use super::completion::Completion;
    #[pymodule_export]
    use super::engine::Engine;
    #[pymodule_export]
    use super::failure::{GenerationError, ModelError};
    #[pymodule_export]
    use super::files::run_files;
    #[pymodule_export]
    use super::own::{Outlook, Tree};
    #[pymodule_export]
    use super::plot::{Figure, figure, plot_arguments, report};
    #[pymodule_export]
    use super::run::Run;
    #[pymodule_export]
    use super::studies::{
        attention, compare, contrast, embeddings, explain, inspect, option_specs, score, search_tree, topic_names,
        verify,
    };
    #[pymodule_export]
    use super::tokenizer::Tokenizer;

    /// Finds numpy's functions now: an interruption while they are first looked for would be lost.
    #[pymodule_init]
    fn with_numpy(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        numpy::get_array_module(py)?;
        numpy::PyArray1::<i64>::from_vec(py, Vec::new());
        Ok(())
    }

    #[pymodule_export]
    #[allow(non_upper_case_globals)] // Python's name for it
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

//! An error of the engine in, a Python exception out.

use beamline::Fault;
use beamline_study::StudyError;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::{PyErr, create_exception};
use std::fmt::Display;

create_exception!(beamline, ModelError, PyRuntimeError, "A model that cannot be found, downloaded or read.");
create_exception!(beamline, GenerationError, PyRuntimeError, "A generation that failed while it ran.");

/// The exception for whom it is to mend: a value is a `ValueError`.
pub(crate) fn of(fault: Fault, message: &dyn Display) -> PyErr {
    match fault {
        Fault::Usage => PyValueError::new_err(message.to_string()),
        Fault::Model => ModelError::new_err(message.to_string()),
        Fault::Run => GenerationError::new_err(message.to_string()),
    }
}

/// The exception of an engine's error.
pub(crate) fn raised(error: &beamline::Error) -> PyErr {
    of(error.fault(), error)
}

/// The exception of a study's error.
pub(crate) fn study(error: &StudyError) -> PyErr {
    of(error.fault(), error)
}

/// An exception about a value.
pub(crate) fn usage(message: impl Into<String>) -> PyErr {
    PyValueError::new_err(message.into())
}

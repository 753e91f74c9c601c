//! Errors as exit codes.

use beamline::{Error, Fault, OptionError};
use beamline_draw::DrawError;
use beamline_plot::PlotError;
use beamline_study::StudyError;
use std::io;

/// Why the command ends early.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    /// One line; none where nothing needs saying.
    pub(crate) message: Option<String>,
}

impl Failure {
    /// A value or usage that the user can mend.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: Some(message.into()) }
    }

    /// A defect of beamline's own: what broke, and where.
    pub(crate) fn internal(what: &str) -> Self {
        Self { code: 1, message: Some(format!("internal error: {what}; please report it")) }
    }

    /// The user pressed Ctrl-C; what there was has been printed.
    pub(crate) fn interrupted() -> Self {
        Self { code: 130, message: None }
    }

    /// The end was reached in another way than by doing all of it, and that is fine.
    pub(crate) fn quiet() -> Self {
        Self { code: 0, message: None }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { code: code(error.fault()), message: Some(told(&error)) }
    }
}

/// What an error says, and which command says more.
pub(crate) fn told(error: &Error) -> String {
    match error {
        Error::Options(OptionError::Unknown { .. }) => format!("{error}; see 'beamline help options'"),
        Error::Options(OptionError::UnknownProcessor { .. }) => format!("{error}; 'beamline explain' lists them"),
        _ => error.to_string(),
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Self {
        let message = match &error {
            StudyError::Engine(error) => told(error),
            other => other.to_string(),
        };
        Self { code: code(error.fault()), message: Some(message) }
    }
}

impl From<DrawError> for Failure {
    fn from(error: DrawError) -> Self {
        Self { code: code(error.fault()), message: Some(error.to_string()) }
    }
}

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Self {
        let flag = |argument: &str| format!("--{}", argument.replace('_', "-"));
        match error {
            PlotError::Study(error) => error.into(),
            PlotError::Draw(error) => error.into(),
            other => Self { code: code(other.fault()), message: Some(other.named(flag)) },
        }
    }
}

/// The exit code for a fault.
fn code(fault: Fault) -> u8 {
    match fault {
        Fault::Usage => 2,
        Fault::Model => 3,
        Fault::Run => 1,
    }
}

impl From<io::Error> for Failure {
    /// An error while writing to standard output.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::quiet(),
            _ => Self { code: 1, message: Some(format!("standard output: {error}")) },
        }
    }
}

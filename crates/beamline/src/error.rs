//! What can go wrong, and whose fault it is.

use beamline_model::{LoadError, ModelError};
use beamline_shape::ShapeError;
use beamline_tokens::TokensError;
use std::path::PathBuf;

/// Whose fault an error is; faces make exit codes and HTTP statuses of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A value or its use: the caller can mend it.
    Usage,
    /// The model: not found, not valid, or not to be downloaded.
    Model,
    /// It failed while running.
    Run,
}

/// Why nothing came out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A checkpoint that cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A vocabulary that cannot be used.
    #[error("{}: {source}", path.display())]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// Why.
        source: TokensError,
    },
    /// A file that could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No model of this name.
    #[error("no model {name:?}: {reason}")]
    NoModel {
        /// What was asked for.
        name: String,
        /// Why it is none.
        reason: String,
    },
    /// The hub did not give the model.
    #[cfg(feature = "hub")]
    #[error(transparent)]
    Hub(#[from] beamline_hub::HubError),
    /// Threads or instructions that cannot be had.
    #[error(transparent)]
    Compute(#[from] beamline_kernels::ComputeError),
    /// A value out of its range, or a row left empty.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A text that has no tokens.
    #[error(transparent)]
    Tokens(#[from] TokensError),
    /// A forward pass that was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An option that does not exist, or does not apply.
    #[error("{0}")]
    Option(String),
    /// A prompt that cannot be used.
    #[error("{0}")]
    Prompt(String),
    /// A trace that cannot be read again.
    #[error("line {line} of the trace: {reason}")]
    Trace {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Load(_)
            | Self::Vocabulary { .. }
            | Self::Read { .. }
            | Self::NoModel { .. }
            | Self::Model(ModelError::Weights { .. }) => Fault::Model,
            #[cfg(feature = "hub")]
            Self::Hub(error) if error.fault() == beamline_hub::Fault::Usage => Fault::Usage,
            #[cfg(feature = "hub")]
            Self::Hub(_) => Fault::Model,
            Self::Model(ModelError::NotFinite)
            | Self::Shape(ShapeError::Empty { .. } | ShapeError::Unmet | ShapeError::Overflow { .. }) => Fault::Run,
            Self::Compute(_)
            | Self::Shape(_)
            | Self::Tokens(_)
            | Self::Model(_)
            | Self::Option(_)
            | Self::Trace { .. }
            | Self::Prompt(_) => Fault::Usage,
        }
    }
}

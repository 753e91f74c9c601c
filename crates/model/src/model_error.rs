//! Why a forward pass was refused, or failed.

use beamline_kernels::PackError;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a forward pass was refused. Nothing has been appended to any cache, but with [`Weights`](Self::Weights),
/// [`NotFinite`](Self::NotFinite) and [`Custom`](Self::Custom).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A sequence would outgrow the model.
    #[error(
        "{len} tokens do not fit into the model's context of {context}; shorten the prompt or ask for fewer tokens"
    )]
    ContextFull {
        /// What the sequence would have.
        len: usize,
        /// What it may have.
        context: usize,
    },
    /// A token that the model does not have.
    #[error("token id {id} is beyond the vocabulary; ids must be in 0..={max}", max = .vocab - 1)]
    UnknownToken {
        /// The id.
        id: u32,
        /// The model's vocabulary.
        vocab: usize,
    },
    /// A span without tokens.
    #[error("a span needs at least one token")]
    EmptySpan,
    /// A cache made for another model.
    #[error("the cache was made for a model of other sizes")]
    ForeignCache,
    /// A table model whose rows are no distributions.
    #[error("a table needs as many rows as columns, of probabilities that are finite and not negative")]
    Table,
    /// Weights that cannot be used, found by the first pass that read them.
    #[error("{}: tensor {name}: {source}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Why.
        source: PackError,
    },
    /// The computation overflowed.
    #[error("the model computed NaN or infinity: its weights overflow f32")]
    NotFinite,
    /// An error of a model's own; [`ModelError::custom`] makes it.
    #[error(transparent)]
    Custom(#[from] CustomError),
}

impl ModelError {
    /// Wraps an error that only your own [`Model`](crate::Model) knows: a device that is gone, a server that does not answer.
    ///
    /// ```
    /// use beamline_model::ModelError;
    /// let error = ModelError::custom("the device is gone");
    /// assert_eq!(error.to_string(), "the device is gone");
    /// ```
    pub fn custom(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Custom(CustomError(error.into().into()))
    }
}

/// Any error, shared by its clones. Two are equal if they are clones of one.
#[derive(Clone, Debug)]
pub struct CustomError(Arc<dyn Error + Send + Sync>);

impl CustomError {
    /// The error itself, to be looked into or downcast.
    pub fn get(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl std::fmt::Display for CustomError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for CustomError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl PartialEq for CustomError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for CustomError {}

//! The seam: what a model is to the rest.

use crate::cache::KvCache;
use crate::geometry::Geometry;
use crate::model_id::ModelId;
use crate::probe::Probe;
use beamline_kernels::{Isa, PackError, all_finite};
use beamline_tokens::TokenId;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

/// Which rows of logits a span asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// None: an early part of a long prompt.
    Nothing,
    /// The last token's: decoding.
    Last,
    /// Every token's: scoring.
    All,
    /// The last tokens', this many: checking a draft.
    Tail(usize),
}

impl Want {
    /// How many rows of a span of `len` tokens this is.
    pub fn count(self, len: usize) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Last => 1,
            Self::All => len,
            Self::Tail(n) => n.min(len),
        }
    }
}

/// Tokens to append to one sequence, and which of their logits are wanted.
#[derive(Debug)]
pub struct Span<'a> {
    /// At least one token.
    pub tokens: &'a [TokenId],
    /// The sequence; it holds what came before, and the new tokens afterwards.
    pub cache: &'a mut KvCache,
    /// The rows wanted.
    pub want: Want,
}

/// Rows of logits `[n, vocab]`, in the order of the spans and of the positions wanted in each. All are finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    data: Vec<f32>,
    vocab: usize,
}

impl Rows {
    /// Checks rows and takes them.
    ///
    /// # Errors
    /// When a number is NaN or infinite: the weights overflow f32.
    pub fn new(data: Vec<f32>, vocab: usize) -> Result<Self, ModelError> {
        if all_finite(&data, Isa::detect()) { Ok(Self { data, vocab }) } else { Err(ModelError::NotFinite) }
    }

    /// Adds the rows of another pass of the same model.
    pub fn append(&mut self, mut other: Self) {
        self.data.append(&mut other.data);
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.data.len() / self.vocab
    }

    /// True if no rows were wanted.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Row `i`, one logit a token.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.data[i * self.vocab..][..self.vocab]
    }
}

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
    /// Wraps an error that only your own [`Model`] knows: a device that is gone, a server that does not answer.
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

/// A language model: something that turns tokens into next-token logits.
pub trait Model: Send + Sync {
    /// Its sizes.
    fn geometry(&self) -> Geometry;

    /// Which model it is: [`ModelId::unique`], taken once when it is made. Without one, [`Loaded`](crate::Loaded) gives it
    /// one.
    fn id(&self) -> ModelId {
        ModelId::UNKNOWN
    }

    /// Appends every span to its cache, in one pass over the weights, and returns the rows wanted.
    ///
    /// # Errors
    /// When a span does not fit; see [`ModelError`]. All spans are checked before anything is computed.
    fn forward(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError>;
}

impl Geometry {
    /// What every model checks before it computes anything.
    ///
    /// # Errors
    /// The first span that does not fit.
    pub fn check(&self, spans: &[Span<'_>]) -> Result<(), ModelError> {
        for span in spans {
            if span.tokens.is_empty() {
                return Err(ModelError::EmptySpan);
            }
            if span.cache.geometry() != *self {
                return Err(ModelError::ForeignCache);
            }
            let len = span.cache.len() + span.tokens.len();
            if len > self.context {
                return Err(ModelError::ContextFull { len, context: self.context });
            }
            if let Some(token) = span.tokens.iter().find(|token| token.index() >= self.vocab) {
                return Err(ModelError::UnknownToken { id: token.0, vocab: self.vocab });
            }
        }
        Ok(())
    }
}

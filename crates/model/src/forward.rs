//! The seam: what a model is to the rest.

use crate::cache::KvCache;
use crate::geometry::Geometry;
use crate::probe::Probe;
use beamline_kernels::{Isa, PackError, all_finite};
use beamline_tokens::TokenId;
use std::path::PathBuf;

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
        if all_finite(&data, Isa::chosen()) { Ok(Self { data, vocab }) } else { Err(ModelError::NotFinite) }
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

/// Why a forward pass was refused. Nothing has been appended to any cache, but in the last two cases.
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
}

/// A language model: something that turns tokens into next-token logits.
pub trait Model: Send + Sync {
    /// Its sizes.
    fn geometry(&self) -> Geometry;

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

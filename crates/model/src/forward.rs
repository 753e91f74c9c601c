//! The seam: what a model is to the rest.

use crate::cache::KvCache;
use crate::geometry::Geometry;
use crate::model_error::ModelError;
use crate::model_id::ModelId;
use crate::probe::Probe;
use beamline_kernels::{Isa, all_finite};
use beamline_tokens::TokenId;

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

/// Logits: rows `[n, vocab]`, in the order of the spans and of the positions wanted in each. All are finite.
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "logits")]
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

/// A language model: something that turns tokens into next-token logits.
///
/// Prefill is one call with a long span, a decoding step one call with many spans of one token (a batch), checking guesses
/// (speculative decoding) a span with [`Want::Tail`]. A model of your own needs two methods: its sizes, and the pass. It
/// extends each cache by the span's tokens; what it keeps beside them (keys and values, if it has any) is its own affair.
///
/// ```
/// use beamline_model::{Geometry, KvCache, Model, ModelError, Probe, Rows, Span, Want};
/// use beamline_tokens::TokenId;
///
/// /// After each token the next one in the alphabet, most likely.
/// struct Alphabet;
///
/// impl Model for Alphabet {
///     fn geometry(&self) -> Geometry {
///         Geometry { vocab: 26, context: 100, layers: 0, kv_heads: 0, head: 0 }
///     }
///     fn forward(&self, spans: &mut [Span<'_>], _: &mut dyn Probe) -> Result<Rows, ModelError> {
///         self.geometry().check(spans)?;
///         let mut logits = Vec::new();
///         for span in spans {
///             span.cache.extend(span.tokens);
///             let wanted = span.tokens.len() - span.want.count(span.tokens.len());
///             for token in &span.tokens[wanted..] {
///                 logits.extend((0..26).map(|next| if next == (token.0 + 1) % 26 { 5.0 } else { 0.0 }));
///             }
///         }
///         Rows::new(logits, 26)
///     }
/// }
///
/// let mut cache = KvCache::new(Alphabet.geometry());
/// let mut spans = [Span { tokens: &[TokenId(3)], cache: &mut cache, want: Want::Last }];
/// assert_eq!(Alphabet.forward(&mut spans, &mut ())?.row(0)[4], 5.0);
/// # Ok::<(), ModelError>(())
/// ```
#[doc(alias = "LanguageModel")]
#[doc(alias = "LLM")]
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
    #[doc(alias = "prefill")]
    #[doc(alias = "decode")]
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

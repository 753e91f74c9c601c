//! Tokens into the network, logits out of it: two tables, or one for both (tied embeddings).

use crate::error::LoadError;
use crate::forward::Span;
use crate::names::{OUTPUT, TensorName};
use crate::weights::Weights;
use beamline_kernels::{Compute, Matrix};
use std::sync::Arc;

/// The token embedding and the output matrix (LM head).
#[derive(Debug)]
pub(crate) struct Embedding {
    tokens: Arc<Matrix>, // [vocab, width]
    output: Arc<Matrix>, // [vocab, width]; the token embedding itself where tied
}

impl Embedding {
    /// Fetches `tokens`, and [`OUTPUT`] unless `tied`.
    pub(crate) fn load(
        weights: &mut Weights<'_>,
        tokens: TensorName,
        shape: [usize; 2],
        tied: bool,
    ) -> Result<Self, LoadError> {
        if tied {
            let both = weights.matrix(tokens, None, shape)?;
            return Ok(Self { tokens: both.clone(), output: both });
        }
        Ok(Self { tokens: weights.looked_up(tokens, shape)?, output: weights.matrix(OUTPUT, None, shape)? })
    }

    /// The embeddings of all tokens of a pass, `[rows, width]`.
    pub(crate) fn rows(&self, spans: &[Span<'_>], compute: &Compute) -> Vec<f32> {
        let tokens: Vec<usize> = spans.iter().flat_map(|span| span.tokens).map(|token| token.index()).collect();
        let mut rows = vec![0.0; tokens.len() * self.tokens.inputs()];
        self.tokens.rows(&tokens, &mut rows, compute);
        rows
    }

    /// The output matrix.
    pub(crate) fn output(&self) -> &Matrix {
        &self.output
    }

    /// Logits `[rows, vocab]` of rows `[rows, width]`.
    pub(crate) fn logits(&self, rows: &[f32], compute: &Compute) -> Vec<f32> {
        let mut logits = vec![0.0; rows.len() / self.output.inputs() * self.output.outputs()];
        self.output.product(rows, None, &mut logits, compute);
        logits
    }
}

//! Tokens into the network, logits out of it: two tables, or one for both (tied embeddings).

use crate::error::LoadError;
use crate::forward::Span;
use crate::names::TensorName;
use crate::weights::Weights;
use beamline_kernels::{Compute, Matrix, Product, products};
use std::sync::Arc;

/// The token embedding and the output matrix (LM head).
#[derive(Debug)]
pub(crate) struct Embedding {
    tokens: Arc<Matrix>,    // [vocab, width]
    output: Arc<Matrix>,    // [vocab, width]; the token embedding itself where tied
    bias: Option<Vec<f32>>, // [vocab]
}

impl Embedding {
    /// Fetches `tokens`, and `output` unless `tied`.
    ///
    /// What the checkpoint holds decides, as in transformers 5: where both are there and differ, they are not tied, whatever
    /// the config says; where only one is there, it serves for both.
    pub(crate) fn load(
        weights: &mut Weights<'_>,
        [tokens, output]: [TensorName; 2],
        shape: [usize; 2],
        tied: bool,
        biased: bool,
    ) -> Result<Self, LoadError> {
        let bias = biased.then(|| weights.vector(output, None, "bias", shape[0])).transpose()?;
        let names = [tokens, output].map(|name| weights.tensor(name, None, "weight"));
        let [has_tokens, has_output] = [&names[0], &names[1]].map(|name| weights.has(name));
        let differ = tied && has_tokens && has_output && !weights.are_equal(&names[0], &names[1])?;
        if tied && !differ {
            let both = weights.matrix(if has_tokens { tokens } else { output }, None, shape)?;
            return Ok(Self { tokens: both.clone(), output: both, bias });
        }
        Ok(Self { tokens: weights.looked_up(tokens, shape)?, output: weights.matrix(output, None, shape)?, bias })
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
        let product = Product { matrix: &self.output, bias: self.bias.as_deref(), out: &mut logits };
        products(rows, vec![product], compute);
        logits
    }
}

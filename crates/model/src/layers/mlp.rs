//! The gated feed-forward part (Shazeer, 2020): `down(activation(gate(x)) * up(x))`. SwiGLU, where the activation is SiLU.

use crate::error::LoadError;
use crate::layers::linear::Linear;
use crate::names::TensorName;
use crate::weights::Weights;
use beamline_kernels::{Activation, Compute, Scratch, multiply};

/// Three matrices and an activation.
#[derive(Debug)]
pub(crate) struct GatedMlp {
    gate: Linear, // [inner, width]
    up: Linear,   // [inner, width]
    down: Linear, // [width, inner]
    activation: Activation,
}

impl GatedMlp {
    /// Fetches gate, up and down, in that order of names.
    pub(crate) fn load(
        weights: &mut Weights<'_>,
        [gate, up, down]: [TensorName; 3],
        layer: usize,
        [width, inner]: [usize; 2],
        biased: bool,
        activation: Activation,
    ) -> Result<Self, LoadError> {
        let layer = Some(layer);
        Ok(Self {
            gate: weights.linear_if(gate, layer, [inner, width], biased)?,
            up: weights.linear_if(up, layer, [inner, width], biased)?,
            down: weights.linear_if(down, layer, [width, inner], biased)?,
            activation,
        })
    }

    /// Says that this comes after the next product.
    pub(crate) fn prefetch_next(&self, compute: &Compute) {
        Linear::prefetch_next([&self.gate, &self.up], compute);
    }

    /// Applies it to rows `[rows, width]`; `next` says what comes after the last product.
    pub(crate) fn apply<'c>(&self, rows: &[f32], next: impl FnOnce(), compute: &'c Compute) -> Scratch<'c> {
        Linear::prefetch_next([&self.down], compute);
        let [mut inner, up] = Linear::apply_all([&self.gate, &self.up], rows, compute); // [rows, inner]
        let width = self.down.matrix.inputs();
        compute.for_chunks(&mut inner, width, width * 4, |row, gate| {
            self.activation.apply(gate, compute);
            multiply(gate, &up[row * width..][..width]);
        });
        next();
        self.down.apply(&inner, compute)
    }
}

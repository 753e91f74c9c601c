//! Feed-forward parts: gated (Shazeer, 2020), `down(activation(gate(x)) * up(x))`, which is SwiGLU where the activation is SiLU; or
//! plain, `down(activation(up(x)))`.

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
    /// gpt-oss: gates are at most this, ups within it on both sides, and one is added to ups.
    clamp: Option<f32>,
}

impl GatedMlp {
    /// Of gate, up and down.
    pub(crate) fn new([gate, up, down]: [Linear; 3], activation: Activation, clamp: Option<f32>) -> Self {
        Self { gate, up, down, activation, clamp }
    }

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
        let gate = weights.linear_if(gate, layer, [inner, width], biased)?;
        let up = weights.linear_if(up, layer, [inner, width], biased)?;
        Ok(Self::new([gate, up, weights.linear_if(down, layer, [width, inner], biased)?], activation, None))
    }

    /// Fetches a matrix of gate and up, gate first, and down.
    pub(crate) fn load_fused(
        weights: &mut Weights<'_>,
        [both, down]: [TensorName; 2],
        layer: usize,
        [width, inner]: [usize; 2],
        activation: Activation,
    ) -> Result<Self, LoadError> {
        let layer = Some(layer);
        weights.stored(&weights.tensor(both, layer, "weight"), &[2 * inner, width])?; // before such lists are made
        let mut half = |from: usize| {
            let rows: Vec<usize> = (from..from + inner).collect();
            weights.picked(both, layer, width, (&rows, 2 * inner), false)
        };
        let (gate, up) = (half(0)?, half(inner)?);
        Ok(Self::new([gate, up, weights.linear_if(down, layer, [width, inner], false)?], activation, None))
    }

    /// Says that this comes after the next product.
    pub(crate) fn prefetch_next(&self, compute: &Compute) {
        Linear::prefetch_next([&self.gate, &self.up], compute);
    }

    /// Applies it to rows `[rows, width]`; `next` says what comes after the last product.
    pub(crate) fn apply<'c>(&self, rows: &[f32], next: impl FnOnce(), compute: &'c Compute) -> Scratch<'c> {
        Linear::prefetch_next([&self.down], compute);
        let [mut inner, mut up] = Linear::apply_all([&self.gate, &self.up], rows, compute); // [rows, inner]
        if let Some(limit) = self.clamp {
            inner.iter_mut().for_each(|gate| *gate = gate.min(limit));
            up.iter_mut().for_each(|up| *up = up.clamp(-limit, limit) + 1.0);
        }
        let width = self.down.matrix.inputs();
        compute.for_chunks(&mut inner, width, width * 4, |row, gate| {
            self.activation.apply(gate, compute);
            multiply(gate, &up[row * width..][..width]);
        });
        next();
        self.down.apply(&inner, compute)
    }
}

/// Two matrices with an activation between them.
#[derive(Debug)]
pub(crate) struct PlainMlp {
    up: Linear,   // [inner, width]
    down: Linear, // [width, inner]
    activation: Activation,
}

impl PlainMlp {
    /// Fetches up and down.
    pub(crate) fn load(
        weights: &mut Weights<'_>,
        [up, down]: [TensorName; 2],
        layer: usize,
        [width, inner]: [usize; 2],
        biased: bool,
        activation: Activation,
    ) -> Result<Self, LoadError> {
        let up = weights.linear_if(up, Some(layer), [inner, width], biased)?;
        Ok(Self { up, down: weights.linear_if(down, Some(layer), [width, inner], biased)?, activation })
    }

    /// Says that this comes after the next product.
    pub(crate) fn prefetch_next(&self, compute: &Compute) {
        Linear::prefetch_next([&self.up], compute);
    }

    /// Applies it to rows `[rows, width]`; `next` says what comes after the last product.
    pub(crate) fn apply<'c>(&self, rows: &[f32], next: impl FnOnce(), compute: &'c Compute) -> Scratch<'c> {
        Linear::prefetch_next([&self.down], compute);
        let mut inner = self.up.apply(rows, compute); // [rows, inner]
        let width = self.down.matrix.inputs();
        compute.for_chunks(&mut inner, width, width * 4, |_, row| self.activation.apply(row, compute));
        next();
        self.down.apply(&inner, compute)
    }
}

//! Normalisations: LayerNorm (Ba et al., 2016) and RMS norm (Zhang & Sennrich, 2019).

use crate::error::LoadError;
use crate::names::TensorName;
use crate::weights::Weights;
use beamline_kernels::{Compute, Scratch, layer_norm, rms_norm};

/// Subtracts the mean, divides by the standard deviation, scales and shifts.
#[derive(Debug)]
pub(crate) struct LayerNorm {
    weight: Vec<f32>, // [width]
    bias: Vec<f32>,   // [width]
    epsilon: f32,
}

impl LayerNorm {
    /// Fetches weight and bias.
    pub(crate) fn load(
        weights: &mut Weights<'_>,
        name: TensorName,
        layer: Option<usize>,
        width: usize,
        epsilon: f32,
    ) -> Result<Self, LoadError> {
        let weight = weights.vector(name, layer, "weight", width)?;
        Ok(Self { weight, bias: weights.vector(name, layer, "bias", width)?, epsilon })
    }

    /// Normalises rows where they are, `[rows, width]`.
    pub(crate) fn apply(&self, rows: &mut [f32], compute: &Compute) {
        layer_norm(rows, &self.weight, &self.bias, self.epsilon, compute);
    }

    /// A normalised copy of rows, `[rows, width]`.
    pub(crate) fn of<'c>(&self, rows: &[f32], compute: &'c Compute) -> Scratch<'c> {
        let mut copy = compute.copy(rows);
        self.apply(&mut copy, compute);
        copy
    }
}

/// Divides by the root of the mean square, and scales.
#[derive(Debug)]
pub(crate) struct RmsNorm {
    weight: Vec<f32>, // [width]
    epsilon: f32,
}

impl RmsNorm {
    /// Fetches the weight.
    pub(crate) fn load(
        weights: &mut Weights<'_>,
        name: TensorName,
        layer: Option<usize>,
        width: usize,
        epsilon: f32,
    ) -> Result<Self, LoadError> {
        Ok(Self { weight: weights.vector(name, layer, "weight", width)?, epsilon })
    }

    /// Normalises rows where they are, `[rows, width]`.
    pub(crate) fn apply(&self, rows: &mut [f32], compute: &Compute) {
        rms_norm(rows, &self.weight, self.epsilon, compute);
    }

    /// A normalised copy of rows, `[rows, width]`.
    pub(crate) fn of<'c>(&self, rows: &[f32], compute: &'c Compute) -> Scratch<'c> {
        let mut copy = compute.copy(rows);
        self.apply(&mut copy, compute);
        copy
    }
}

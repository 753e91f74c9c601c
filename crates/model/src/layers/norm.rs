//! Normalisations: LayerNorm (Ba et al., 2016) and RMS norm (Zhang & Sennrich, 2019), of whole rows or of each head.

use crate::error::LoadError;
use crate::names::TensorName;
use crate::weights::Weights;
use beamline_kernels::{Compute, Scratch, layer_norm, multiply, rms_norm};

/// The kinds of normalisation that networks are made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NormKind {
    /// LayerNorm with weight and bias.
    Layer,
    /// LayerNorm with a weight alone.
    LayerWeight,
    /// LayerNorm that neither scales nor shifts.
    LayerBare,
    /// RMS norm.
    Rms,
    /// RMS norm whose weights are stored less one (Gemma).
    RmsLessOne,
}

/// A normalisation of either kind.
#[derive(Debug)]
pub(crate) enum Norm {
    /// Subtracts the mean, divides by the standard deviation, scales and shifts.
    Layer(LayerNorm),
    /// Divides by the root of the mean square, and scales.
    Rms(RmsNorm),
}

impl Norm {
    /// Fetches what the kind has.
    pub(crate) fn load(
        weights: &mut Weights<'_>,
        kind: NormKind,
        name: TensorName,
        layer: Option<usize>,
        width: usize,
        epsilon: f32,
    ) -> Result<Self, LoadError> {
        let mut weight = || weights.vector(name, layer, "weight", width);
        Ok(match kind {
            NormKind::Layer => Self::Layer(LayerNorm::load(weights, name, layer, width, epsilon)?),
            NormKind::LayerWeight => Self::Layer(LayerNorm { weight: weight()?, bias: vec![0.0; width], epsilon }),
            NormKind::LayerBare => Self::Layer(LayerNorm::bare(width, epsilon)),
            NormKind::Rms => Self::Rms(RmsNorm { weight: weight()?, epsilon }),
            NormKind::RmsLessOne => {
                let weight = weight()?.into_iter().map(|w| w + 1.0).collect();
                Self::Rms(RmsNorm { weight, epsilon })
            }
        })
    }

    /// Normalises rows where they are, `[rows, width]`.
    pub(crate) fn apply(&self, rows: &mut [f32], compute: &Compute) {
        match self {
            Self::Layer(norm) => norm.apply(rows, compute),
            Self::Rms(norm) => norm.apply(rows, compute),
        }
    }

    /// A normalised copy of rows, `[rows, width]`.
    pub(crate) fn of<'c>(&self, rows: &[f32], compute: &'c Compute) -> Scratch<'c> {
        let mut copy = compute.copy(rows);
        self.apply(&mut copy, compute);
        copy
    }
}

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

    /// One that neither scales nor shifts.
    fn bare(width: usize, epsilon: f32) -> Self {
        Self { weight: vec![1.0; width], bias: vec![0.0; width], epsilon }
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
    /// Normalises rows where they are, `[rows, width]`.
    pub(crate) fn apply(&self, rows: &mut [f32], compute: &Compute) {
        rms_norm(rows, &self.weight, self.epsilon, compute);
    }
}

/// How queries or keys are normalised before they are turned to their positions (QK norm; Henry et al., 2020).
#[derive(Debug)]
pub(crate) enum HeadNorm {
    /// Rows of a norm's width: each head by the same weights, or all heads together.
    Shared(Norm),
    /// Each head by itself, and then by weights of its own.
    PerHead {
        bare: LayerNorm,
        /// `[heads * head]`.
        weight: Vec<f32>,
    },
}

impl HeadNorm {
    /// Layer norms without biases, one for each head; `weight` is `[heads * head]`.
    pub(crate) fn per_head(weight: Vec<f32>, head: usize, epsilon: f32) -> Self {
        Self::PerHead { bare: LayerNorm::bare(head, epsilon), weight }
    }

    /// Normalises `[rows, heads, head]` where they are.
    pub(crate) fn apply(&self, rows: &mut [f32], compute: &Compute) {
        match self {
            Self::Shared(norm) => norm.apply(rows, compute),
            Self::PerHead { bare, weight } => {
                bare.apply(rows, compute);
                rows.chunks_exact_mut(weight.len()).for_each(|row| multiply(row, weight));
            }
        }
    }

    /// Weights in another order of each head's numbers: number `i` is taken from `order(i)`.
    #[must_use]
    pub(crate) fn reordered(mut self, order: impl Fn(usize) -> usize) -> Self {
        let again = |values: &mut Vec<f32>| *values = (0..values.len()).map(|i| values[order(i)]).collect();
        match &mut self {
            Self::Shared(Norm::Rms(norm)) => again(&mut norm.weight),
            Self::Shared(Norm::Layer(norm)) => {
                again(&mut norm.weight);
                again(&mut norm.bias);
            }
            Self::PerHead { weight, .. } => again(weight),
        }
        self
    }
}

//! A matrix with a bias: the layer that takes nearly all of the time.

use beamline_kernels::{Compute, Matrix, Product, Scratch, products};
use std::sync::Arc;

/// `x W + b`.
#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) matrix: Arc<Matrix>,
    pub(crate) bias: Option<Vec<f32>>,
}

impl Linear {
    /// `x` is `[rows, inputs]`; returns `[rows, outputs]`.
    pub(crate) fn apply<'c>(&self, x: &[f32], compute: &'c Compute) -> Scratch<'c> {
        let [out] = Self::apply_all([self], x, compute);
        out
    }

    /// Says that these will be applied together, after what is applied next.
    pub(crate) fn prefetch_next<const N: usize>(all: [&Self; N], compute: &Compute) {
        compute.prefetch_next(all.map(|linear| linear.matrix.as_ref()));
    }

    /// Several at once on the same `x`, which costs less than one after the other.
    pub(crate) fn apply_all<'c, const N: usize>(all: [&Self; N], x: &[f32], compute: &'c Compute) -> [Scratch<'c>; N] {
        let rows = x.len() / all[0].matrix.inputs();
        let mut outs = all.map(|linear| compute.scratch(rows * linear.matrix.outputs()));
        let list = all.into_iter().zip(outs.iter_mut());
        let list = list.map(|(linear, out)| Product { matrix: &linear.matrix, bias: linear.bias.as_deref(), out });
        products(x, list.collect(), compute);
        outs
    }
}

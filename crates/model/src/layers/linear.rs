//! A matrix with a bias: the layer that takes nearly all of the time.

use crate::error::LoadError;
use crate::names::TensorName;
use crate::slice::Slice;
use crate::weights::Weights;
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

impl Weights<'_> {
    /// A matrix with a bias.
    pub(crate) fn linear(
        &mut self,
        name: TensorName,
        layer: Option<usize>,
        shape: [usize; 2],
    ) -> Result<Linear, LoadError> {
        self.linear_if(name, layer, shape, true)
    }

    /// A matrix, with a bias where there is one.
    pub(crate) fn linear_if(
        &mut self,
        name: TensorName,
        layer: Option<usize>,
        shape: [usize; 2],
        biased: bool,
    ) -> Result<Linear, LoadError> {
        let matrix = self.matrix(name, layer, shape)?;
        let bias = biased.then(|| self.numbers(&self.tensor(name, layer, "bias"), &[shape[0]])).transpose()?;
        Ok(Linear { matrix, bias })
    }

    /// Some outputs of a matrix that has `stored` of them, with a bias where there is one.
    pub(crate) fn picked(
        &mut self,
        name: TensorName,
        layer: Option<usize>,
        inputs: usize,
        (rows, stored): (&[usize], usize),
        biased: bool,
    ) -> Result<Linear, LoadError> {
        let tensor = self.tensor(name, layer, "weight");
        let slice = Slice { rows: Some((rows, stored)), ..Slice::default() };
        let matrix = self.slice(tensor, slice, [rows.len(), inputs], true)?;
        let bias = biased.then(|| self.numbers(&self.tensor(name, layer, "bias"), &[stored])).transpose()?;
        Ok(Linear { matrix, bias: bias.map(|all| rows.iter().map(|&row| all[row]).collect()) })
    }
}

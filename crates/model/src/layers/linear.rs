//! A matrix with a bias: the layer that takes nearly all of the time.

use crate::error::LoadError;
use crate::names::TensorName;
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

    /// Queries or keys whose pairs lie side by side, brought into the order in which a head's halves are turned against
    /// each other.
    pub(crate) fn interleaved(
        &mut self,
        name: TensorName,
        layer: Option<usize>,
        shape: [usize; 2],
        biased: bool,
        head: usize,
    ) -> Result<Linear, LoadError> {
        let tensor = self.tensor(name, layer, "weight");
        self.stored(&tensor, &shape)?; // before an order of that many outputs is made
        let order = interleaved(shape[0], head);
        let matrix = self.ordered(name, layer, shape, Some(&order), true)?;
        let bias = biased.then(|| self.numbers(&self.tensor(name, layer, "bias"), &[shape[0]])).transpose()?;
        let bias = bias.map(|stored| order.iter().map(|&i| stored[i]).collect());
        Ok(Linear { matrix, bias })
    }
}

/// Where the outputs of a head's halves lie when pairs are stored side by side: output `i` of the first half at `2i`,
/// of the second at `2i + 1`.
fn interleaved(outputs: usize, head: usize) -> Vec<usize> {
    let half = head / 2;
    (0..outputs).map(|o| o / head * head + (o % half) * 2 + (o % head) / half).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleaved_pairs_become_halves() {
        // Two heads of four: stored a0 b0 a1 b1, wanted a0 a1 b0 b1.
        assert_eq!(interleaved(8, 4), [0, 2, 1, 3, 4, 6, 5, 7]);
    }
}

//! Normalisation of rows, in place: rows are split over the threads, never a row.

use crate::compute::Compute;
use crate::isa::{Kernel, Lanes};
use crate::row::each_eight;

/// `x / sqrt(mean(x^2) + epsilon) * weight` for each row (Zhang and Sennrich, 2019).
///
/// `rows` is `[n, width]`; the width is the length of `weight`.
///
/// # Panics
/// When `rows` is not whole rows.
pub fn rms_norm(rows: &mut [f32], weight: &[f32], epsilon: f32, compute: &Compute) {
    assert!(rows.len().is_multiple_of(weight.len()), "whole rows");
    compute.for_chunks(rows, weight.len(), weight.len() * 2, |_, x| {
        let squares = compute.isa().run(Squares { x, centre: 0.0 });
        let scale = 1.0 / (squares / x.len() as f32 + epsilon).sqrt();
        x.iter_mut().zip(weight).for_each(|(x, w)| *x = *x * scale * w);
    });
}

/// `(x - mean) / sqrt(variance + epsilon) * weight + bias` for each row (Ba et al., 2016); shapes as in [`rms_norm`].
///
/// # Panics
/// When `rows` is not whole rows, or weight and bias differ in length.
pub fn layer_norm(rows: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32, compute: &Compute) {
    assert!(rows.len().is_multiple_of(weight.len()) && weight.len() == bias.len(), "whole rows");
    compute.for_chunks(rows, weight.len(), weight.len() * 3, |_, x| {
        let mean = compute.isa().run(Total(x)) / x.len() as f32;
        let variance = compute.isa().run(Squares { x, centre: mean }) / x.len() as f32;
        let scale = 1.0 / (variance + epsilon).sqrt();
        for (x, (w, b)) in x.iter_mut().zip(weight.iter().zip(bias)) {
            *x = (*x - mean) * scale * w + b;
        }
    });
}

/// The sum of a row.
struct Total<'a>(&'a [f32]);

impl Kernel for Total<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> f32 {
        let mut sum = l.splat(0.0);
        each_eight!(self.0, 0.0, |eight| sum = l.add(sum, l.load(eight)));
        l.total(sum)
    }
}

/// The sum of `(x - centre)^2`.
struct Squares<'a> {
    x: &'a [f32],
    centre: f32,
}

impl Kernel for Squares<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> f32 {
        let mut sum = l.splat(0.0);
        each_eight!(self.x, self.centre, |eight| {
            let d = l.sub(l.load(eight), l.splat(self.centre));
            sum = l.mul_add(d, d, sum);
        });
        l.total(sum)
    }
}

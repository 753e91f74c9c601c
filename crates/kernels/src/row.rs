//! Whole rows: sums of rows, the largest entry, the logarithm of a sum of exponentials.

use crate::compute::Compute;
use crate::exp::exp;
use crate::isa::{Isa, Kernel, Lanes};

/// `to[i] += x[i]`.
///
/// # Panics
/// When the lengths differ.
pub fn add(to: &mut [f32], x: &[f32], compute: &Compute) {
    assert_eq!(to.len(), x.len(), "rows of one length");
    compute.for_pieces(to, |range, to| to.iter_mut().zip(&x[range]).for_each(|(t, x)| *t += x));
}

/// `to[i] *= x[i]`.
///
/// # Panics
/// When the lengths differ.
pub fn multiply(to: &mut [f32], x: &[f32]) {
    assert_eq!(to.len(), x.len(), "rows of one length");
    to.iter_mut().zip(x).for_each(|(t, x)| *t *= x);
}

/// `to[i] *= by`.
pub fn scale(to: &mut [f32], by: f32) {
    for t in to {
        *t *= by;
    }
}

/// What a softmax over a row rests on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RowSums {
    /// The largest entry, `m`.
    pub max: f32,
    /// The sum of `exp(x - m)`.
    pub sum: f64,
    /// The sum of `(x - m) exp(x - m)`.
    pub weighted: f64,
}

impl RowSums {
    /// `ln(sum(exp(x)))`: what turns a logit into a log-probability.
    pub fn log_sum(&self) -> f64 {
        f64::from(self.max) + libm::log(self.sum)
    }

    /// The entropy in nats of `softmax(row)`.
    pub fn entropy(&self) -> f64 {
        libm::log(self.sum) - self.weighted / self.sum
    }
}

/// The sums of a row.
///
/// Exponentials are f32 (relative error below 2e-7 each); groups of 128 are summed in f32, the groups in f64. An entry
/// of minus infinity counts for nothing.
///
/// ```
/// use beamline_kernels::{Isa, row_sums};
/// let sums = row_sums(&[0.0; 1000], Isa::detect());
/// assert_eq!(sums.sum, 1000.0);
/// assert!((sums.log_sum() - 1000f64.ln()).abs() < 1e-12);
/// assert!((sums.entropy() - 1000f64.ln()).abs() < 1e-12);
/// ```
pub fn row_sums(row: &[f32], isa: Isa) -> RowSums {
    isa.run(Sums(row))
}

struct Sums<'a>(&'a [f32]);

impl Kernel for Sums<'_> {
    type Output = RowSums;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> RowSums {
        const GROUP: usize = 128;
        let max = row_max(l, self.0);
        let mut sums = RowSums { max, sum: 0.0, weighted: 0.0 };
        for group in self.0.chunks(GROUP) {
            let (mut s, mut w) = (l.splat(0.0), l.splat(0.0));
            each_eight!(group, f32::NEG_INFINITY, |eight| {
                // Far below the largest, exp is zero; so is its product, which 0 * -inf would not be.
                let x = l.max(l.sub(l.load(eight), l.splat(max)), l.splat(-1000.0));
                let e = exp(l, x);
                s = l.add(s, e);
                w = l.mul_add(e, x, w);
            });
            sums.sum += f64::from(l.total(s));
            sums.weighted += f64::from(l.total(w));
        }
        sums
    }
}

/// The largest of a row; minus infinity for an empty one.
#[inline(always)]
pub(crate) fn row_max<L: Lanes>(l: L, row: &[f32]) -> f32 {
    let mut max = l.splat(f32::NEG_INFINITY);
    each_eight!(row, f32::NEG_INFINITY, |eight| max = l.max(l.load(eight), max));
    l.max_lane(max)
}

/// Runs a body on eight numbers of a row at a time; the last ones are filled up with `$rest`.
///
/// A macro and not a function with a closure: the body must become part of the kernel, to be compiled for its
/// instruction set.
macro_rules! each_eight {
    ($row:expr, $rest:expr, |$eight:ident| $body:expr) => {{
        let (chunks, tail) = $row.as_chunks::<8>();
        for $eight in chunks {
            $body;
        }
        if !tail.is_empty() {
            let mut filled = [$rest; 8];
            filled[..tail.len()].copy_from_slice(tail);
            let $eight = &filled;
            $body;
        }
    }};
}

/// Replaces eight numbers of a row at a time by the lanes that `$body` makes of them; a macro as above.
macro_rules! map_eight {
    ($l:ident, $row:expr, |$x:ident| $body:expr) => {{
        let (chunks, tail) = $row.as_chunks_mut::<8>();
        for eight in chunks {
            let $x = $l.load(eight);
            let y = $body;
            $l.store(y, eight);
        }
        if !tail.is_empty() {
            let mut filled = [0.0; 8];
            filled[..tail.len()].copy_from_slice(tail);
            let $x = $l.load(&filled);
            let y = $body;
            $l.store(y, &mut filled);
            tail.copy_from_slice(&filled[..tail.len()]);
        }
    }};
}

pub(crate) use {each_eight, map_eight};

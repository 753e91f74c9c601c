//! Soft-capping: numbers that come near a bound and do not pass it (Gemma 2).

use crate::compute::Compute;
use crate::exp::exp;
use crate::isa::{Kernel, Lanes};
use crate::row::map_eight;

/// Replaces each number `x` of a row by `bound tanh(x / bound)`; `bound` is positive.
///
/// The hyperbolic tangent is `1 - 2 / (exp(2x) + 1)`, so what comes out is right to about `bound / 4,000,000`, which for small
/// numbers is not a relative error.
///
/// ```
/// use beamline_kernels::{Compute, cap_row};
/// let mut row = [0.0, 10.0, -1000.0];
/// cap_row(&mut row, 30.0, &Compute::scalar());
/// assert_eq!((row[0], row[2]), (0.0, -30.0));
/// assert!((row[1] - 30.0 * (10.0f32 / 30.0).tanh()).abs() < 1e-5);
/// ```
#[doc(alias = "softcap")]
#[doc(alias = "logit_softcapping")]
pub fn cap_row(row: &mut [f32], bound: f32, compute: &Compute) {
    compute.isa().run(Cap { row, bound });
}

struct Cap<'a> {
    row: &'a mut [f32],
    bound: f32,
}

impl Kernel for Cap<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        softcap(l, self.row, self.bound);
    }
}

/// See [`cap_row`].
#[inline(always)]
pub(crate) fn softcap<L: Lanes>(l: L, row: &mut [f32], bound: f32) {
    let (one, two, by) = (l.splat(1.0), l.splat(2.0), l.splat(bound));
    map_eight!(l, row, |x| {
        let e = exp(l, l.mul(two, l.div(x, by)));
        l.mul(by, l.sub(one, l.div(two, l.add(e, one))))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;

    #[test]
    fn caps_follow_the_formula_and_every_isa_gives_the_same_bits() {
        let numbers: Vec<f32> = (-2000..2000).map(|i| i as f32 / 7.0).collect();
        let mut scalar = numbers.clone();
        cap_row(&mut scalar, 50.0, &Compute::scalar());
        for (&x, &y) in numbers.iter().zip(&scalar) {
            assert!((f64::from(y) - 50.0 * (f64::from(x) / 50.0).tanh()).abs() < 2e-5, "{x}: {y}");
        }
        for isa in Isa::available() {
            let mut row = numbers.clone();
            cap_row(&mut row, 50.0, &Compute::new(isa, 1).unwrap());
            assert!(row.iter().zip(&scalar).all(|(a, b)| a.to_bits() == b.to_bits()), "{isa}");
        }
    }
}

//! The exponential that everything else stands on.

use crate::isa::Lanes;

/// `exp(x)` for each lane, to within 2 units in the last place; 0 below -87.3 (also for minus infinity), and the value
/// at 88.3 above it.
///
/// `x = n ln 2 + r` with whole `n` and `|r| <= ln 2 / 2`; ln 2 is split in two so that `r` is exact; then a polynomial
/// of degree six (interpolated at Chebyshev nodes, error 1e-8).
#[inline(always)]
pub(crate) fn exp<L: Lanes>(l: L, x: L::F) -> L::F {
    const LOWEST: f32 = -87.3;
    const COEFFICIENTS: [f32; 5] = [0.001_392_618_4, 0.008_363_179, 0.041_666_556, 0.166_665_76, 0.5];
    // The second operand wins where one is NaN, so NaN goes through and is found at the end.
    let bounded = l.min(l.splat(88.3), l.max(l.splat(LOWEST), x));
    let n = l.round(l.mul(bounded, l.splat(std::f32::consts::LOG2_E)));
    let r = l.mul_add(n, l.splat(-0.693_359_4), bounded);
    let r = l.mul_add(n, l.splat(2.121_944_4e-4), r);
    let mut q = l.splat(COEFFICIENTS[0]);
    for c in &COEFFICIENTS[1..] {
        q = l.mul_add(q, r, l.splat(*c));
    }
    let p = l.add(l.mul_add(l.mul(r, r), q, r), l.splat(1.0));
    l.select_less(x, l.splat(LOWEST), l.splat(0.0), l.mul(p, l.exp2_integer(n)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{Isa, Kernel};
    use crate::row::map_eight;

    struct Exp<'a>(&'a mut [f32]);
    impl Kernel for Exp<'_> {
        type Output = ();
        #[inline(always)]
        fn run<L: Lanes>(self, l: L) {
            map_eight!(l, self.0, |x| exp(l, x));
        }
    }

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        let xs: Vec<f32> = (0..200_000).map(|i| -87.25 + i as f32 * (175.5 / 200_000.0)).collect();
        let mut ys = xs.clone();
        Isa::detect().run(Exp(&mut ys));
        for (&x, &y) in xs.iter().zip(&ys) {
            let exact = f64::from(x).exp();
            let unit = f64::from(f32::from_bits((exact as f32).to_bits() + 1)) - f64::from(exact as f32);
            assert!((f64::from(y) - exact).abs() <= 2.0 * unit, "exp({x}) = {y}, not {exact}");
        }
        let mut ends = [f32::NEG_INFINITY, -1e30, -87.4, 0.0, 89.0, 1e30, f32::INFINITY, -0.0];
        Isa::detect().run(Exp(&mut ends));
        assert_eq!((&ends[..4], ends[4] == ends[6], ends[7]), (&[0.0, 0.0, 0.0, 1.0][..], true, 1.0));
    }
}

//! Which instructions the kernels use: the one place that asks the processor, and the one dispatch.

mod avx2;
mod scalar;

use std::fmt;

/// Eight `f32` side by side, and what may be done with them.
///
/// A kernel is written once over this trait. Every operation acts on each lane alone and rounds as IEEE 754 says,
/// so all implementations agree bit for bit (NaN aside).
pub(crate) trait Lanes: Copy + Send + Sync {
    /// Eight `f32`.
    type F: Copy;

    fn splat(self, x: f32) -> Self::F;
    fn load(self, from: &[f32; 8]) -> Self::F;
    fn store(self, x: Self::F, to: &mut [f32; 8]);

    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`, rounded once.
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// `a` where it is greater, else `b`; so `b` where one of them is NaN.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a` where it is smaller, else `b`; NaN as above.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// `yes` where `a < b`, else `no`.
    fn select_less(self, a: Self::F, b: Self::F, yes: Self::F, no: Self::F) -> Self::F;
    /// To the nearest whole number, ties to even.
    fn round(self, x: Self::F) -> Self::F;
    /// 2 to the power `n`, for whole `n` from -126 to 127.
    fn exp2_whole(self, n: Self::F) -> Self::F;

    fn widen_f16(self, from: &[u16; 8]) -> Self::F;
    fn widen_bf16(self, from: &[u16; 8]) -> Self::F;
    #[allow(clippy::trivially_copy_pass_by_ref)] // a load, not a value
    fn widen_i8(self, from: &[i8; 8]) -> Self::F;
    /// The low halves of eight bytes, then the high halves, as numbers from 0 to 15.
    #[allow(clippy::trivially_copy_pass_by_ref)] // as above
    fn widen_u4(self, from: &[u8; 8]) -> [Self::F; 2];

    /// The sum of all lanes by the contract's fixed tree.
    #[inline(always)]
    fn total(self, x: Self::F) -> f32 {
        let mut l = [0.0; 8];
        self.store(x, &mut l);
        ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
    }
    /// The greatest lane.
    #[inline(always)]
    fn greatest(self, x: Self::F) -> f32 {
        let mut l = [0.0; 8];
        self.store(x, &mut l);
        l.iter().fold(f32::NEG_INFINITY, |m, &v| if v > m { v } else { m })
    }
}

/// A kernel with its arguments, waiting to be told which lanes to run on.
pub(crate) trait Kernel {
    type Output;
    /// Must be `#[inline(always)]`, so that it is compiled inside each instruction set's entry function.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// The lanes of the reference, for work too small to choose.
pub(crate) fn reference() -> impl Lanes {
    scalar::Scalar
}

/// An instruction set that this processor has. A value of this type is the proof.
///
/// All of them give the same bits; they differ in speed alone.
///
/// ```
/// use beamline_kernels::Isa;
/// assert!(Isa::available().contains(&Isa::scalar()));
/// assert_eq!(Isa::scalar().to_string(), "scalar");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Isa(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Scalar,
    Avx2(avx2::Avx2),
}

impl Isa {
    /// Plain Rust: the reference that all others are compared to, and the fallback.
    pub fn scalar() -> Self {
        Self(Kind::Scalar)
    }

    /// The fastest one here.
    pub fn detect() -> Self {
        avx2::Avx2::new().map_or(Self::scalar(), |proof| Self(Kind::Avx2(proof)))
    }

    /// All that can run here, the scalar one first.
    pub fn available() -> Vec<Self> {
        std::iter::once(Self::scalar()).chain(avx2::Avx2::new().map(|proof| Self(Kind::Avx2(proof)))).collect()
    }

    /// The one named `scalar` or `avx2`, if it can run here.
    pub fn named(name: &str) -> Option<Self> {
        Self::available().into_iter().find(|isa| isa.to_string() == name)
    }

    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Kind::Scalar => kernel.run(scalar::Scalar),
            Kind::Avx2(proof) => proof.enter(kernel),
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Scalar => "scalar",
            Kind::Avx2(_) => "avx2",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation of the trait on one pair of rows, results flattened to bits.
    struct All<'a>(&'a [f32; 8], &'a [f32; 8]);
    impl Kernel for All<'_> {
        type Output = Vec<u32>;
        #[inline(always)]
        fn run<L: Lanes>(self, l: L) -> Vec<u32> {
            let (a, b) = (l.load(self.0), l.load(self.1));
            let halves: [u16; 8] = std::array::from_fn(|i| half::f16::from_f32(self.0[i]).to_bits());
            let brains: [u16; 8] = std::array::from_fn(|i| half::bf16::from_f32(self.0[i]).to_bits());
            let bytes: [u8; 8] = std::array::from_fn(|i| (self.0[i].to_bits() >> (3 * i)) as u8);
            let [low, high] = l.widen_u4(&bytes);
            let whole = l.round(l.min(l.max(a, l.splat(-126.0)), l.splat(127.0)));
            let results = [
                l.add(a, b),
                l.sub(a, b),
                l.mul(a, b),
                l.div(a, b),
                l.mul_add(a, b, a),
                l.max(a, b),
                l.min(a, b),
                l.select_less(a, b, a, l.splat(7.0)),
                l.round(a),
                l.exp2_whole(whole),
                l.widen_f16(&halves),
                l.widen_bf16(&brains),
                l.widen_i8(&bytes.map(|b| b as i8)),
                low,
                high,
            ];
            let mut bits = vec![l.total(a).to_bits(), l.greatest(a).to_bits()];
            for x in results {
                let mut out = [0.0; 8];
                l.store(x, &mut out);
                bits.extend(out.map(f32::to_bits));
            }
            bits
        }
    }

    #[test]
    fn lanes_agree_bit_for_bit() {
        let a = [1.5, -2.25, 0.0, 3e-39, 1e30, -0.5, 2.5, 65504.0];
        let b = [0.1, -3.0, 5.0, 1.0, 1e-20, -0.5, 3.5, 2.0];
        let expected = Isa::scalar().run(All(&a, &b));
        for isa in Isa::available() {
            assert_eq!(isa.run(All(&a, &b)), expected, "{isa}");
        }
    }

    #[test]
    fn names_are_found_and_unknown_ones_are_not() {
        assert_eq!(Isa::named("scalar"), Some(Isa::scalar()));
        assert_eq!(Isa::named("avx1024"), None);
    }
}

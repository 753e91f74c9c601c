//! Eight lanes as an array: the reference, and the fallback.

use super::Lanes;

#[derive(Clone, Copy)]
pub(super) struct Scalar;

/// Applies `f` to each lane of two rows.
#[inline(always)]
fn zip(a: [f32; 8], b: [f32; 8], f: impl Fn(f32, f32) -> f32) -> [f32; 8] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

impl Lanes for Scalar {
    type F = [f32; 8];

    #[inline(always)]
    fn splat(self, x: f32) -> Self::F {
        [x; 8]
    }
    #[inline(always)]
    fn load(self, from: &[f32; 8]) -> Self::F {
        *from
    }
    #[inline(always)]
    fn store(self, x: Self::F, to: &mut [f32; 8]) {
        *to = x;
    }
    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn select_less(self, a: Self::F, b: Self::F, yes: Self::F, no: Self::F) -> Self::F {
        std::array::from_fn(|i| if a[i] < b[i] { yes[i] } else { no[i] })
    }
    #[inline(always)]
    fn round(self, x: Self::F) -> Self::F {
        x.map(f32::round_ties_even)
    }
    #[inline(always)]
    fn exp2_whole(self, n: Self::F) -> Self::F {
        n.map(|n| f32::from_bits((((n as i32) + 127) << 23) as u32))
    }
    #[inline(always)]
    fn widen_f16(self, from: &[u16; 8]) -> Self::F {
        from.map(|h| half::f16::from_bits(h).to_f32())
    }
    #[inline(always)]
    fn widen_bf16(self, from: &[u16; 8]) -> Self::F {
        from.map(|h| f32::from_bits(u32::from(h) << 16))
    }
    #[inline(always)]
    fn widen_i8(self, from: &[i8; 8]) -> Self::F {
        from.map(f32::from)
    }
    #[inline(always)]
    fn widen_u4(self, from: &[u8; 8]) -> [Self::F; 2] {
        [from.map(|b| f32::from(b & 15)), from.map(|b| f32::from(b >> 4))]
    }
}

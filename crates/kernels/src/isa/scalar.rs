//! Eight lanes as an array: the reference, and the fallback.

use super::{ByteRange, Kernel, Lanes};

#[derive(Clone, Copy)]
pub(super) struct Scalar;

/// Applies `f` to each lane of two rows.
#[inline(always)]
fn zip(a: [f32; 8], b: [f32; 8], f: impl Fn(f32, f32) -> f32) -> [f32; 8] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

impl Lanes for Scalar {
    // A plain x86-64 has no multiply-add and calls a function for each, so it is slow either way. ARM has one.
    const WIDE: bool = cfg!(not(target_arch = "x86_64"));
    const PAIRED: bool = false;
    const FUSED: bool = false;

    #[inline(never)]
    fn call<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

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
    #[cfg_attr(target_arch = "x86_64", inline(never))] // eight calls
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
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
    fn pairs(self, x: [f32; 8]) -> [i32; 4] {
        let word = |i: usize| (x[i] as i32 & 0xffff) | ((x[i + 2] as i32) << 16);
        [word(0), word(1), word(4), word(5)]
    }
    #[inline(always)]
    fn bytes(self, x: [[f32; 8]; 4]) -> [i32; 8] {
        let numbers = x.as_flattened();
        std::array::from_fn(|i| i32::from_le_bytes(std::array::from_fn(|j| numbers[4 * i + j] as i8 as u8)))
    }
    #[inline(always)]
    fn exp2_integer(self, n: Self::F) -> Self::F {
        n.map(|n| f32::from_bits((((n as i32) + 127) << 23) as u32))
    }
    #[inline(always)]
    fn transpose(self, rows: [[f32; 8]; 8]) -> [[f32; 8]; 8] {
        std::array::from_fn(|j| rows.map(|row| row[j]))
    }

    type Row = [f32; 16];

    #[inline(always)]
    fn row_splat(self, x: f32) -> Self::Row {
        [x; 16]
    }
    #[inline(always)]
    fn row_load(self, from: &[f32; 16]) -> Self::Row {
        *from
    }
    #[inline(always)]
    fn row_store(self, x: Self::Row, to: &mut [f32; 16]) {
        *to = x;
    }
    #[inline(always)]
    fn row_mul(self, a: Self::Row, b: Self::Row) -> Self::Row {
        std::array::from_fn(|i| a[i] * b[i])
    }
    #[cfg_attr(target_arch = "x86_64", inline(never))] // sixteen calls, or as long
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    fn row_mul_add(self, a: Self::Row, b: Self::Row, c: Self::Row) -> Self::Row {
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
    }
    #[cfg_attr(target_arch = "x86_64", inline(never))] // sixteen calls, or as long
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    fn row_f16(self, from: &[u16; 16]) -> Self::Row {
        from.map(|h| half::f16::from_bits(h).to_f32())
    }
    #[inline(always)]
    fn row_bf16(self, from: &[u16; 16]) -> Self::Row {
        from.map(|h| f32::from_bits(u32::from(h) << 16))
    }
    #[inline(always)]
    fn row_i8(self, from: &[i8; 16]) -> Self::Row {
        from.map(f32::from)
    }

    type Words = [u32; 16];

    #[inline(always)]
    fn words(self, from: &[u32; 16]) -> Self::Words {
        *from
    }
    #[inline(always)]
    fn words_store(self, x: Self::Words, to: &mut [u32; 16]) {
        *to = x;
    }
    #[inline(always)]
    fn words_splat(self, x: i32) -> Self::Words {
        [x as u32; 16]
    }
    #[inline(always)]
    fn and(self, a: Self::Words, b: Self::Words) -> Self::Words {
        std::array::from_fn(|i| a[i] & b[i])
    }
    #[inline(always)]
    fn or(self, a: Self::Words, b: Self::Words) -> Self::Words {
        std::array::from_fn(|i| a[i] | b[i])
    }
    #[inline(always)]
    fn up16(self, x: Self::Words, by: i32) -> Self::Words {
        x.map(|w| join(halves(w).map(|h| h << by)))
    }
    #[inline(always)]
    fn down16(self, x: Self::Words, by: i32) -> Self::Words {
        x.map(|w| join(halves(w).map(|h| (h as u16 >> by) as i16)))
    }
    #[inline(always)]
    fn signed16(self, x: Self::Words, by: i32) -> Self::Words {
        x.map(|w| join(halves(w).map(|h| h >> by)))
    }
    #[inline(always)]
    fn up32(self, x: Self::Words, by: i32) -> Self::Words {
        x.map(|w| w << by)
    }
    #[inline(always)]
    fn down32(self, x: Self::Words, by: i32) -> Self::Words {
        x.map(|w| w >> by)
    }
    #[inline(always)]
    fn signed32(self, x: Self::Words, by: i32) -> Self::Words {
        x.map(|w| (w as i32 >> by) as u32)
    }
    #[inline(always)]
    fn words_sub(self, a: Self::Words, b: Self::Words) -> Self::Words {
        std::array::from_fn(|i| a[i].wrapping_sub(b[i]))
    }
    #[cfg_attr(target_arch = "x86_64", inline(never))] // sixteen calls, or as long
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    fn dot(self, acc: Self::Words, a: Self::Words, b: Self::Words) -> Self::Words {
        std::array::from_fn(|i| {
            let ([a0, a1], [b0, b1]) = (halves(a[i]), halves(b[i]));
            let products = [i32::from(a0) * i32::from(b0), i32::from(a1) * i32::from(b1)];
            (acc[i] as i32).wrapping_add(products[0]).wrapping_add(products[1]) as u32
        })
    }
    #[inline(always)]
    fn dot_at<const N: usize>(self, acc: [u32; 16], a: [u32; 16], b: &[i32; 8]) -> [u32; 16] {
        self.dot(acc, a, self.words_splat(b[N]))
    }

    const BYTE_ZERO_POINT: i32 = 0;

    #[inline(always)]
    fn bytes_to_multiply(self, w: [u32; 16], _: ByteRange) -> [u32; 16] {
        w
    }
    #[cfg_attr(target_arch = "x86_64", inline(never))] // sixteen calls, or as long
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    fn dot_bytes_at<const N: usize>(self, acc: [u32; 16], w: [u32; 16], x: &[i32; 4], _: ByteRange) -> [u32; 16] {
        let x = x[N].to_le_bytes().map(|x| i32::from(x as i8));
        std::array::from_fn(|i| {
            let w = w[i].to_le_bytes().map(|w| i32::from(w as i8));
            (acc[i] as i32).wrapping_add(w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3]) as u32
        })
    }
    #[inline(always)]
    fn bytes_total(self, acc: [u32; 16], _: ByteRange) -> [u32; 16] {
        acc
    }
    #[inline(always)]
    fn to_row(self, x: Self::Words) -> Self::Row {
        x.map(|w| w as i32 as f32)
    }
}

/// The 16-bit halves of a word, the low one first.
#[inline(always)]
fn halves(word: u32) -> [i16; 2] {
    [word as i16, (word >> 16) as i16]
}

/// A word of two halves.
#[inline(always)]
fn join([low, high]: [i16; 2]) -> u32 {
    u32::from(low as u16) | (u32::from(high as u16) << 16)
}

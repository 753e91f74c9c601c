//! 32 activations as whole numbers.

use super::ActivationFormat;
use crate::isa::{Lanes, prefetch_line};

/// 32 activations of one row as whole numbers: `high + low / 256`, times a scale. Where the low ones are all zero, a block
/// is the same with them or without, to the bit. What every product reads comes first, on two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Block {
    /// Pairs of 16-bit numbers in the order in which [`Pairs`](crate::panel::Pairs) has the weights.
    pub(super) high: [i32; 16],
    pub(super) scale: f32,
    /// Whether there is anything in `low`.
    pub(super) is_fine: bool,
    /// Sums of all numbers over the first sixteen, the second, and all 32, times the scale.
    sum: [f32; 3],
    /// The same of `high` and of `low`, as whole numbers.
    sums: [[i32; 2]; 3],
    pub(super) low: [i32; 16],
}

impl Block {
    pub(super) const ZERO: Self =
        Self { high: [0; 16], scale: 0.0, is_fine: false, sum: [0.0; 3], sums: [[0; 2]; 3], low: [0; 16] };

    /// The sums of `high` and `low` over sixteen (`half` is 0 or 1) or over all 32.
    #[inline(always)]
    pub(super) fn sums(&self, half: Option<usize>) -> [i32; 2] {
        self.sums[half.unwrap_or(2)]
    }

    /// The same as one number.
    #[inline(always)]
    pub(super) fn sum(&self, half: Option<usize>) -> f32 {
        self.sum[half.unwrap_or(2)]
    }

    /// Asks for what every product reads of the block `blocks` further on, if there is one.
    #[inline(always)]
    pub(super) fn ask_for(&self, blocks: usize) {
        prefetch_line(self, blocks * size_of::<Self>(), 0);
        prefetch_line(self, blocks * size_of::<Self>(), 1);
    }

    /// Rounds 32 activations.
    #[inline(always)]
    pub(super) fn round<L: Lanes>(&mut self, l: L, x: &[f32; 32], format: ActivationFormat) {
        let mut eights = [l.splat(0.0); 4];
        let (mut most, mut sum) = (l.splat(0.0), l.splat(0.0));
        for i in 0..4 {
            eights[i] = l.load(&x.as_chunks().0[i]);
            let size = l.max(eights[i], l.sub(l.splat(0.0), eights[i]));
            most = l.max(size, most);
            sum = l.add(size, sum);
        }
        let (most, sum) = (l.greatest(most), l.total(sum));
        // NaN where one of them is no number, which must show.
        let odd = if sum.is_finite() { 0.0 } else { x.iter().map(|x| x * 0.0).sum() };
        self.is_fine = format.is_fine(most, sum);
        // Fine numbers must fit into two parts of 16 and 8 bits.
        let greatest = if self.is_fine { 8_355_711.0 } else { format.greatest() };
        let by = greatest / most;
        if !by.is_finite() || odd != 0.0 {
            // All zeros, or next to nothing.
            *self = Self { scale: odd, ..Self::ZERO };
            return;
        }
        for i in 0..4 {
            eights[i] = l.round(l.mul(eights[i], l.splat(by)));
        }
        if self.is_fine {
            let mut whole = [[0; 8]; 4];
            for i in 0..4 {
                whole[i] = l.whole(eights[i]);
            }
            if let Ok(whole) = whole.as_flattened().try_into() {
                self.set_fine(whole, most / greatest * 256.0);
            }
            return;
        }
        for i in 0..4 {
            self.high.as_chunks_mut().0[i] = l.pairs(eights[i]);
        }
        // Exact, as sums of at most 524,272.
        let first = l.total(l.add(eights[0], eights[1])) as i32;
        let second = l.total(l.add(eights[2], eights[3])) as i32;
        self.finish([[first, 0], [second, 0]], most / greatest);
    }

    /// Sets 32 whole numbers in 256ths, and what they are to be multiplied by.
    #[inline(always)]
    fn set_fine(&mut self, whole: &[i32; 32], scale: f32) {
        let (mut high, mut low) = ([0; 32], [0; 32]);
        for i in 0..32 {
            high[i] = (whole[i] + 128) >> 8;
            low[i] = whole[i] - (high[i] << 8);
        }
        (self.high, self.low) = (pairs(&high), pairs(&low));
        let total = |of: &[i32; 32], half: usize| of.as_chunks::<16>().0[half].iter().sum();
        self.finish([0, 1].map(|half| [total(&high, half), total(&low, half)]), scale);
    }

    /// Sets the sums, those over each sixteen being given, and the scale.
    #[inline(always)]
    fn finish(&mut self, [a, b]: [[i32; 2]; 2], scale: f32) {
        self.scale = scale;
        self.sums = [a, b, [a[0] + b[0], a[1] + b[1]]];
        for (to, [high, low]) in self.sum.iter_mut().zip(self.sums) {
            *to = (low as f32).mul_add(LOW, high as f32) * scale;
        }
    }
}

/// What a unit of the low numbers is worth.
pub(super) const LOW: f32 = 1.0 / 256.0;

/// Whole numbers of sixteen bits, each with the one two further on in one word.
#[inline(always)]
fn pairs(numbers: &[i32; 32]) -> [i32; 16] {
    let mut all = [0; 16];
    for (to, [a, b, c, d]) in all.as_chunks_mut::<2>().0.iter_mut().zip(numbers.as_chunks::<4>().0) {
        *to = [(a & 0xffff) | (c << 16), (b & 0xffff) | (d << 16)];
    }
    all
}

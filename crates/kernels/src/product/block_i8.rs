//! Activations of one byte: four of them and four weights to a word.

use super::quantized::{BlockStats, Group, QuantizedBlock, Words, halves};
use super::{Acc, four};
use crate::isa::{ByteRange, Lanes, prefetch_line};
use crate::panel::{Integers, Line, WIDTH};

/// What the largest activation of a block becomes.
const MAX: f32 = 127.0;

/// 32 activations of one row as integers from -127 to 127, times a scale: one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct BlockI8 {
    /// Four signed bytes each, in the order of the inputs.
    words: [i32; 8],
    scale: f32,
    /// Sums over the first sixteen, the second, and all 32, times the scale.
    sum: [f32; 3],
    /// Sums of the bytes, over as many.
    sums: [i32; 3],
}

impl QuantizedBlock for BlockI8 {
    const ZERO: Self = Self { words: [0; 8], scale: 0.0, sum: [0.0; 3], sums: [0; 3] };

    type Ready = [Line; 4];
    const NOTHING: [Line; 4] = [[0; WIDTH]; 4];

    #[inline(always)]
    fn round<L: Lanes>(&mut self, l: L, x: &[f32; 32]) {
        let x = BlockStats::new(l, x);
        let Some((whole, scale)) = x.rounded(l, MAX) else {
            *self = Self { scale: x.non_finite, ..Self::ZERO };
            return;
        };
        (self.words, self.scale) = (l.bytes(whole), scale);
        let [first, second] = halves(l, &whole);
        self.sums = [first, second, first + second];
        for i in 0..3 {
            self.sum[i] = self.sums[i] as f32 * scale;
        }
    }

    #[inline(always)]
    fn scale(&self) -> f32 {
        self.scale
    }

    #[inline(always)]
    fn sum(&self, half: Option<usize>) -> f32 {
        self.sum[half.unwrap_or(2)]
    }

    #[inline(always)]
    fn prefetch(&self, blocks: usize) {
        prefetch_line(self, blocks * size_of::<Self>(), 0);
    }

    #[inline(always)]
    fn word<L: Lanes, S: Integers>(l: L, slab: &S::Slab, n: usize) -> L::Words {
        l.bytes_to_multiply(S::four(l, slab, n), S::BYTE_RANGE)
    }

    #[inline(always)]
    fn make_ready<L: Lanes, S: Integers>(l: L, slab: &S::Slab, to: &mut [Line; 4]) {
        four!(|N| l.words_store(Self::word::<L, S>(l, slab, N), &mut to[N]));
    }

    #[inline(always)]
    fn sums<L: Lanes, W: Words<P>, const M: usize, const P: usize>(
        l: L,
        x: &[&Self; M],
        weights: &W,
        group: Group,
    ) -> Acc<L, M, P> {
        let mut sums = [[l.words_splat(0); P]; M];
        for which in group.halves() {
            four!(|N| {
                let mut w = [l.words_splat(0); P];
                for p in 0..P {
                    w[p] = weights.word(l, p, which, N);
                }
                for m in 0..M {
                    let x = &x[m].words.as_chunks().0[which];
                    for p in 0..P {
                        sums[m][p] = l.dot_bytes_at::<N>(sums[m][p], w[p], x, group.byte_range);
                    }
                }
            });
        }
        // What is taken off each weight: its zero point, and what makes signed bytes unsigned.
        let zero_point = group.zero_point + if group.byte_range == ByteRange::Signed { L::BYTE_ZERO_POINT } else { 0 };
        let mut whole = [[l.row_splat(0.0); P]; M];
        for m in 0..M {
            for p in 0..P {
                let sum = l.bytes_total(sums[m][p], group.byte_range);
                let off = zero_point * x[m].sums[group.half.unwrap_or(2)];
                whole[m][p] = l.to_row(if zero_point == 0 { sum } else { l.words_sub(sum, l.words_splat(off)) });
            }
        }
        whole
    }
}

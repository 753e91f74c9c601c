//! Activations of 16 bits: two of them and two weights to a word.

use super::quantized::{BlockStats, Group, QuantizedBlock, Words, halves};
use super::{Acc, eight};
use crate::isa::{Lanes, prefetch_line};
use crate::panel::{Integers, Line, SLAB, WIDTH};

/// What the largest activation of a block becomes.
const MAX: f32 = 32_767.0;

/// 32 activations of one row as signed 16-bit numbers times a scale, but for an outlier, which is apart: two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct BlockI16 {
    /// Pairs of 16-bit numbers in the order of [`Integers::pair`].
    words: [i32; 16],
    scale: f32,
    /// The activation that is apart from these numbers, if one is: there is a zero in its place.
    outlier: Option<Outlier>,
    /// Sums of all activations over the first sixteen, the second, and all 32.
    sum: [f32; 3],
    /// Sums of the 16-bit numbers, over as many.
    sums: [i32; 3],
}

/// An activation far above the others of its block: with a scale that reaches up to it, they would be left few bits of
/// sixteen. One at most is apart; of two equals the first. Its product with a weight is added to the group's sum of the others.
/// (Some channels of a language model carry numbers hundreds of times larger than the rest: Dettmers et al. 2022, "LLM.int8()",
/// keeps such channels in 16-bit floats.)
#[derive(Clone, Copy, Debug)]
struct Outlier {
    /// Which of the 32.
    at: u8,
    /// What it is, over the others' scale.
    times: f32,
}

impl Outlier {
    /// How many times the mean size of a block's activations one of them is when it is apart.
    const ABOVE: f32 = 8.0;

    /// Which of `x` is to be apart, if one is, and the others, with a zero in its place.
    #[inline(always)]
    fn among<L: Lanes>(l: L, x: &[f32; 32], all: &BlockStats<L>) -> Option<(usize, BlockStats<L>)> {
        if all.most * 32.0 <= all.sum * Self::ABOVE {
            return None;
        }
        let at = x.iter().position(|x| x.abs() == all.most)?;
        let mut others = *x;
        others[at] = 0.0;
        let others = BlockStats::new(l, &others);
        // If they are smaller still, a sum in f32 has no room for them beside it, or they have no scale.
        (others.most > (all.most * f32::EPSILON).max(1e-30)).then_some((at, others))
    }

    /// Its half, its weight's pair in that half, and the word that picks the weight out of the pair; none if it is not in the
    /// group.
    #[inline(always)]
    fn pick(self, group: Group) -> Option<(usize, usize, i32)> {
        let (which, k) = (usize::from(self.at) / SLAB, usize::from(self.at) % SLAB);
        let pair = k / 4 * 2 + k % 2;
        group.halves().contains(&which).then_some((which, pair, if k % 4 < 2 { 1 } else { 1 << 16 }))
    }
}

impl BlockI16 {
    /// Rounds to 16 bits.
    #[inline(always)]
    fn set<L: Lanes>(&mut self, l: L, all: &BlockStats<L>) -> Option<()> {
        let (eights, scale) = all.rounded(l, MAX)?;
        for i in 0..4 {
            self.words.as_chunks_mut().0[i] = l.pairs(eights[i]);
        }
        let [first, second] = halves(l, &eights);
        (self.scale, self.sums) = (scale, [first, second, first + second]);
        for i in 0..3 {
            self.sum[i] = self.sums[i] as f32 * scale;
        }
        Some(())
    }

    /// Adds an activation where rounding has seen a zero.
    #[inline(always)]
    fn set_outlier(&mut self, at: usize, x: f32) {
        self.outlier = Some(Outlier { at: at as u8, times: x / self.scale });
        self.sum[at / SLAB] += x;
        self.sum[2] += x;
    }

    /// Where sums over a group begin, so that they are less the zero point's share.
    #[inline(always)]
    fn begin<L: Lanes>(&self, l: L, group: Group) -> L::Words {
        l.words_splat(-group.zero_point * self.sums[group.half.unwrap_or(2)])
    }
}

impl QuantizedBlock for BlockI16 {
    const ZERO: Self = Self { words: [0; 16], scale: 0.0, outlier: None, sum: [0.0; 3], sums: [0; 3] };

    type Ready = [Line; 8];
    const NOTHING: [Line; 8] = [[0; WIDTH]; 8];

    #[inline(always)]
    fn round<L: Lanes>(&mut self, l: L, x: &[f32; 32]) {
        let all = BlockStats::new(l, x);
        self.outlier = None;
        let rounded = if let Some((at, others)) = Outlier::among(l, x, &all) {
            self.set(l, &others).map(|()| self.set_outlier(at, x[at]))
        } else {
            self.set(l, &all)
        };
        if rounded.is_none() {
            *self = Self { scale: all.non_finite, ..Self::ZERO };
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
        // What every product reads.
        prefetch_line(self, blocks * size_of::<Self>(), 0);
        prefetch_line(self, blocks * size_of::<Self>(), 1);
    }

    #[inline(always)]
    fn word<L: Lanes, S: Integers>(l: L, slab: &S::Slab, n: usize) -> L::Words {
        S::pair(l, slab, n)
    }

    #[inline(always)]
    fn make_ready<L: Lanes, S: Integers>(l: L, slab: &S::Slab, to: &mut [Line; 8]) {
        eight!(|N| l.words_store(S::pair(l, slab, N), &mut to[N]));
    }

    #[inline(always)]
    fn sums<L: Lanes, W: Words<P>, const M: usize, const P: usize>(
        l: L,
        x: &[&Self; M],
        weights: &W,
        group: Group,
    ) -> Acc<L, M, P> {
        let mut sums = [[l.words_splat(0); P]; M];
        for m in 0..M {
            sums[m] = [x[m].begin(l, group); P];
        }
        for which in group.halves() {
            let mut words = [&[0; 8]; M];
            for m in 0..M {
                words[m] = &x[m].words.as_chunks().0[which];
            }
            dots(l, &mut sums, words, weights, which);
        }
        let mut whole = [[l.row_splat(0.0); P]; M];
        for m in 0..M {
            for p in 0..P {
                whole[m][p] = l.to_row(sums[m][p]);
            }
        }
        for m in 0..M {
            let Some(outlier) = x[m].outlier else { continue };
            let Some((which, n, one)) = outlier.pick(group) else { continue };
            for p in 0..P {
                let weight = l.dot(l.words_splat(-group.zero_point), weights.word(l, p, which, n), l.words_splat(one));
                whole[m][p] = l.row_mul_add(l.to_row(weight), l.row_splat(outlier.times), whole[m][p]);
            }
        }
        whole
    }
}

/// Adds the products of half `which` of 32 inputs to the sums of `M` rows and `P` panels.
#[inline(always)]
fn dots<L: Lanes, W: Words<P>, const M: usize, const P: usize>(
    l: L,
    sums: &mut [[L::Words; P]; M],
    x: [&[i32; 8]; M],
    weights: &W,
    which: usize,
) {
    eight!(|N| {
        let mut w = [l.words_splat(0); P];
        for p in 0..P {
            w[p] = weights.word(l, p, which, N);
        }
        for m in 0..M {
            for p in 0..P {
                sums[m][p] = if W::STORED && M < 3 {
                    l.dot(sums[m][p], w[p], l.words_splat(x[m][N]))
                } else {
                    l.dot_at::<N>(sums[m][p], w[p], x[m])
                };
            }
        }
    });
}

//! Activations of 16 bits, and of 24: two of them and two weights to a word.

use super::numbers::{Group, Measured, Numbers, Shelves, Words, halves};
use super::{Acc, ActivationFormat, eight};
use crate::compute::Compute;
use crate::isa::{Lanes, prefetch_line};
use crate::panel::{Integers, Line, SLAB, WIDTH};

/// 32 activations of one row as whole numbers, but for a tower: `high + low / 256`, times a scale. Where the low ones are all
/// zero, a block is the same with them or without, to the bit. What every product reads comes first, on two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Pairs {
    /// Pairs of 16-bit numbers in the order of [`Integers::pair`].
    high: [i32; 16],
    scale: f32,
    /// Whether there is anything in `low`.
    is_fine: bool,
    /// The activation that is apart from these numbers, if one is: there is a zero in its place.
    tower: Option<Tower>,
    /// Sums of all activations over the first sixteen, the second, and all 32.
    sum: [f32; 3],
    /// The same of `high` and of `low`, as whole numbers.
    sums: [[i32; 2]; 3],
    low: [i32; 16],
}

/// An activation that towers above the others of its block: with a scale that reaches up to it, they would be left few bits of
/// sixteen. One at most is apart; of two equals the first. Its product with a weight is added to the group's sum of the others.
/// (Some channels of a language model carry numbers hundreds of times larger than the rest: Dettmers et al. 2022, "LLM.int8()",
/// keeps such channels in 16-bit floats.)
#[derive(Clone, Copy, Debug)]
struct Tower {
    /// Which of the 32.
    at: u8,
    /// What it is, over the others' scale.
    times: f32,
}

impl Tower {
    /// How many times the mean size of a block's activations one of them is when it is apart.
    const ABOVE: f32 = 8.0;

    /// Which of `x` is to be apart, if one is, and the others, with a zero in its place.
    #[inline(always)]
    fn among<L: Lanes>(l: L, x: &[f32; 32], all: &Measured<L>) -> Option<(usize, Measured<L>)> {
        if all.most * 32.0 <= all.sum * Self::ABOVE {
            return None;
        }
        let at = x.iter().position(|x| x.abs() == all.most)?;
        let mut others = *x;
        others[at] = 0.0;
        let others = Measured::new(l, &others);
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

impl Pairs {
    /// Rounds to 24 bits.
    #[inline(always)]
    fn round_finely<L: Lanes>(&mut self, l: L, all: &Measured<L>) -> Option<()> {
        // They must fit into two parts of 16 and 8 bits.
        let (eights, scale) = all.rounded(l, 8_355_711.0)?;
        let mut whole = [[0; 8]; 4];
        for i in 0..4 {
            whole[i] = l.whole(eights[i]);
        }
        self.set_fine(whole.as_flattened().try_into().ok()?, scale * 256.0);
        Some(())
    }

    /// Rounds to 16 bits.
    #[inline(always)]
    fn round_coarsely<L: Lanes>(&mut self, l: L, all: &Measured<L>) -> Option<()> {
        let (eights, scale) = all.rounded(l, 32_767.0)?;
        for i in 0..4 {
            self.high.as_chunks_mut().0[i] = l.pairs(eights[i]);
        }
        let [first, second] = halves(l, &eights);
        self.finish([[first, 0], [second, 0]], scale);
        Some(())
    }

    /// Adds an activation where rounding has seen a zero.
    #[inline(always)]
    fn set_tower(&mut self, at: usize, x: f32) {
        self.tower = Some(Tower { at: at as u8, times: x / self.scale });
        self.sum[at / SLAB] += x;
        self.sum[2] += x;
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

    /// Where sums over a group begin, so that they are less the centre's share: of high numbers (`part` is 0) or of low ones (1).
    #[inline(always)]
    fn begin<L: Lanes>(&self, l: L, group: Group, part: usize) -> L::Words {
        l.words_splat(-group.centre * self.sums[group.half.unwrap_or(2)][part])
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

impl Numbers for Pairs {
    const ZERO: Self =
        Self { high: [0; 16], scale: 0.0, is_fine: false, tower: None, sum: [0.0; 3], sums: [[0; 2]; 3], low: [0; 16] };

    type Ready = [Line; 8];
    const NOTHING: [Line; 8] = [[0; WIDTH]; 8];

    fn shelves(compute: &Compute) -> &Shelves<Self> {
        &compute.pairs
    }

    #[inline(always)]
    fn round<L: Lanes>(&mut self, l: L, x: &[f32; 32], format: ActivationFormat) {
        let all = Measured::new(l, x);
        (self.is_fine, self.tower) = (format == ActivationFormat::I24, None);
        let rounded = if self.is_fine {
            self.round_finely(l, &all)
        } else if let Some((at, others)) = Tower::among(l, x, &all) {
            self.round_coarsely(l, &others).map(|()| self.set_tower(at, x[at]))
        } else {
            self.round_coarsely(l, &all)
        };
        if rounded.is_none() {
            *self = Self { scale: all.odd, ..Self::ZERO };
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
    fn ask_for(&self, blocks: usize) {
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

    /// Only fine numbers meet the weights twice.
    #[inline(always)]
    fn sums<L: Lanes, W: Words<P>, const M: usize, const P: usize>(
        l: L,
        x: &[&Self; M],
        weights: &W,
        group: Group,
    ) -> Acc<L, M, P> {
        let mut high = [[l.words_splat(0); P]; M];
        for m in 0..M {
            high[m] = [x[m].begin(l, group, 0); P];
        }
        for which in group.halves() {
            let mut words = [&[0; 8]; M];
            for m in 0..M {
                words[m] = &x[m].high.as_chunks().0[which];
            }
            dots(l, &mut high, words, weights, which);
        }
        let mut whole = [[l.row_splat(0.0); P]; M];
        for m in 0..M {
            for p in 0..P {
                whole[m][p] = l.to_row(high[m][p]);
            }
        }
        if x.iter().any(|x| x.is_fine) {
            let mut lows = [[[0; WIDTH]; P]; M];
            for (x, lows) in x.iter().zip(&mut lows).filter(|(x, _)| x.is_fine) {
                let mut low = [[x.begin(l, group, 1); P]];
                for which in group.halves() {
                    dots(l, &mut low, [&x.low.as_chunks().0[which]], weights, which);
                }
                for p in 0..P {
                    l.words_store(low[0][p], &mut lows[p]);
                }
            }
            for m in 0..M {
                for p in 0..P {
                    whole[m][p] = l.row_mul_add(l.to_row(l.words(&lows[m][p])), l.row_splat(LOW), whole[m][p]);
                }
            }
        }
        for m in 0..M {
            let Some(tower) = x[m].tower else { continue };
            let Some((which, n, one)) = tower.pick(group) else { continue };
            for p in 0..P {
                let weight = l.dot(l.words_splat(-group.centre), weights.word(l, p, which, n), l.words_splat(one));
                whole[m][p] = l.row_mul_add(l.to_row(weight), l.row_splat(tower.times), whole[m][p]);
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

/// What a unit of the low numbers is worth.
const LOW: f32 = 1.0 / 256.0;

/// Whole numbers of sixteen bits, each with the one two further on in one word.
#[inline(always)]
fn pairs(numbers: &[i32; 32]) -> [i32; 16] {
    let mut all = [0; 16];
    for (to, [a, b, c, d]) in all.as_chunks_mut::<2>().0.iter_mut().zip(numbers.as_chunks::<4>().0) {
        *to = [(a & 0xffff) | (c << 16), (b & 0xffff) | (d << 16)];
    }
    all
}

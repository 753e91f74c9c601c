//! What activations and weights are to each other where both are integers.

use super::Acc;
use crate::isa::{ByteRange, Lanes};
use crate::panel::storage::PanelRow;
use crate::panel::{Integers, Line, WIDTH};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

/// 32 activations of one row as integers, times a scale, in a form in which they meet weights: one word of some
/// activations meets a word of as many weights of each output.
pub(crate) trait QuantizedBlock: Copy + Send + Sync + fmt::Debug + 'static {
    /// All zeros.
    const ZERO: Self;

    /// The words of a slab, ready to meet many rows.
    type Ready: Copy + AsRef<[Line]> + Send + fmt::Debug;
    /// Words of zeros.
    const NOTHING: Self::Ready;

    /// Rounds 32 activations.
    fn round<L: Lanes>(&mut self, l: L, x: &[f32; 32]);
    /// What a one is worth.
    fn scale(&self) -> f32;
    /// The sum of the activations, over sixteen (`half` is 0 or 1) or over all 32.
    fn sum(&self, half: Option<usize>) -> f32;
    /// Asks for the block `blocks` further on, if there is one.
    fn prefetch(&self, blocks: usize);

    /// Word `n` of a slab as it is stored.
    fn word<L: Lanes, S: Integers>(l: L, slab: &S::Slab, n: usize) -> L::Words;
    /// Makes a slab ready.
    fn make_ready<L: Lanes, S: Integers>(l: L, slab: &S::Slab, to: &mut Self::Ready);
    /// Weights times activations, added up over a group for each of `M` rows and the panels of `weights`. The sums are exact
    /// but for the last step, to f32, and an activation apart, which is added after it.
    fn sums<L: Lanes, W: Words<P>, const M: usize, const P: usize>(
        l: L,
        x: &[&Self; M],
        weights: &W,
        group: Group,
    ) -> Acc<L, M, P>;
}

/// 32 activations in registers, and what their rounding depends on.
pub(super) struct BlockStats<L: Lanes> {
    eights: [L::F; 4],
    /// The largest size, and the sum of all sizes.
    pub(super) most: f32,
    pub(super) sum: f32,
    /// Zero; NaN where one of them is no number, which must show.
    pub(super) non_finite: f32,
}

impl<L: Lanes> BlockStats<L> {
    #[inline(always)]
    pub(super) fn new(l: L, x: &[f32; 32]) -> Self {
        let mut eights = [l.splat(0.0); 4];
        let (mut most, mut sum) = (l.splat(0.0), l.splat(0.0));
        for i in 0..4 {
            eights[i] = l.load(&x.as_chunks().0[i]);
            let size = l.max(eights[i], l.sub(l.splat(0.0), eights[i]));
            most = l.max(size, most);
            sum = l.add(size, sum);
        }
        let (most, sum) = (l.max_lane(most), l.total(sum));
        let non_finite = if sum.is_finite() { 0.0 } else { x.iter().map(|x| x * 0.0).sum() };
        Self { eights, most, sum, non_finite }
    }

    /// As integers of which the largest has the size `max`, and what a one is worth; none where they are all
    /// zeros, next to nothing, or no numbers.
    #[inline(always)]
    pub(super) fn rounded(&self, l: L, max: f32) -> Option<([L::F; 4], f32)> {
        let by = max / self.most;
        if !by.is_finite() || self.non_finite != 0.0 {
            return None;
        }
        let mut whole = self.eights;
        for i in 0..4 {
            whole[i] = l.round(l.mul(whole[i], l.splat(by)));
        }
        Some((whole, self.most / max))
    }
}

/// The sums of the first sixteen integers and of the second, which are exact: less than 2^20.
#[inline(always)]
pub(super) fn halves<L: Lanes>(l: L, whole: &[L::F; 4]) -> [i32; 2] {
    [l.total(l.add(whole[0], whole[1])) as i32, l.total(l.add(whole[2], whole[3])) as i32]
}

/// Which of 32 inputs share a scale.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    /// The first sixteen, the second, or none for all of them.
    pub(super) half: Option<usize>,
    /// What is taken off each weight.
    pub(super) zero_point: i32,
    /// What bytes of weights are.
    pub(super) byte_range: ByteRange,
}

impl Group {
    /// Group `at` of 32 inputs.
    #[inline(always)]
    pub(super) fn new<S: Integers>(at: usize, zero_point: i32) -> Self {
        Self { half: (S::GROUP == 1).then_some(at), zero_point, byte_range: S::BYTE_RANGE }
    }

    /// Its halves of the 32.
    #[inline(always)]
    pub(super) fn halves(self) -> Range<usize> {
        self.half.map_or(0..2, |half| half..half + 1)
    }
}

/// The weights of 32 inputs and `P` panels, word by word.
pub(crate) trait Words<const P: usize> {
    /// Whether they have just been made out of what is stored, to be used once.
    const STORED: bool;

    /// Word `n` of half `which` of panel `p`.
    fn word<L: Lanes>(&self, l: L, p: usize, which: usize, n: usize) -> L::Words;
}

/// Slabs as they are stored, to meet activations in the form `X`.
pub(super) struct Stored<'a, X, S: Integers, const P: usize> {
    slabs: [&'a [S::Slab; 2]; P],
    form: PhantomData<X>,
}

impl<'a, X, S: Integers, const P: usize> Stored<'a, X, S, P> {
    /// Block `b` of each panel.
    #[inline(always)]
    pub(super) fn at(panels: &[&'a [[S::Slab; 2]]; P], b: usize) -> Self {
        Self { slabs: of_each(panels, b), form: PhantomData }
    }
}

impl<X: QuantizedBlock, S: Integers, const P: usize> Words<P> for Stored<'_, X, S, P> {
    const STORED: bool = true;

    #[inline(always)]
    fn word<L: Lanes>(&self, l: L, p: usize, which: usize, n: usize) -> L::Words {
        X::word::<L, S>(l, &self.slabs[p][which], n)
    }
}

/// A slab that is ready to meet many rows; no line of it crosses two of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct ReadySlab<X: QuantizedBlock> {
    pub(super) words: X::Ready,
    pub(super) scale_min: [PanelRow; 2],
}

impl<X: QuantizedBlock> ReadySlab<X> {
    pub(super) const ZERO: Self = Self { words: X::NOTHING, scale_min: [[0.0; WIDTH]; 2] };
}

/// Slabs that are ready.
pub(super) struct Ready<'a, X: QuantizedBlock, const P: usize>([&'a [ReadySlab<X>; 2]; P]);

impl<'a, X: QuantizedBlock, const P: usize> Ready<'a, X, P> {
    /// Block `b` of each panel.
    #[inline(always)]
    pub(super) fn at(panels: &[&'a [[ReadySlab<X>; 2]]; P], b: usize) -> Self {
        Self(of_each(panels, b))
    }
}

impl<X: QuantizedBlock, const P: usize> Words<P> for Ready<'_, X, P> {
    const STORED: bool = false;

    #[inline(always)]
    fn word<L: Lanes>(&self, l: L, p: usize, which: usize, n: usize) -> L::Words {
        l.words(&self.0[p][which].words.as_ref()[n])
    }
}

/// Number `at` of each list. (Here and elsewhere, a closure for each would be a call, and not compiled for the same
/// instructions.)
#[inline(always)]
pub(super) fn of_each<'a, T, const N: usize>(lists: &[&'a [T]; N], at: usize) -> [&'a T; N] {
    let mut all = [&lists[0][at]; N];
    for i in 0..N {
        all[i] = &lists[i][at];
    }
    all
}

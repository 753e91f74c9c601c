//! Attention of one position to those before it.
//!
//! Keys and values lie in blocks of [`BLOCK`] positions. A score is one chain of multiply-adds along the head's width;
//! the softmax adds by the contract's eight partial sums, over positions; a weighted value is one chain along the
//! positions. All three depend on the position alone, so a prompt may come whole or in chunks.

use crate::exp::exp;
use crate::isa::{Isa, Kernel, Lanes};
use crate::panel::{PanelRow, halves};
use crate::row::{each_eight, greatest, map_eight, scale};

/// Positions in a block of keys and values.
pub const BLOCK: usize = 16;

/// Keys and values of one sequence that a query may look at, for one key-value head.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    /// One slice for each [`BLOCK`] positions. At `offset` begin this head's keys, `[width][BLOCK]`; right after them
    /// its values, `[BLOCK][width]`.
    pub blocks: &'a [&'a [f32]],
    /// Where this head's part begins in each block.
    pub offset: usize,
    /// Numbers in a head.
    pub width: usize,
    /// The first position looked at (0, or more with a sliding window).
    pub first: usize,
    /// One past the last position looked at.
    pub end: usize,
    /// What scores are multiplied by, usually `1 / sqrt(width)`.
    pub scale: f32,
}

/// `out = softmax(scale * query K) V` for one query, `[width]`. `scores` is scratch space.
///
/// # Panics
/// When the lengths do not fit, or no position is looked at.
pub fn attend(query: &[f32], past: &Attention<'_>, scores: &mut Vec<f32>, out: &mut [f32], isa: Isa) {
    let size = past.offset + 2 * past.width * BLOCK;
    assert!(query.len() == past.width && out.len() == past.width, "a head");
    assert!(past.first < past.end && past.end <= past.blocks.len() * BLOCK, "positions");
    assert!(past.blocks.iter().all(|b| b.len() >= size), "blocks");
    isa.run(Attend { query, past, scores, out });
}

struct Attend<'a> {
    query: &'a [f32],
    past: &'a Attention<'a>,
    scores: &'a mut Vec<f32>,
    out: &'a mut [f32],
}

impl Kernel for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        let Self { query, past, scores, out } = self;
        let blocks = past.first / BLOCK..past.end.div_ceil(BLOCK);
        let start = blocks.start * BLOCK;
        scores.clear();
        scores.resize(blocks.len() * BLOCK, 0.0);
        let (chunks, _) = scores.as_chunks_mut::<BLOCK>();
        let mut at = 0;
        while at + 4 <= chunks.len() {
            dot::<L, 4>(l, query, past, blocks.start + at, &mut chunks[at..]);
            at += 4;
        }
        while at < chunks.len() {
            dot::<L, 1>(l, query, past, blocks.start + at, &mut chunks[at..]);
            at += 1;
        }
        scores[..past.first - start].fill(f32::NEG_INFINITY);
        scores.truncate(past.end - start);
        let sum = soften(l, scores);
        let mut from = 0;
        while from + 64 <= past.width {
            mix::<L, 8>(l, scores, past, start, from, out);
            from += 64;
        }
        while from + 8 <= past.width {
            mix::<L, 1>(l, scores, past, start, from, out);
            from += 8;
        }
        for d in from..past.width {
            let values = (past.first..past.end).map(|t| value(past, t)[d]);
            out[d] = values.zip(&scores[past.first - start..]).fold(0.0f32, |acc, (v, &p)| p.mul_add(v, acc));
        }
        let inverse = 1.0 / sum;
        scale(out, inverse);
    }
}

/// Scores of `P` blocks of positions, scaled.
#[inline(always)]
fn dot<L: Lanes, const P: usize>(l: L, query: &[f32], past: &Attention<'_>, block: usize, to: &mut [[f32; BLOCK]]) {
    let keys: [&[PanelRow]; P] =
        std::array::from_fn(|p| past.blocks[block + p][past.offset..][..query.len() * BLOCK].as_chunks().0);
    let keys: [&[PanelRow]; P] = keys.map(|k| &k[..query.len()]);
    let mut acc = [[l.splat(0.0); 2]; P];
    for d in 0..query.len() {
        let q = l.splat(query[d]);
        for p in 0..P {
            let (low, high) = halves(&keys[p][d]);
            acc[p] = [l.mul_add(q, l.load(low), acc[p][0]), l.mul_add(q, l.load(high), acc[p][1])];
        }
    }
    let scale = l.splat(past.scale);
    for p in 0..P {
        let [low, high] = to[p].as_chunks_mut::<8>().0 else { unreachable!("sixteen is twice eight") };
        l.store(l.mul(acc[p][0], scale), low);
        l.store(l.mul(acc[p][1], scale), high);
    }
}

/// Replaces scores by `exp(score - greatest)` and returns their sum.
#[inline(always)]
fn soften<L: Lanes>(l: L, scores: &mut [f32]) -> f32 {
    let max = l.splat(greatest(l, scores));
    map_eight!(l, scores, |x| exp(l, l.sub(x, max)));
    let mut sum = l.splat(0.0);
    each_eight!(scores, 0.0, |eight| sum = l.add(sum, l.load(eight)));
    l.total(sum)
}

/// The value row of a position.
#[inline(always)]
fn value<'a>(past: &Attention<'a>, position: usize) -> &'a [f32] {
    let at = past.offset + past.width * (BLOCK + position % BLOCK);
    &past.blocks[position / BLOCK][at..][..past.width]
}

/// `8 * N` numbers of the weighted sum of values, from `from` on.
#[inline(always)]
fn mix<L: Lanes, const N: usize>(
    l: L,
    weights: &[f32],
    past: &Attention<'_>,
    start: usize,
    from: usize,
    out: &mut [f32],
) {
    let mut acc = [l.splat(0.0); N];
    for t in past.first..past.end {
        let (rows, _) = value(past, t)[from..from + 8 * N].as_chunks::<8>();
        let weight = l.splat(weights[t - start]);
        for n in 0..N {
            acc[n] = l.mul_add(weight, l.load(&rows[n]), acc[n]);
        }
    }
    let (rows, _) = out[from..from + 8 * N].as_chunks_mut::<8>();
    for n in 0..N {
        l.store(acc[n], &mut rows[n]);
    }
}

//! Attention of positions to those before them.
//!
//! Keys and values lie in blocks of [`KV_BLOCK`] positions. A score is one chain of multiply-adds along the head's width;
//! the softmax adds by the contract's eight partial sums, over positions; a weighted value is one chain along the
//! positions. All three depend on the query's own position alone, so a prompt may come whole or in chunks, and queries
//! that look at the same keys may go side by side.

use crate::exp::exp;
use crate::isa::{Isa, Kernel, Lanes, prefetch_ahead};
use crate::panel::storage::PanelRow;
use crate::row::{each_eight, map_eight, row_max, scale};
use crate::softcap::softcap;
use crate::tuning::QUERIES_TOGETHER;
use std::ops::Range;

/// Positions in a block of keys and values.
pub const KV_BLOCK: usize = 16;

/// Keys and values of one sequence, for one key-value head.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    /// One slice for each [`KV_BLOCK`] positions. At `offset` begin this head's keys, `[width][KV_BLOCK]`; right after them
    /// its values, `[KV_BLOCK][width]`.
    pub blocks: &'a [&'a [f32]],
    /// Where this head's part begins in each block.
    pub offset: usize,
    /// Numbers in a head.
    pub width: usize,
    /// What scores are multiplied by, usually `1 / sqrt(width)`.
    pub scale: f32,
    /// A bound `c` that scores come near but do not pass: `c tanh(score / c)` (soft-capping, Gemma 2). Positive.
    pub softcap: Option<f32>,
}

/// One query, and what it looks at.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// `[width]`.
    pub row: &'a [f32],
    /// The positions: from 0, or later with a sliding window, to its own.
    pub sees: Range<usize>,
    /// What is added to the score of each position, from position 0 on (ALiBi; Press et al., 2022); at least as many as it
    /// sees the end of, or empty for none.
    pub bias: &'a [f32],
    /// The score of a position that is nowhere: it takes its part of the softmax and gives nothing (attention sink,
    /// gpt-oss).
    pub sink: Option<f32>,
}

/// `out[i] = softmax(scale * query K) V` for each query; `out` is `[queries, width]`. `scores` is scratch space.
///
/// # Panics
/// When the lengths do not fit, or a query looks at no position.
pub fn attend(queries: &[Query<'_>], past: &Attention<'_>, scores: &mut Vec<f32>, out: &mut [f32], isa: Isa) {
    let size = past.offset + 2 * past.width * KV_BLOCK;
    assert!(out.len() == queries.len() * past.width && past.width > 0, "a row for each query");
    for query in queries {
        assert!(query.row.len() == past.width, "a head");
        assert!(query.sees.start < query.sees.end && query.sees.end <= past.blocks.len() * KV_BLOCK, "positions");
        assert!(query.bias.is_empty() || query.bias.len() >= query.sees.end, "a bias for each position");
    }
    assert!(past.blocks.iter().all(|b| b.len() >= size), "blocks");
    for (queries, out) in queries.chunks(QUERIES_TOGETHER).zip(out.chunks_mut(QUERIES_TOGETHER * past.width)) {
        isa.run(Attend { queries, past, scores, out });
    }
}

struct Attend<'a> {
    queries: &'a [Query<'a>], // 1 to QUERIES_TOGETHER
    past: &'a Attention<'a>,
    scores: &'a mut Vec<f32>,
    out: &'a mut [f32],
}

impl Kernel for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        // Queries x blocks of sixteen: as many chains as hide the latency of a multiply-add, and twice as many where there
        // are registers for them, since each block that is loaded then meets as many queries again.
        match self.queries.len() {
            _ if !L::WIDE => self.one_by_one(l),
            1 => self.tile::<L, 1, 4>(l),
            2 if L::PAIRED => self.tile::<L, 2, 4>(l),
            3 if L::PAIRED => self.tile::<L, 3, 4>(l),
            4 if L::PAIRED => self.tile::<L, 4, 2>(l),
            5 if L::PAIRED => self.tile::<L, 5, 2>(l),
            QUERIES_TOGETHER if L::PAIRED => self.tile::<L, QUERIES_TOGETHER, 2>(l),
            2 => self.tile::<L, 2, 2>(l),
            3 => self.tile::<L, 3, 2>(l),
            4 => self.tile::<L, 4, 1>(l),
            5 => self.tile::<L, 5, 1>(l),
            _ => self.tile::<L, QUERIES_TOGETHER, 1>(l),
        }
    }
}

/// Chains in flight, `[queries][blocks of sixteen positions, or of sixteen numbers of a value]`.
type Acc<L, const M: usize, const P: usize> = [[<L as Lanes>::Row; P]; M];

impl Attend<'_> {
    /// Each query alone, from little code.
    #[inline(always)]
    fn one_by_one<L: Lanes>(self, l: L) {
        let Self { queries, past, scores, out } = self;
        for (queries, out) in queries.chunks(1).zip(out.chunks_mut(past.width)) {
            Attend { queries, past, scores, out }.tile::<L, 1, 1>(l);
        }
    }

    /// `M` queries.
    #[inline(always)]
    fn tile<L: Lanes, const M: usize, const P: usize>(self, l: L) {
        let Self { queries, past, scores, out } = self;
        let sees: [Range<usize>; M] = std::array::from_fn(|m| queries[m].sees.clone());
        let first = sees.iter().map(|s| s.start).min().unwrap_or(0) / KV_BLOCK;
        let blocks = first..sees.iter().map(|s| s.end).max().unwrap_or(0).div_ceil(KV_BLOCK);
        let (start, len) = (first * KV_BLOCK, blocks.len() * KV_BLOCK);
        scores.resize(M * len, 0.0);
        let mut block = blocks.start;
        while block + P <= blocks.end {
            dot::<L, M, P>(l, queries, past, block, start, scores);
            block += P;
        }
        while block < blocks.end {
            dot::<L, M, 1>(l, queries, past, block, start, scores);
            block += 1;
        }
        let mut sums = [0.0; M];
        for m in 0..M {
            let row = &mut scores[m * len..][..sees[m].end - start];
            if let Some(bound) = past.softcap {
                softcap(l, row, bound);
            }
            if !queries[m].bias.is_empty() {
                row.iter_mut().zip(&queries[m].bias[start..]).for_each(|(score, bias)| *score += bias);
            }
            row[..sees[m].start - start].fill(f32::NEG_INFINITY);
            sums[m] = soften(l, row, queries[m].sink);
        }
        let weights: [&[f32]; M] = std::array::from_fn(|m| &scores[m * len..][..len]);
        let mut from = 0;
        while from + KV_BLOCK * P <= past.width {
            mix::<L, M, P>(l, weights, &sees, past, start, from, out);
            from += KV_BLOCK * P;
        }
        while from + KV_BLOCK <= past.width {
            mix::<L, M, 1>(l, weights, &sees, past, start, from, out);
            from += KV_BLOCK;
        }
        for m in 0..M {
            for d in from..past.width {
                let values = sees[m].clone().map(|t| (value(past, t)[d], weights[m][t - start]));
                out[m * past.width + d] = values.fold(0.0f32, |acc, (v, p)| p.mul_add(v, acc));
            }
            scale(&mut out[m * past.width..][..past.width], 1.0 / sums[m]);
        }
    }
}

/// Scores of `M` queries for `P` blocks of positions, scaled. Scores are `[queries][positions from start]`.
#[inline(always)]
fn dot<L: Lanes, const M: usize, const P: usize>(
    l: L,
    queries: &[Query<'_>],
    past: &Attention<'_>,
    block: usize,
    start: usize,
    scores: &mut [f32],
) {
    let keys: [&[PanelRow]; P] =
        std::array::from_fn(|p| past.blocks[block + p][past.offset..][..past.width * KV_BLOCK].as_chunks().0);
    let keys: [&[PanelRow]; P] = keys.map(|k| &k[..past.width]);
    let rows: [&[f32]; M] = std::array::from_fn(|m| &queries[m].row[..past.width]);
    // The queries of a group are done sooner than memory is: these values and the next keys are asked for meanwhile. One alone has
    // four blocks on the way already; the many of a prompt find them in the cache.
    let is_group = M == 2 || M == 3;
    let last = if is_group { past.blocks.len() - 1 } else { block };
    let next: [&[PanelRow]; P] = std::array::from_fn(|p| {
        past.blocks[last.min(block + P + p)][past.offset..][..past.width * KV_BLOCK].as_chunks().0
    });
    let mut acc: Acc<L, M, P> = [[l.row_splat(0.0); P]; M];
    for d in 0..past.width {
        let mut k = [l.row_splat(0.0); P];
        for p in 0..P {
            k[p] = l.row_load(&keys[p][d]);
            if is_group {
                prefetch_ahead(&keys[p][d], size_of_val(keys[p]));
                prefetch_ahead(&next[p][d], 0);
            }
        }
        for m in 0..M {
            let q = l.row_splat(rows[m][d]);
            for p in 0..P {
                acc[m][p] = l.row_mul_add(q, k[p], acc[m][p]);
            }
        }
    }
    let by = l.row_splat(past.scale);
    let len = scores.len() / M;
    for m in 0..M {
        let to = &mut scores[m * len + block * KV_BLOCK - start..][..P * KV_BLOCK];
        for p in 0..P {
            l.row_store(l.row_mul(acc[m][p], by), &mut to.as_chunks_mut().0[p]);
        }
    }
}

/// Replaces scores by `exp(score - maximum)` and returns their sum, the sink's among them.
#[inline(always)]
fn soften<L: Lanes>(l: L, scores: &mut [f32], sink: Option<f32>) -> f32 {
    let mut most = row_max(l, scores);
    if let Some(sink) = sink {
        most = if sink > most { sink } else { most };
    }
    let max = l.splat(most);
    map_eight!(l, scores, |x| exp(l, l.sub(x, max)));
    let mut sum = l.splat(0.0);
    each_eight!(scores, 0.0, |eight| sum = l.add(sum, l.load(eight)));
    let total = l.total(sum);
    match sink {
        None => total,
        Some(sink) => total + l.max_lane(exp(l, l.sub(l.splat(sink), max))),
    }
}

/// The value row of a position.
#[inline(always)]
fn value<'a>(past: &Attention<'a>, position: usize) -> &'a [f32] {
    let at = past.offset + past.width * (KV_BLOCK + position % KV_BLOCK);
    &past.blocks[position / KV_BLOCK][at..][..past.width]
}

/// `16 * P` numbers of the weighted sums of values, from `from` on. Each query's chain runs over the positions that it
/// sees and no other: those that all of them see in the middle, what each sees alone before and after.
#[inline(always)]
fn mix<L: Lanes, const M: usize, const P: usize>(
    l: L,
    weights: [&[f32]; M],
    sees: &[Range<usize>; M],
    past: &Attention<'_>,
    start: usize,
    from: usize,
    out: &mut [f32],
) {
    let common_start = sees.iter().map(|s| s.start).max().unwrap_or(0);
    let common_end = sees.iter().map(|s| s.end).min().unwrap_or(0).max(common_start);
    let mut acc: Acc<L, M, P> = [[l.row_splat(0.0); P]; M];
    for m in 0..M {
        for t in sees[m].start..common_start.min(sees[m].end) {
            acc[m] = weigh(l, weights[m][t - start], numbers(l, value(past, t), from), acc[m]);
        }
    }
    // Block by block, so that lengths are checked once for all positions of one.
    let mut t = common_start;
    while t < common_end {
        let end = common_end.min((t / KV_BLOCK + 1) * KV_BLOCK);
        let values =
            past.blocks[t / KV_BLOCK][past.offset + past.width * (KV_BLOCK + t % KV_BLOCK)..].chunks_exact(past.width);
        let weights: [&[f32]; M] = std::array::from_fn(|m| &weights[m][t - start..end - start]);
        for (i, value) in values.take(end - t).enumerate() {
            let v = numbers(l, value, from);
            for m in 0..M {
                acc[m] = weigh(l, weights[m][i], v, acc[m]);
            }
        }
        t = end;
    }
    for m in 0..M {
        for t in common_end.max(sees[m].start)..sees[m].end {
            acc[m] = weigh(l, weights[m][t - start], numbers(l, value(past, t), from), acc[m]);
        }
        let (rows, _) = out[m * past.width + from..][..KV_BLOCK * P].as_chunks_mut();
        for p in 0..P {
            l.row_store(acc[m][p], &mut rows[p]);
        }
    }
}

/// `16 * P` numbers of a row, from `from` on.
#[inline(always)]
fn numbers<L: Lanes, const P: usize>(l: L, row: &[f32], from: usize) -> [L::Row; P] {
    let (rows, _) = row[from..from + KV_BLOCK * P].as_chunks();
    let mut all = [l.row_splat(0.0); P];
    for p in 0..P {
        all[p] = l.row_load(&rows[p]);
    }
    all
}

/// `acc + weight * value`.
#[inline(always)]
fn weigh<L: Lanes, const P: usize>(l: L, weight: f32, value: [L::Row; P], mut acc: [L::Row; P]) -> [L::Row; P] {
    let weight = l.row_splat(weight);
    for p in 0..P {
        acc[p] = l.row_mul_add(weight, value[p], acc[p]);
    }
    acc
}

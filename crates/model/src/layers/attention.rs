//! Attention over several sequences at once: keys and values in, what each head saw out.

use crate::columns::Columns;
use crate::forward::{Rows, Span};
use beamline_kernels::{Attention, Compute, Query, Scratch, attend};
use std::ops::Range;

/// Where the rows of a pass belong: spans laid end to end.
pub(crate) struct Batch {
    /// For each span: its rows, and the position of the first.
    spans: Vec<(Range<usize>, usize)>,
    /// For each row: its span and its position.
    rows: Vec<(usize, usize)>,
    /// Rows whose logits are wanted.
    wanted: Vec<usize>,
}

impl Batch {
    /// Appends every span's tokens to its cache. Spans have been checked.
    pub(crate) fn begin(spans: &mut [Span<'_>]) -> Self {
        let mut batch = Self { spans: Vec::new(), rows: Vec::new(), wanted: Vec::new() };
        for (s, span) in spans.iter_mut().enumerate() {
            let (start, first) = (span.cache.len(), batch.rows.len());
            let rows = first..first + span.tokens.len();
            batch.rows.extend((0..span.tokens.len()).map(|i| (s, start + i)));
            batch.wanted.extend(rows.end - span.want.count(span.tokens.len())..rows.end);
            batch.spans.push((rows, start));
            span.cache.extend(span.tokens);
        }
        batch
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The position of each row in its sequence.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> {
        self.rows.iter().map(|&(_, position)| position)
    }

    /// The rows of `x`, `[rows, width]`, whose logits are wanted.
    pub(crate) fn wanted(&self, x: &[f32], width: usize) -> Vec<f32> {
        self.wanted.iter().flat_map(|&row| &x[row * width..][..width]).copied().collect()
    }

    /// Logits of no rows at all.
    pub(crate) fn nothing(&self, vocab: usize) -> Option<Rows> {
        self.wanted.is_empty().then(|| Rows::new(Vec::new(), vocab).expect("nothing is finite"))
    }

    /// Writes one layer's keys and values, `[rows, kv heads * head]` each, into the caches.
    pub(crate) fn write(
        &self,
        spans: &mut [Span<'_>],
        layer: usize,
        keys_and_values: [Columns<'_>; 2],
        compute: &Compute,
    ) {
        for (span, (rows, start)) in spans.iter_mut().zip(&self.spans) {
            let here = keys_and_values.map(|all| all.skip(rows.start));
            span.cache.write(layer, *start..start + rows.len(), here, compute);
        }
    }

    /// What every head of every row sees of its own sequence's past: `queries` and the result are `[rows, heads, head]`.
    /// A row looks at no more than the last `window` positions, its own among them.
    pub(crate) fn attend<'c>(
        &self,
        spans: &[Span<'_>],
        layer: usize,
        queries: Columns<'_>,
        how: &Heads<'_>,
        compute: &'c Compute,
    ) -> Scratch<'c> {
        let blocks: Vec<Vec<&[f32]>> = spans.iter().map(|span| span.cache.blocks()).collect();
        let geometry = spans[0].cache.geometry(); // a pass without rows ends before any layer
        let (width, kv_heads) = (geometry.head, geometry.kv_heads);
        let group = queries.width() / width / kv_heads;
        // A few heads may be too few for the threads: then each query goes alone.
        let alone = self.rows.len() == 1;
        let tiles = self.tiles(kv_heads, if alone { 1 } else { group }, group);
        let mut out = compute.scratch(self.rows.len() * queries.width()); // [kv heads][rows][group]
        let longest = self.rows.iter().map(|&(_, position)| position + 1).max().unwrap_or(0);
        let items = parts(&mut out, tiles.iter().map(|tile| tile.rows.len() * tile.heads.len() * width));
        let cost = self.rows.len() * queries.width() * longest * 2;
        compute.for_items(items, cost, |i, out| {
            let tile = &tiles[i];
            let span = self.rows[tile.rows.start].0;
            let past = Attention {
                blocks: &blocks[span],
                offset: spans[span].cache.offset(layer, tile.heads.start / group),
                width,
                scale: how.scale,
                softcap: how.softcap,
            };
            let query = |row: usize, head: usize| {
                let end = self.rows[row].1 + 1;
                let first = how.window.map_or(0, |window| end.saturating_sub(window));
                let sink = how.sinks.map(|sinks| sinks[head]);
                Query { row: &queries.row(row)[head * width..][..width], sees: first..end, bias: how.bias(head), sink }
            };
            let heads = || tile.heads.clone();
            let all: Vec<Query<'_>> =
                tile.rows.clone().flat_map(|row| heads().map(move |head| query(row, head))).collect();
            attend(&all, &past, &mut Vec::new(), out, compute.isa());
        });
        if alone { out } else { gathered(&out, self.rows.len(), kv_heads, compute) }
    }

    /// How much each head of each row looks at each position: `[rows, heads, positions of the longest sequence]`. For
    /// looking alone, so in f64 and one by one.
    pub(crate) fn weights(&self, spans: &[Span<'_>], layer: usize, queries: Columns<'_>, how: &Heads) -> Vec<f32> {
        let geometry = spans[0].cache.geometry();
        let (width, longest) = (geometry.head, self.positions().max().unwrap_or(0) + 1);
        let heads = queries.width() / width;
        let mut all = vec![0.0; self.rows.len() * heads * longest];
        let looking = (0..self.rows.len()).flat_map(|row| queries.row(row).chunks_exact(width));
        let places = self.rows.iter().flat_map(|&row| (0..heads).map(move |head| (row, head)));
        for (((span, position), head), (query, out)) in places.zip(looking.zip(all.chunks_exact_mut(longest))) {
            let first = how.window.map_or(0, |window| (position + 1).saturating_sub(window));
            let score = |at: usize| -> f64 {
                let key = spans[span].cache.key(layer, head * geometry.kv_heads / heads, at);
                let dot: f64 = query.iter().zip(key).map(|(&q, k)| f64::from(q) * f64::from(k)).sum();
                how.score(dot * f64::from(how.scale), head, at)
            };
            let scores: Vec<f64> = (first..=position).map(score).collect();
            let sink = how.sinks.map(|sinks| f64::from(sinks[head]));
            let most = scores.iter().copied().chain(sink).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scores.iter().copied().chain(sink).map(|s| libm::exp(s - most)).sum();
            out[first..=position].iter_mut().zip(&scores).for_each(|(w, s)| *w = (libm::exp(s - most) / sum) as f32);
        }
        all
    }

    /// The work of all heads, cut into tiles of rows of one span and `heads` heads, in the order `[kv heads][rows]`.
    fn tiles(&self, kv_heads: usize, heads: usize, group: usize) -> Vec<Tile> {
        const ROWS: usize = 16;
        let mut tiles = Vec::new();
        for head in (0..kv_heads * group).step_by(heads) {
            for (rows, _) in &self.spans {
                let cut = rows.clone().step_by(ROWS);
                let tile = |start: usize| Tile { rows: start..(start + ROWS).min(rows.end), heads: head..head + heads };
                tiles.extend(cut.map(tile));
            }
        }
        tiles
    }
}

/// Queries that look at one sequence with one key-value head.
struct Tile {
    rows: Range<usize>,
    /// Of all query heads.
    heads: Range<usize>,
}

/// Cuts a slice into parts of these lengths.
fn parts(all: &mut [f32], lens: impl Iterator<Item = usize>) -> Vec<&mut [f32]> {
    let mut rest = all;
    lens.map(|len| rest.split_off_mut(..len).expect("the parts make up the whole")).collect()
}

/// `[heads][rows][...]` made `[rows][heads][...]`.
fn gathered<'c>(x: &[f32], rows: usize, heads: usize, compute: &'c Compute) -> Scratch<'c> {
    let width = x.len() / rows / heads;
    let mut out = compute.scratch(x.len());
    compute.for_chunks(&mut out, heads * width, heads * width, |row, out| {
        for (head, out) in out.chunks_exact_mut(width).enumerate() {
            out.copy_from_slice(&x[(head * rows + row) * width..][..width]);
        }
    });
    out
}

/// How the heads of a layer look back.
#[derive(Clone, Copy, Default)]
pub(crate) struct Heads<'a> {
    /// What scores are multiplied by.
    pub(crate) scale: f32,
    /// The positions looked at, with a sliding window.
    pub(crate) window: Option<usize>,
    /// The bound that scores come near (Gemma 2).
    pub(crate) softcap: Option<f32>,
    /// A score of nothing for each head, which takes its part of the softmax (gpt-oss). `[heads]`
    pub(crate) sinks: Option<&'a [f32]>,
    /// What is added to scores by position (ALiBi), `[heads, positions]`; empty for none.
    pub(crate) biases: &'a [Vec<f32>],
}

impl<'a> Heads<'a> {
    /// What is added to a head's scores, from position 0 on.
    fn bias(&self, head: usize) -> &'a [f32] {
        self.biases.get(head).map_or(&[], Vec::as_slice)
    }

    /// A scaled score as the softmax takes it.
    fn score(&self, dot: f64, head: usize, at: usize) -> f64 {
        let capped = self.softcap.map_or(dot, |bound| f64::from(bound) * libm::tanh(dot / f64::from(bound)));
        capped + self.bias(head).get(at).map_or(0.0, |&bias| f64::from(bias))
    }
}

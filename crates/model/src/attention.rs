//! Attention over several sequences at once: keys and values in, what each head saw out.

use crate::cache::KvCache;
use crate::forward::{Rows, Span};
use beamline_kernels::{Attention, Compute, Scratch, attend};
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
    pub(crate) fn write(&self, spans: &mut [Span<'_>], layer: usize, keys: &[f32], values: &[f32]) {
        let width = keys.len() / self.rows.len();
        for (span, (rows, start)) in spans.iter_mut().zip(&self.spans) {
            let part = rows.start * width..rows.end * width;
            span.cache.write(layer, *start..start + rows.len(), &keys[part.clone()], &values[part]);
        }
    }

    /// What every head of every row sees of its own sequence's past: `queries` and the result are `[rows, heads, head]`.
    /// A row looks at no more than the last `window` positions, its own among them.
    pub(crate) fn attend<'c>(
        &self,
        spans: &[Span<'_>],
        layer: usize,
        queries: &[f32],
        how: &Heads,
        compute: &'c Compute,
    ) -> Scratch<'c> {
        let caches: Vec<&KvCache> = spans.iter().map(|span| &*span.cache).collect();
        let blocks: Vec<Vec<&[f32]>> = caches.iter().map(|cache| cache.blocks()).collect();
        let geometry = caches[0].geometry(); // a pass without rows ends before any layer
        let (width, kv_heads) = (geometry.head, geometry.kv_heads);
        let group = queries.len() / self.rows.len() / width / kv_heads;
        let mut out = compute.scratch(queries.len());
        let longest = self.rows.iter().map(|&(_, position)| position + 1).max().unwrap_or(0);
        compute.for_chunks(&mut out, group * width, group * width * longest * 2, |i, out| {
            let (span, position) = self.rows[i / kv_heads];
            let past = Attention {
                blocks: &blocks[span],
                offset: caches[span].offset(layer, i % kv_heads),
                width,
                first: how.window.map_or(0, |window| (position + 1).saturating_sub(window)),
                end: position + 1,
                scale: how.scale,
            };
            let queries = &queries[i * group * width..][..group * width];
            let mut scores = Vec::new();
            for (query, out) in queries.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
                attend(query, &past, &mut scores, out, compute.isa());
            }
        });
        out
    }
}

/// How the heads of a layer look back.
pub(crate) struct Heads {
    /// What scores are multiplied by.
    pub(crate) scale: f32,
    /// The positions looked at, with a sliding window.
    pub(crate) window: Option<usize>,
}

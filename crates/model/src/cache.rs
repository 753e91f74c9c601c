//! Keys and values of one sequence, in blocks that sequences share.

use crate::columns::Columns;
use crate::geometry::Geometry;
use beamline_kernels::{Compute, KV_BLOCK as BLOCK};
use beamline_tokens::TokenId;
use std::ops::Range;
use std::sync::Arc;

/// The keys and values of one sequence, and its tokens.
///
/// A clone shares every block of sixteen positions with its original; appending to either copies at most the last,
/// unfinished block. So a beam that forks costs a few pointers, and full blocks are never written again.
///
/// ```
/// use beamline_model::{Geometry, KvCache};
/// use beamline_tokens::TokenId;
/// let geometry = Geometry { vocab: 10, context: 100, layers: 1, kv_heads: 1, head: 4 };
/// let mut trunk = KvCache::new(geometry);
/// trunk.extend(&[TokenId(1); 20]);
/// let mut branch = trunk.clone();
/// branch.extend(&[TokenId(2)]);
/// assert_eq!((trunk.len(), branch.len(), branch.shared_blocks(&trunk)), (20, 21, 1));
/// ```
#[derive(Clone, Debug)]
pub struct KvCache {
    geometry: Geometry,
    tokens: Vec<TokenId>,
    /// One for each [`BLOCK`] positions: `[layer][kv head]{ keys [head][BLOCK], values [BLOCK][head] }`.
    blocks: Vec<Arc<Vec<f32>>>,
}

impl KvCache {
    /// An empty sequence for a model of these sizes.
    pub fn new(geometry: Geometry) -> Self {
        Self { geometry, tokens: Vec::new(), blocks: Vec::new() }
    }

    /// The model's sizes.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The tokens so far.
    pub fn tokens(&self) -> &[TokenId] {
        &self.tokens
    }

    /// The number of positions.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// True before the first token.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Forgets every position from `len` on: rejected drafts, edits, backtracking. A greater `len` changes nothing.
    pub fn truncate(&mut self, len: usize) {
        self.tokens.truncate(len);
        self.blocks.truncate(self.tokens.len().div_ceil(BLOCK));
    }

    /// Appends tokens and makes room for their keys and values, which a model then writes.
    pub fn extend(&mut self, tokens: &[TokenId]) {
        // The last block may be shared and is about to be written.
        if !self.len().is_multiple_of(BLOCK) {
            self.blocks.last_mut().map(Arc::make_mut);
        }
        self.tokens.extend(tokens);
        while self.blocks.len() * BLOCK < self.len() {
            self.blocks.push(Arc::new(vec![0.0; self.block_len()]));
        }
    }

    /// Blocks that two sequences have in common, in memory.
    pub fn shared_blocks(&self, other: &Self) -> usize {
        self.blocks.iter().zip(&other.blocks).filter(|(a, b)| Arc::ptr_eq(a, b)).count()
    }

    /// How many blocks these sequences hold in memory, each counted once.
    pub fn distinct_blocks<'a>(caches: impl Iterator<Item = &'a Self>) -> usize {
        let mut places: Vec<*const Vec<f32>> = caches.flat_map(|cache| cache.blocks.iter().map(Arc::as_ptr)).collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    }

    fn block_len(&self) -> usize {
        let g = &self.geometry;
        g.layers * g.kv_heads * 2 * g.head * BLOCK
    }

    /// Where the part of a layer's head begins in each block.
    pub(crate) fn offset(&self, layer: usize, head: usize) -> usize {
        (layer * self.geometry.kv_heads + head) * 2 * self.geometry.head * BLOCK
    }

    /// Every block, to read.
    pub(crate) fn blocks(&self) -> Vec<&[f32]> {
        self.blocks.iter().map(|block| block.as_slice()).collect()
    }

    /// One head's key at one position.
    pub(crate) fn key(&self, layer: usize, head: usize, position: usize) -> impl Iterator<Item = f32> + '_ {
        let width = self.geometry.head;
        let keys = &self.blocks[position / BLOCK][self.offset(layer, head)..][..width * BLOCK];
        keys[position % BLOCK..].iter().step_by(BLOCK).copied()
    }

    /// Writes one layer's keys and values, `[positions, kv heads * head]` each, of positions that `extend` has added.
    pub(crate) fn write(
        &mut self,
        layer: usize,
        positions: Range<usize>,
        [keys, values]: [Columns<'_>; 2],
        compute: &Compute,
    ) {
        let (heads, width) = (self.geometry.kv_heads, self.geometry.head);
        let (offset, first) = (self.offset(layer, 0), positions.start / BLOCK);
        let blocks = self.blocks[first..positions.end.div_ceil(BLOCK)].iter_mut().collect();
        compute.for_items(blocks, 2 * positions.len() * heads * width, |i, block| {
            let start = (first + i) * BLOCK;
            let here = positions.start.max(start)..positions.end.min(start + BLOCK);
            let parts = Arc::make_mut(block)[offset..].chunks_exact_mut(2 * width * BLOCK);
            for (head, part) in parts.take(heads).enumerate() {
                let (key_part, value_part) = part.split_at_mut(width * BLOCK);
                for position in here.clone() {
                    let (row, at) = (position - positions.start, position - start);
                    let key = &keys.row(row)[head * width..][..width];
                    key_part.chunks_exact_mut(BLOCK).zip(key).for_each(|(lane, &key)| lane[at] = key);
                    value_part[at * width..][..width].copy_from_slice(&values.row(row)[head * width..][..width]);
                }
            }
        });
    }

    /// The key and value rows of one position, `[kv heads * head]` each; for tests.
    #[cfg(test)]
    fn read(&self, layer: usize, position: usize) -> (Vec<f32>, Vec<f32>) {
        let (heads, width) = (self.geometry.kv_heads, self.geometry.head);
        let (block, at) = (&self.blocks[position / BLOCK], position % BLOCK);
        let key = |i: usize| block[self.offset(layer, i / width) + (i % width) * BLOCK + at];
        let value = |i: usize| block[self.offset(layer, i / width) + (BLOCK + at) * width + i % width];
        ((0..heads * width).map(key).collect(), (0..heads * width).map(value).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GEOMETRY: Geometry = Geometry { vocab: 100, context: 1000, layers: 2, kv_heads: 2, head: 3 };

    #[derive(Clone, Debug)]
    enum Action {
        Extend(usize, u32),
        Fork,
        Truncate(usize),
        Switch(usize),
    }

    fn action() -> impl Strategy<Value = Action> {
        prop_oneof![
            (1usize..40, 0u32..100).prop_map(|(n, t)| Action::Extend(n, t)),
            Just(Action::Fork),
            (0usize..100).prop_map(Action::Truncate),
            (0usize..5).prop_map(Action::Switch),
        ]
    }

    /// What a position of a sequence holds: its token, made into numbers.
    fn row(token: u32, layer: usize, sign: f32) -> Vec<f32> {
        (0..6).map(|i| sign * (token * 100 + layer as u32 * 10 + i) as f32).collect()
    }

    fn extend(cache: &mut KvCache, tokens: &[TokenId]) {
        let start = cache.len();
        cache.extend(tokens);
        for layer in 0..2 {
            let of = |sign| tokens.iter().flat_map(|t| row(t.0, layer, sign)).collect::<Vec<f32>>();
            let (keys, values) = (of(1.0), of(-1.0));
            let rows = [&keys, &values].map(|rows| Columns::all(rows, tokens.len()));
            cache.write(layer, start..start + tokens.len(), rows, &Compute::scalar());
        }
    }

    /// Long enough to be shared out, from the middle of a block that another sequence holds too.
    #[test]
    fn threads_write_what_one_would() {
        let geometry = Geometry { vocab: 10, context: 1000, layers: 2, kv_heads: 4, head: 16 };
        let compute = Compute::new(beamline_kernels::Isa::scalar(), 3).unwrap();
        let width = 4 * 16;
        let number = |row: usize, column: usize| (row * 3 * width + column) as f32;
        let all: Vec<f32> = (0..205 * 3 * width).map(|i| i as f32).collect(); // [205, (queries, keys, values)]
        let [keys, values] = [1, 2].map(|which| Columns::part(&all, 3 * width, which, 3));
        let mut trunk = KvCache::new(geometry);
        trunk.extend(&[TokenId(1); 5]);
        trunk.write(1, 0..5, [keys, values], &compute);
        let mut branch = trunk.clone();
        branch.extend(&[TokenId(2); 200]);
        branch.write(1, 5..205, [keys, values].map(|rows| rows.skip(5)), &compute);
        trunk.extend(&[TokenId(3)]);
        for position in 0..205 {
            let row = |from: usize| (from..from + width).map(|column| number(position, column)).collect::<Vec<_>>();
            assert_eq!(branch.read(1, position), (row(width), row(2 * width)), "{position}");
        }
        assert_eq!(trunk.read(1, 4), branch.read(1, 4));
        assert_eq!(trunk.read(1, 5), (vec![0.0; width], vec![0.0; width]));
    }

    proptest! {
        /// Forks, appends and truncations in any order behave as plain vectors do.
        #[test]
        fn caches_behave_like_vectors(actions in prop::collection::vec(action(), 1..40)) {
            let mut real = vec![KvCache::new(GEOMETRY)];
            let mut model: Vec<Vec<u32>> = vec![vec![]];
            let mut at = 0;
            for action in actions {
                match action {
                    Action::Extend(n, t) => {
                        let tokens: Vec<u32> = (0..n as u32).map(|i| (t + i) % 100).collect();
                        extend(&mut real[at], &tokens.iter().copied().map(TokenId).collect::<Vec<_>>());
                        model[at].extend(tokens);
                    }
                    Action::Fork => {
                        real.push(real[at].clone());
                        model.push(model[at].clone());
                    }
                    Action::Truncate(n) => {
                        real[at].truncate(n);
                        model[at].truncate(n);
                    }
                    Action::Switch(i) => at = i % real.len(),
                }
            }
            for (cache, tokens) in real.iter().zip(&model) {
                prop_assert_eq!(cache.tokens().iter().map(|t| t.0).collect::<Vec<_>>(), tokens.clone());
                for (position, &token) in tokens.iter().enumerate() {
                    for layer in 0..2 {
                        prop_assert_eq!(cache.read(layer, position), (row(token, layer, 1.0), row(token, layer, -1.0)));
                    }
                }
            }
        }
    }
}

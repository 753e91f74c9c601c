//! Keys and values of one sequence, in blocks that sequences share.

use crate::columns::Columns;
use crate::geometry::Geometry;
use beamline_kernels::{Compute, KV_BLOCK as BLOCK};
use beamline_tokens::{TokenId, TokenList};
use rpds::VectorSync;
use std::ops::Range;

/// The keys and values of one sequence (its KV cache), and its tokens.
///
/// A clone costs the same however long the sequence is: it shares every block of sixteen positions with its original, as
/// pages are shared copy-on-write, and appending to either copies at most the last, unfinished block. Full blocks are
/// never written again.
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
#[doc(alias = "past_key_values")]
#[doc(alias = "PagedAttention")]
pub struct KvCache {
    geometry: Geometry,
    tokens: TokenList,
    /// One for each [`BLOCK`] positions: `[layer][kv head]{ keys [head][BLOCK], values [BLOCK][head] }`. A block that only
    /// this sequence holds is written where it is.
    blocks: VectorSync<Block>,
}

/// Keys and values of [`BLOCK`] positions.
type Block = Box<[f32]>;

impl KvCache {
    /// An empty sequence for a model of these sizes.
    pub fn new(geometry: Geometry) -> Self {
        Self { geometry, tokens: TokenList::new(), blocks: VectorSync::new_sync() }
    }

    /// The model's sizes.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The tokens so far.
    pub fn tokens(&self) -> &TokenList {
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
        while self.blocks.len() > self.len().div_ceil(BLOCK) {
            self.blocks.drop_last_mut();
        }
    }

    /// The first `len` positions as a sequence of its own that shares their blocks; all where there are fewer. A `len` that
    /// is a multiple of [`Geometry::BLOCK`] leaves full blocks alone, of which none is ever copied.
    ///
    /// ```
    /// use beamline_model::{Geometry, KvCache};
    /// use beamline_tokens::TokenId;
    /// let geometry = Geometry { vocab: 10, context: 100, layers: 1, kv_heads: 1, head: 4 };
    /// let mut cache = KvCache::new(geometry);
    /// cache.extend(&[TokenId(1); 40]);
    /// let mut beginning = cache.prefix(32);
    /// beginning.extend(&[TokenId(2)]);
    /// assert_eq!((beginning.len(), beginning.shared_blocks(&cache), cache.len()), (33, 2, 40));
    /// assert_eq!(beginning.common_prefix(cache.tokens()), 32);
    /// ```
    #[must_use]
    pub fn prefix(&self, len: usize) -> Self {
        let mut cache = self.clone();
        cache.truncate(len);
        cache
    }

    /// How many tokens this sequence and `tokens` have in common from the beginning.
    pub fn common_prefix(&self, tokens: impl IntoIterator<Item = TokenId>) -> usize {
        self.tokens.iter().zip(tokens).take_while(|(a, b)| a == b).count()
    }

    /// Appends tokens and makes room for their keys and values, which a model then writes.
    pub fn extend(&mut self, tokens: &[TokenId]) {
        // The last block may be shared and is about to be written.
        if let Some(last) = self.blocks.len().checked_sub(1).filter(|_| !self.len().is_multiple_of(BLOCK)) {
            let _ = self.blocks.get_mut(last); // copies it where it is shared
        }
        self.tokens.extend(tokens);
        while self.blocks.len() * BLOCK < self.len() {
            self.blocks.push_back_mut(vec![0.0; self.geometry.block_len()].into());
        }
    }

    /// Blocks that two sequences have in common, in memory.
    pub fn shared_blocks(&self, other: &Self) -> usize {
        self.blocks.iter().zip(&other.blocks).filter(|(a, b)| std::ptr::eq(*a, *b)).count()
    }

    /// How many blocks these sequences hold in memory, each counted once.
    pub fn distinct_blocks<'a>(caches: impl Iterator<Item = &'a Self>) -> usize {
        let mut places: Vec<*const Block> =
            caches.flat_map(|cache| cache.blocks.iter().map(std::ptr::from_ref)).collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    }

    /// Where the part of a layer's head begins in each block.
    pub(crate) fn offset(&self, layer: usize, head: usize) -> usize {
        (layer * self.geometry.kv_heads + head) * 2 * self.geometry.head * BLOCK
    }

    /// Every block, to read.
    pub(crate) fn blocks(&self) -> Vec<&[f32]> {
        self.blocks.iter().map(|block| &**block).collect()
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
        // Taken out, so that threads may write them side by side. `extend` has seen to it that they are this sequence's alone,
        // so nothing is copied.
        let places = first..positions.end.div_ceil(BLOCK);
        let mut blocks: Vec<Block> =
            places.clone().filter_map(|place| self.blocks.get_mut(place).map(std::mem::take)).collect();
        compute.for_items(blocks.iter_mut().collect(), 2 * positions.len() * heads * width, |i, block| {
            let start = (first + i) * BLOCK;
            let here = positions.start.max(start)..positions.end.min(start + BLOCK);
            let parts = block[offset..].chunks_exact_mut(2 * width * BLOCK);
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
        for (place, block) in places.zip(blocks) {
            *self.blocks.get_mut(place).expect("it was taken from there") = block;
        }
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

    /// A sequence that goes on alone writes where its blocks are; a fork copies the last one, once.
    #[test]
    fn blocks_are_copied_only_when_shared() {
        let places = |cache: &KvCache| cache.blocks.iter().map(|block| block.as_ptr()).collect::<Vec<_>>();
        let mut trunk = KvCache::new(GEOMETRY);
        extend(&mut trunk, &[TokenId(1); 2 * BLOCK + 3]);
        let before = places(&trunk);
        extend(&mut trunk, &[TokenId(2)]);
        assert_eq!(places(&trunk), before);
        let mut branch = trunk.clone();
        assert_eq!(places(&branch), before, "a fork copies nothing");
        extend(&mut branch, &[TokenId(3)]);
        assert_eq!((places(&trunk), &places(&branch)[..2]), (before.clone(), &before[..2]));
        assert_ne!(places(&branch)[2], before[2]);
        let copied = places(&branch);
        extend(&mut branch, &[TokenId(4); 2]);
        extend(&mut trunk, &[TokenId(5)]);
        assert_eq!((places(&branch), places(&trunk)), (copied, before));
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

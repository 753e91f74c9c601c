//! The sizes of a model.

use beamline_kernels::KV_BLOCK as BLOCK;

/// The sizes of a model, as far as anybody outside needs them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// Tokens in the vocabulary: the length of a row of logits.
    pub vocab: usize,
    /// The most positions that a sequence may have.
    pub context: usize,
    /// Layers that keep keys and values.
    pub layers: usize,
    /// Heads of keys and values in each layer.
    pub kv_heads: usize,
    /// Numbers in a head.
    pub head: usize,
}

impl Geometry {
    /// Positions in a block of a [`KvCache`](crate::KvCache): what sequences share, and what is copied when they part.
    pub const BLOCK: usize = BLOCK;

    /// Numbers in a block: keys and values of every layer and head.
    pub(crate) fn block_len(&self) -> usize {
        self.layers * self.kv_heads * 2 * self.head * BLOCK
    }

    /// The memory that a block of [`Geometry::BLOCK`] positions takes, in bytes: keys and values are f32.
    ///
    /// ```
    /// use beamline_model::Geometry;
    /// let geometry = Geometry { vocab: 10, context: 100, layers: 2, kv_heads: 3, head: 4 };
    /// assert_eq!(geometry.block_bytes(), 2 * 3 * 2 * 4 * 16 * 4);
    /// ```
    pub fn block_bytes(&self) -> usize {
        self.block_len() * size_of::<f32>()
    }
}

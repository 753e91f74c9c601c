//! The sizes of a model.

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

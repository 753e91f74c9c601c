//! What the layers of a pass are given beside the stream: sequences, places, and what tells places apart.

use crate::forward::Span;
use crate::layers::attention::Batch;
use beamline_kernels::{Compute, Rotation};

/// One forward pass: the spans, where their rows belong, and what tells positions apart.
pub(super) struct Pass<'a, 's, 'c> {
    pub(super) spans: &'a mut [Span<'s>],
    pub(super) batch: Batch,
    /// How far each row is turned, for each of the plan's ropes.
    pub(super) rotations: Vec<Vec<Rotation>>,
    /// What is added to scores by position, for each head; none where positions turn.
    pub(super) biases: Vec<Vec<f32>>,
    pub(super) compute: &'c Compute,
}

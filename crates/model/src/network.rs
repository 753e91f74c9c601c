//! What a checkpoint's description becomes: a network without its weights.

use crate::error::LoadError;
use crate::forward::Model;
use crate::geometry::Geometry;
use crate::weights::Weights;
use beamline_kernels::Compute;
use std::sync::Arc;

/// The sizes and choices of one network, checked: all but its weights.
pub(crate) trait Network: Send + Sync {
    /// What everybody outside may know.
    fn geometry(&self) -> Geometry;

    /// The width of the residual stream, and the heads of queries of a layer.
    fn width_and_heads(&self) -> (usize, usize);

    /// Fetches the weights, each in the shape that the sizes ask for, and makes the model.
    fn load(&self, weights: &mut Weights<'_>, compute: &Arc<Compute>) -> Result<Arc<dyn Model>, LoadError>;
}

//! Weights that nobody has looked at: the first pass does, while it computes with them.

use crate::forward::{Model, ModelError, Rows, Span};
use crate::geometry::Geometry;
use crate::probe::Probe;
use beamline_kernels::Matrix;
use std::path::PathBuf;
use std::sync::Arc;

/// A matrix, and where it comes from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) matrix: Arc<Matrix>,
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Whether only some of it is ever read: rows for tokens.
    pub(crate) is_table: bool,
}

/// A model whose weights are looked at by the first pass that reads them.
pub(crate) struct Unseen {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) weights: Arc<[Origin]>,
}

impl Model for Unseen {
    fn geometry(&self) -> Geometry {
        self.model.geometry()
    }

    fn forward(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        let rows = self.model.forward(spans, probe);
        // Asked even if the pass failed: bad weights are why it did.
        let bad = self.weights.iter().find_map(|origin| Some((origin, origin.matrix.defect()?)));
        let Some((Origin { name, path, .. }, source)) = bad else { return rows };
        Err(ModelError::Weights { path: path.clone(), name: name.clone(), source })
    }
}

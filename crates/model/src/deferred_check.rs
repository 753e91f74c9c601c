//! The check for NaN and infinity put off: the first pass makes it, while it computes with the weights.

use crate::forward::{Model, Rows, Span};
use crate::geometry::Geometry;
use crate::model_error::ModelError;
use crate::model_id::ModelId;
use crate::probe::Probe;
use beamline_kernels::Matrix;
use std::path::PathBuf;
use std::sync::Arc;

/// A matrix that has been checked or is to be, and where it comes from.
#[derive(Debug)]
pub(crate) struct CheckedMatrix {
    pub(crate) matrix: Arc<Matrix>,
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Whether only some of it is ever read: rows for tokens.
    pub(crate) is_table: bool,
}

/// A model whose weights are looked at by the first pass that reads them.
pub(crate) struct CheckedByFirstPass {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) weights: Arc<[CheckedMatrix]>,
}

impl Model for CheckedByFirstPass {
    fn geometry(&self) -> Geometry {
        self.model.geometry()
    }

    fn id(&self) -> ModelId {
        self.model.id()
    }

    fn forward(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        let rows = self.model.forward(spans, probe);
        // Asked even if the pass failed: bad weights are why it did.
        let bad = self.weights.iter().find_map(|checked| Some((checked, checked.matrix.defect()?)));
        let Some((CheckedMatrix { name, path, .. }, source)) = bad else { return rows };
        Err(ModelError::Weights { path: path.clone(), name: name.clone(), source })
    }
}

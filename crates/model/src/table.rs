//! A model that one can check by hand: next-token probabilities that depend on the last token alone.

use crate::forward::{Model, Rows, Span};
use crate::geometry::Geometry;
use crate::model_error::ModelError;
use crate::probe::Probe;

/// A table of next-token probabilities: row `i` is what follows token `i`.
///
/// It ships with the crate, since tests of everything above a model run on it.
#[derive(Clone, Debug, PartialEq)]
pub struct TableModel {
    logits: Vec<Vec<f32>>,
    context: usize,
}

impl TableModel {
    /// `probabilities` is square; rows need not sum to one. A probability of 0 becomes a logit of -1000, which no
    /// softmax tells from minus infinity.
    ///
    /// # Errors
    /// When the table is empty or not square, or a probability is negative or not finite.
    pub fn new(probabilities: Vec<Vec<f32>>, context: usize) -> Result<Self, ModelError> {
        let size = probabilities.len();
        let fine = |row: &Vec<f32>| row.len() == size && row.iter().all(|p| p.is_finite() && *p >= 0.0);
        if size == 0 || !probabilities.iter().all(fine) {
            return Err(ModelError::Table);
        }
        let logit = |p: f32| if p == 0.0 { -1000.0 } else { p.ln() };
        let logits = probabilities.into_iter().map(|row| row.into_iter().map(logit).collect()).collect();
        Ok(Self { logits, context })
    }

    /// A table of logits: row `i` is what follows token `i`, before the softmax.
    ///
    /// # Errors
    /// When the table is empty or not square, or a logit is not finite.
    pub fn from_logits(logits: Vec<Vec<f32>>, context: usize) -> Result<Self, ModelError> {
        let size = logits.len();
        let fine = |row: &Vec<f32>| row.len() == size && row.iter().all(|v| v.is_finite());
        if size == 0 || !logits.iter().all(fine) { Err(ModelError::Table) } else { Ok(Self { logits, context }) }
    }
}

impl Model for TableModel {
    fn geometry(&self) -> Geometry {
        Geometry { vocab: self.logits.len(), context: self.context, layers: 0, kv_heads: 0, head: 0 }
    }

    fn forward(&self, spans: &mut [Span<'_>], _: &mut dyn Probe) -> Result<Rows, ModelError> {
        self.geometry().check(spans)?;
        let mut data = Vec::new();
        for span in spans {
            span.cache.extend(span.tokens);
            let wanted = &span.tokens[span.tokens.len() - span.want.count(span.tokens.len())..];
            for token in wanted {
                data.extend(&self.logits[token.index()]);
            }
        }
        Rows::new(data, self.logits.len())
    }
}

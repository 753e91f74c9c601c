//! Typed reading of a GGUF file's keys, with errors that name the key.

use crate::error::Defect;
use crate::gguf::Gguf;

/// The keys `{architecture}.*`.
pub(crate) struct Keys<'a, 'b> {
    pub(crate) gguf: &'a Gguf<'b>,
    pub(crate) architecture: &'a str,
}

impl Keys<'_, '_> {
    /// The whole name of a key.
    pub(crate) fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    /// An integer that must be there.
    pub(crate) fn count(&self, key: &str) -> Result<usize, Defect> {
        let name = self.name(key);
        self.gguf.count(&name)?.ok_or_else(|| Defect::value(&name, "missing", "an integer"))
    }

    /// An integer that may be missing.
    pub(crate) fn count_or(&self, key: &str, default: usize) -> Result<usize, Defect> {
        Ok(self.gguf.count(&self.name(key))?.unwrap_or(default))
    }

    /// A positive number; one without a default must be there.
    pub(crate) fn positive(&self, key: &str, default: Option<f64>) -> Result<f64, Defect> {
        let name = self.name(key);
        match self.gguf.number(&name)?.or(default) {
            Some(value) if value.is_finite() && value > 0.0 => Ok(value),
            Some(value) => Err(Defect::value(&name, value, "a positive number")),
            None => Err(Defect::value(&name, "missing", "a positive number")),
        }
    }

    /// The vocabulary's size: that of the embedding, which no key can contradict.
    pub(crate) fn vocab(&self) -> Result<usize, Defect> {
        let embedding =
            self.gguf.tensor("token_embd.weight").ok_or_else(|| Defect::MissingTensor("token_embd.weight".into()))?;
        Ok(embedding.shape.first().copied().unwrap_or(0))
    }

    /// Whether the file has a tensor.
    pub(crate) fn has(&self, tensor: &str) -> bool {
        self.gguf.tensor(tensor).is_some()
    }
}

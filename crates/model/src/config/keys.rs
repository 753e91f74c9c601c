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

    /// The epsilon of its norms.
    pub(crate) fn epsilon(&self) -> Result<f32, Defect> {
        let rms = self.name("attention.layer_norm_rms_epsilon");
        let key = if self.gguf.get(&rms).is_some() {
            "attention.layer_norm_rms_epsilon"
        } else {
            "attention.layer_norm_epsilon"
        };
        Ok(self.positive(key, None)? as f32)
    }

    /// How many numbers of a head turn, as a share of `head`.
    pub(crate) fn turned_share(&self, head: usize) -> Result<f64, Defect> {
        let turned = self.count_or("rope.dimension_count", head)?;
        if turned > head {
            return Err(Defect::value(&self.name("rope.dimension_count"), turned, &format!("at most {head}")));
        }
        Ok(turned as f64 / head as f64)
    }

    /// A list of flags, one for each layer, or one number for all: every which layer is not.
    pub(crate) fn pattern(&self, key: &str, layers: usize, default: usize) -> Result<Vec<bool>, Defect> {
        let name = self.name(key);
        if let Some(crate::gguf::Value::List(list)) = self.gguf.get(&name) {
            let flags: Option<Vec<bool>> = list
                .values()
                .map(|value| match value {
                    crate::gguf::Value::Bool(flag) => Some(flag),
                    crate::gguf::Value::Integer(n) => Some(n != 0),
                    _ => None,
                })
                .collect();
            let wrong = || Defect::value(&name, "another list", &format!("a list of {layers} flags"));
            return flags.filter(|flags| flags.len() == layers).ok_or_else(wrong);
        }
        let every = self.count_or(key, default)?;
        Ok((0..layers).map(|layer| every > 0 && (layer + 1) % every != 0).collect())
    }

    /// The outputs of a matrix of the first layer.
    pub(crate) fn outputs(&self, tensor: &str) -> Result<usize, Defect> {
        let found = self.gguf.tensor(tensor).ok_or_else(|| Defect::MissingTensor(tensor.to_owned()))?;
        Ok(found.shape.first().copied().unwrap_or(0))
    }

    /// Whether the file has a tensor.
    pub(crate) fn has(&self, tensor: &str) -> bool {
        self.gguf.tensor(tensor).is_some()
    }
}

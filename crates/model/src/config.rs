//! What a checkpoint says about its network: `config.json`, or the keys of a GGUF file.

mod fields;
mod keys;

pub(crate) use fields::Fields;
pub(crate) use keys::Keys;

use crate::architectures::{Described, describe};
use crate::error::Defect;
use crate::gguf::Gguf;
use beamline_kernels::Activation;
use serde_json::Value;

/// The most layers that are believed.
pub(crate) const MAX_LAYERS: usize = 4096;

/// Reads a `config.json`, as transformers writes it.
pub(crate) fn from_json(bytes: &[u8]) -> Result<Described, Defect> {
    let json: Value = serde_json::from_slice(bytes).map_err(|e| Defect::Json(e.to_string()))?;
    let fields = Fields(json.as_object().ok_or_else(|| Defect::Json("not an object".to_owned()))?);
    if let Some(quantization) = fields.get("quantization_config") {
        let method = quantization.get("quant_method").unwrap_or(quantization);
        return Err(Defect::unsupported("quantization_config", method, "plain weights, or GGUF"));
    }
    let asked = fields.text("model_type")?;
    describe("model_type", asked, |a| a.names, |architecture, name| (architecture.read)(name, fields))
}

/// Reads the keys of a GGUF file.
pub(crate) fn from_gguf(gguf: &Gguf<'_>) -> Result<Described, Defect> {
    let asked = gguf.text("general.architecture")?;
    describe(
        "general.architecture",
        asked,
        |a| a.gguf,
        |architecture, name| (architecture.read_gguf)(&Keys { gguf, architecture: name }),
    )
}

/// What every network's sizes must be.
pub(crate) fn shared_checks(vocab: usize, layers: usize) -> Result<(), Defect> {
    between("vocab_size", vocab, 1, 1 << 30)?;
    between("number of layers", layers, 1, MAX_LAYERS)
}

/// Refuses a field whose value is not in `least..=most`.
pub(crate) fn between(field: &str, value: usize, least: usize, most: usize) -> Result<(), Defect> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(Defect::value(field, value, &format!("in {least}..={most}")))
    }
}

/// An activation function by its name in a checkpoint.
pub(crate) fn activation(field: &str, name: &str) -> Result<Activation, Defect> {
    name.parse().map_err(|known: String| Defect::value(field, name, &format!("one of {known}")))
}

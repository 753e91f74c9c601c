//! What a checkpoint says about its network: `config.json`, or the keys of a GGUF file.

mod fields;
#[cfg(test)]
mod harmless;
mod keys;
pub(crate) mod layer_types;
mod sizes;

pub(crate) use fields::{Asked, Fields};
#[cfg(test)]
pub(crate) use harmless::HARMLESS;
pub(crate) use keys::Keys;
pub(crate) use sizes::{SizeDefaults, Sizes, activation_or, required, sliding_layers, sliding_window};

use crate::error::Defect;
use beamline_kernels::Activation;

/// The most layers that are believed.
pub(crate) const MAX_LAYERS: usize = 4096;

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

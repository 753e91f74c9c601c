//! Ministral (Mistral AI, 2024): Mistral whose layers slide or not as a list says.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or, sliding_layers, sliding_window};
use crate::decoder::Decoder;
use crate::error::Defect;
use crate::layers::rope::{Rope, RopeDefaults};

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["ministral"],
    gguf: &[],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 4096 * 32, kv_heads: Some(8), head: None })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", 1e-6)?, rope, tied);
    let window = sliding_window(fields, "sliding_window", Some(4096))?;
    plan.slide(window, &sliding_layers(fields, sizes.layers, |_| window.is_some())?);
    plan.check()
}

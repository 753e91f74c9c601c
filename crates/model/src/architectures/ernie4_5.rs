//! ERNIE 4.5 (Baidu, 2025): Llama whose heads turn pair by pair, not half against half.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or};
use crate::decoder::Decoder;
use crate::error::Defect;
use crate::layers::rope::{Rope, RopeDefaults};

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["ernie4_5"],
    gguf: &[],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 131_072, kv_heads: Some(2), head: Some(128) })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context).theta(5e5))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", 1e-5)?, rope, tied);
    plan.attention.interleaved = true;
    let bias = fields.flag("use_bias")?.unwrap_or(false);
    (plan.attention.qkv_bias, plan.attention.out_bias, plan.mlps[0].bias) = (bias, bias, bias);
    plan.check()
}

//! Granite 3 (IBM, 2024): Llama with four multipliers, of embeddings, scores, what each part adds, and logits.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or};
use crate::decoder::Decoder;
use crate::error::Defect;
use crate::layers::rope::{Rope, RopeDefaults};
use beamline_kernels::Activation;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["granite"],
    gguf: &["granite"],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 2048, kv_heads: None, head: None })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", 1e-6)?, rope, tied);
    let bias = fields.flag("attention_bias")?.unwrap_or(false);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    plan.mlps[0].bias = fields.flag("mlp_bias")?.unwrap_or(false);
    plan.embedding.scale = fields.finite("embedding_multiplier", 1.0)?;
    plan.attention.scale = fields.finite("attention_multiplier", 1.0)?;
    plan.residual_scale = fields.finite("residual_multiplier", 1.0)?;
    plan.output.scale = 1.0 / fields.positive("logits_scaling", 1.0)?;
    plan.check()
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read_gguf(keys)?;
    let epsilon = keys.positive("attention.layer_norm_rms_epsilon", None)? as f32;
    let tied = !keys.has("output.weight");
    let mut plan = Decoder::llama(&sizes, Activation::Silu, epsilon, Rope::read_gguf(keys)?, tied);
    plan.attention.interleaved = true;
    plan.embedding.scale = keys.positive("embedding_scale", Some(1.0))? as f32;
    plan.attention.scale = keys.positive("attention.scale", Some(f64::from(plan.attention.scale)))? as f32;
    plan.residual_scale = keys.positive("residual_scale", Some(1.0))? as f32;
    plan.output.scale = 1.0 / keys.positive("logit_scale", Some(1.0))? as f32;
    plan.check()
}

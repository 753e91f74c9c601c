//! Command R (Cohere, 2024): one LayerNorm without bias for attention and feed-forward part side by side, heads turned pair by pair,
//! logits scaled.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, Flow, HeadNormPlan, HeadNormWidth};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["cohere"],
    gguf: &[],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 8192, kv_heads: None, head: None })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context).theta(5e5))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("layer_norm_eps", 1e-5)?, rope, tied);
    plan.norm = NormKind::LayerWeight;
    (plan.flow, plan.norms.mlp) = (Flow::Parallel, None);
    plan.attention.interleaved = true;
    let bias = fields.flag("attention_bias")?.unwrap_or(false);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    if fields.flag("use_qk_norm")?.unwrap_or(false) {
        plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::LayerWeight, HeadNormWidth::EachHead));
    }
    plan.output.scale = fields.finite("logit_scale", 0.0625)?;
    plan.check()
}

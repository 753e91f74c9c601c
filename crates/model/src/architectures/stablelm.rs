//! StableLM (Bellagente et al., 2024): Llama with LayerNorm and a share of each head turned; perhaps biases on queries, keys and
//! values, norms of each head, and both parts side by side.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, Flow, HeadNormPlan, HeadNormWidth};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["stablelm"],
    gguf: &[],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 4096, kv_heads: Some(32), head: None })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context).partial(0.25))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("layer_norm_eps", 1e-5)?, rope, tied);
    plan.norm = NormKind::Layer;
    plan.attention.qkv_bias = fields.flag("use_qkv_bias")?.unwrap_or(false);
    if fields.flag("qk_layernorm")?.unwrap_or(false) {
        let names = [
            TensorName::new("layers.{}.self_attn.q_layernorm.norms.{e}", ""),
            TensorName::new("layers.{}.self_attn.k_layernorm.norms.{e}", ""),
        ];
        let (kind, width) = (NormKind::LayerWeight, HeadNormWidth::EachHeadApart);
        plan.attention.head_norm = Some(HeadNormPlan { names, kind, width });
    }
    if fields.flag("use_parallel_residual")?.unwrap_or(false) {
        (plan.flow, plan.norms.mlp) = (Flow::Parallel, None);
    }
    plan.check()
}

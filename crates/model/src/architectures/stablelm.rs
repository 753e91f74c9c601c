//! StableLM (Bellagente et al., 2024): Llama with LayerNorm and a share of each head turned; perhaps biases on queries, keys and
//! values, norms of each head, and both parts side by side.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, Flow, HeadNormPlan, HeadNormWidth};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["stablelm"],
    gguf: &["stablelm"],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
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
            TensorName::transformers("layers.{}.self_attn.q_layernorm.norms.{e}"),
            TensorName::transformers("layers.{}.self_attn.k_layernorm.norms.{e}"),
        ];
        let (kind, width) = (NormKind::LayerWeight, HeadNormWidth::EachHeadApart);
        plan.attention.head_norm = Some(HeadNormPlan { names, kind, width });
    }
    if fields.flag("use_parallel_residual")?.unwrap_or(false) {
        (plan.flow, plan.norms.mlp) = (Flow::Parallel, None);
    }
    plan.check()
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    if keys.has("blk.0.attn_q_norm.weight") {
        return Err(Defect::unsupported(
            "blk.0.attn_q_norm.weight",
            "there",
            "a file without norms of heads, or safetensors",
        ));
    }
    let mut plan = Decoder::from_gguf(keys)?;
    plan.norm = NormKind::Layer;
    if !keys.has("blk.0.ffn_norm.weight") {
        (plan.flow, plan.norms.mlp) = (Flow::Parallel, None);
    }
    plan.check()
}

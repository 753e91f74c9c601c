//! GLM 4 (Zhipu, 2024, 2025): half of each head turned pair by pair, biases on queries, keys and values, gates and ups in one matrix;
//! the later files (`glm4`) normalise before and after each part.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, MlpNames, NormNames};
use crate::error::Defect;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["glm", "glm4"],
    gguf: &["glm4", "chatglm"],
    prefix: "model.",
    spellings: &[],
    read: |family, fields| Ok(Box::new(read(family, fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

fn read(family: &str, fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 131_072, kv_heads: Some(2), head: Some(128) })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context).partial(0.5))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let epsilon = fields.positive("rms_norm_eps", 1.5625e-7)?;
    let mut plan = Decoder::llama(&sizes, activation, epsilon, rope, tied);
    shape(&mut plan, family == "glm4");
    plan.attention.qkv_bias = fields.flag("attention_bias")?.unwrap_or(true);
    plan.check()
}

/// What all of them share.
fn shape(plan: &mut Decoder, sandwich: bool) {
    plan.attention.interleaved = true;
    plan.mlps[0].names = MlpNames::GatedFused([
        TensorName::new("layers.{}.mlp.gate_up_proj", "blk.{}.ffn_up"),
        TensorName::new("layers.{}.mlp.down_proj", "blk.{}.ffn_down"),
    ]);
    if sandwich {
        plan.norms = NormNames {
            attention_after: Some(TensorName::new("layers.{}.post_self_attn_layernorm", "blk.{}.post_attention_norm")),
            mlp_after: Some(TensorName::new("layers.{}.post_mlp_layernorm", "blk.{}.post_ffw_norm")),
            ..NormNames::LLAMA
        };
    }
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let mut plan = Decoder::from_gguf(keys)?;
    shape(&mut plan, keys.architecture == "glm4");
    plan.check()
}

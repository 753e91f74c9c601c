//! GLM 4 (Zhipu, 2024, 2025): half of each head turned pair by pair, biases on queries, keys and values, gates and ups in one matrix;
//! the later files (`glm4`) normalise before and after each part.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, MlpNames, NormNames};
use crate::error::Defect;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["glm", "glm4"],
    gguf: &[],
    prefix: "model.",
    spellings: &[],
    read: |family, fields| Ok(Box::new(read(family, fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

const fn name(transformers: &'static str) -> TensorName {
    TensorName::new(transformers, "")
}

fn read(family: &str, fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 131_072, kv_heads: Some(2), head: Some(128) })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context).partial(0.5))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let epsilon = fields.positive("rms_norm_eps", 1.5625e-7)?;
    let mut plan = Decoder::llama(&sizes, activation, epsilon, rope, tied);
    plan.attention.interleaved = true;
    plan.attention.qkv_bias = fields.flag("attention_bias")?.unwrap_or(true);
    plan.mlps[0].names = MlpNames::GatedFused([name("layers.{}.mlp.gate_up_proj"), name("layers.{}.mlp.down_proj")]);
    if family == "glm4" {
        plan.norms = NormNames {
            attention_after: Some(name("layers.{}.post_self_attn_layernorm")),
            mlp_after: Some(name("layers.{}.post_mlp_layernorm")),
            ..NormNames::LLAMA
        };
    }
    plan.check()
}

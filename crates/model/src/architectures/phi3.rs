//! Phi-3, Phi-3.5 and Phi-4-mini (Abdin et al., 2024): Llama with queries, keys and values in one matrix, gates and ups in another,
//! and LongRoPE.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or, between, sliding_window};
use crate::decoder::{Decoder, MlpNames, Qkv};
use crate::error::Defect;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["phi3"],
    gguf: &[],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

const fn name(transformers: &'static str) -> TensorName {
    TensorName::new(transformers, "")
}

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 4096, kv_heads: None, head: None })?;
    // What stands beside the parameters counts, not what stands in them.
    let original = fields.count("original_max_position_embeddings")?.unwrap_or(4096);
    between("original_max_position_embeddings", original, 1, 1 << 30)?;
    let defaults = RopeDefaults { original: Some(original), ..RopeDefaults::new(sizes.context).partial(1.0) };
    let rope = Rope::read(fields, defaults)?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", 1e-5)?, rope, tied);
    plan.attention.qkv = Qkv::Concatenated(name("layers.{}.self_attn.qkv_proj"));
    plan.mlps[0].names = MlpNames::GatedFused([name("layers.{}.mlp.gate_up_proj"), name("layers.{}.mlp.down_proj")]);
    plan.slide(sliding_window(fields, "sliding_window", None)?, &vec![true; sizes.layers]);
    plan.check()
}

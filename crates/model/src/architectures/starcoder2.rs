//! StarCoder2 (Lozhkov et al., 2024): grouped key-value heads and rotary positions with GPT-2's LayerNorm, biases and feed-forward
//! part.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or, sliding_window};
use crate::decoder::{Decoder, MlpNames};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["starcoder2"],
    gguf: &[],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

const MLP: [TensorName; 2] = [
    TensorName::new("layers.{}.mlp.c_fc", "blk.{}.ffn_up"),
    TensorName::new("layers.{}.mlp.c_proj", "blk.{}.ffn_down"),
];

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 4096, kv_heads: Some(2), head: None })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let activation = activation_or(fields, "hidden_act", "gelu_pytorch_tanh")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("norm_epsilon", 1e-5)?, rope, tied);
    plan.norm = NormKind::Layer;
    let bias = fields.flag("use_bias")?.unwrap_or(true);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    plan.mlps[0].names = MlpNames::Plain(MLP);
    plan.mlps[0].bias = bias;
    plan.slide(sliding_window(fields, "sliding_window", None)?, &vec![true; sizes.layers]);
    plan.check()
}

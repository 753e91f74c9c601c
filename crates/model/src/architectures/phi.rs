//! Phi-1, 1.5 and 2 (Li et al., 2023): one LayerNorm for attention and feed-forward part side by side, biases everywhere, a share of
//! each head turned.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, Flow, HeadNormPlan, HeadNormWidth, MlpNames, NormNames};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["phi"],
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
    let sizes = Sizes::read(fields, SizeDefaults { context: 2048, kv_heads: None, head: None })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context).partial(0.5))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "gelu_new")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("layer_norm_eps", 1e-5)?, rope, tied);
    plan.norm = NormKind::Layer;
    plan.norms = NormNames { mlp: None, last: Some(name("final_layernorm")), ..NormNames::LLAMA };
    plan.flow = Flow::Parallel;
    (plan.attention.qkv_bias, plan.attention.out_bias) = (true, true);
    plan.attention.projection = name("layers.{}.self_attn.dense");
    if fields.flag("qk_layernorm")?.unwrap_or(false) {
        let names = [name("layers.{}.self_attn.q_layernorm"), name("layers.{}.self_attn.k_layernorm")];
        plan.attention.head_norm = Some(HeadNormPlan { names, kind: NormKind::Layer, width: HeadNormWidth::Head });
    }
    plan.mlps[0].names = MlpNames::Plain([name("layers.{}.mlp.fc1"), name("layers.{}.mlp.fc2")]);
    plan.mlps[0].bias = true;
    plan.output.bias = true;
    plan.check()
}

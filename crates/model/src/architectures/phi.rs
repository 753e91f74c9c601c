//! Phi-1, 1.5 and 2 (Li et al., 2023): one LayerNorm for attention and feed-forward part side by side, biases everywhere, a share of
//! each head turned.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, Flow, HeadNormPlan, HeadNormWidth, MlpNames, NormNames, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;
use beamline_kernels::Activation;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["phi"],
    gguf: &["phi2"],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 2048, kv_heads: None, head: None })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context).partial(0.5))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "gelu_new")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("layer_norm_eps", 1e-5)?, rope, tied);
    shape(&mut plan);
    if fields.flag("qk_layernorm")?.unwrap_or(false) {
        let names = [
            TensorName::new("layers.{}.self_attn.q_layernorm", "blk.{}.attn_q_norm"),
            TensorName::new("layers.{}.self_attn.k_layernorm", "blk.{}.attn_k_norm"),
        ];
        plan.attention.head_norm = Some(HeadNormPlan { names, kind: NormKind::Layer, width: HeadNormWidth::Head });
    }
    plan.check()
}

/// What all of them share.
fn shape(plan: &mut Decoder) {
    plan.norm = NormKind::Layer;
    let last = Some(TensorName::new("final_layernorm", "output_norm"));
    plan.norms = NormNames { mlp: None, last, ..NormNames::LLAMA };
    plan.flow = Flow::Parallel;
    (plan.attention.qkv_bias, plan.attention.out_bias) = (true, true);
    plan.attention.projection = TensorName::new("layers.{}.self_attn.dense", "blk.{}.attn_output");
    plan.mlps[0].names = MlpNames::Plain([
        TensorName::new("layers.{}.mlp.fc1", "blk.{}.ffn_up"),
        TensorName::new("layers.{}.mlp.fc2", "blk.{}.ffn_down"),
    ]);
    plan.mlps[0].bias = true;
    plan.output.bias = true;
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let mut plan = Decoder::from_gguf(keys)?;
    shape(&mut plan);
    plan.mlps[0].activation = Activation::GeluTanh;
    plan.mlps[0].inner = keys.outputs("blk.0.ffn_up.weight")?; // the key says four times the width, whatever it is
    if keys.has("blk.0.attn_qkv.weight") {
        plan.attention.qkv = Qkv::Concatenated(TensorName::gguf("blk.{}.attn_qkv"));
    }
    plan.check()
}

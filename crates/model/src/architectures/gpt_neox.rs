//! GPT-NeoX (Black et al., 2022), Pythia, Polyglot-Ko, OpenCALM: LayerNorm, attention and feed-forward part side by side, a share
//! of each head turned, queries, keys and values fused head by head.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, EmbeddingPlan, Flow, MlpNames, NormNames, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;
use beamline_kernels::Activation;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["gpt_neox"],
    gguf: &["gptneox"],
    prefix: "gpt_neox.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 2048, kv_heads: None, head: None })?;
    let base = fields.positive("rotary_emb_base", 1e4)?;
    let share = fields.number("rotary_pct")?.unwrap_or(0.25);
    // What `rope_theta` says beside the parameters is not read by this family.
    let parameters = fields.object("rope_scaling")?.filter(|p| !p.is_empty()).or(fields.object("rope_parameters")?);
    let defaults = RopeDefaults::new(sizes.context).theta(base.into()).partial(share);
    let rope = Rope::read_parameters(parameters, Fields::none(), defaults)?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "gelu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("layer_norm_eps", 1e-5)?, rope, tied);
    shape(&mut plan);
    let bias = fields.flag("attention_bias")?.unwrap_or(true);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    if fields.flag("use_parallel_residual")?.unwrap_or(true) {
        plan.flow = Flow::Parallel;
    }
    plan.check()
}

const QKV: TensorName = TensorName::new("layers.{}.attention.query_key_value", "blk.{}.attn_qkv");

/// What all of them share.
fn shape(plan: &mut Decoder) {
    plan.embedding = EmbeddingPlan::new(TensorName::new("embed_in", "token_embd"));
    plan.norm = NormKind::Layer;
    plan.norms = NormNames { last: Some(TensorName::new("final_layer_norm", "output_norm")), ..NormNames::LLAMA };
    plan.attention.qkv = Qkv::Grouped(QKV);
    plan.attention.projection = TensorName::new("layers.{}.attention.dense", "blk.{}.attn_output");
    plan.mlps[0].names = MlpNames::Plain([
        TensorName::new("layers.{}.mlp.dense_h_to_4h", "blk.{}.ffn_up"),
        TensorName::new("layers.{}.mlp.dense_4h_to_h", "blk.{}.ffn_down"),
    ]);
    plan.mlps[0].bias = true;
    plan.output.name = TensorName::new("embed_out", "output").unprefixed();
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let mut plan = Decoder::from_gguf(keys)?;
    shape(&mut plan);
    plan.mlps[0].activation = Activation::Gelu;
    plan.attention.qkv = Qkv::Concatenated(QKV); // llama.cpp has sorted them
    if keys.gguf.flag(&keys.name("use_parallel_residual"))?.unwrap_or(true) {
        plan.flow = Flow::Parallel;
    }
    plan.check()
}

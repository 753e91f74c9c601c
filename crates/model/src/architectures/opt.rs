//! OPT (Zhang et al., 2022): GPT-3's shape with ReLU. Positions are stored from row 2 on; the 350M model normalises after each
//! addition, and its embeddings are narrower than its layers.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or, required};
use crate::decoder::{Decoder, EmbeddingPlan, Flow, LayerPlan, MlpNames, NormNames, PositionTable, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::Rope;
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["opt"],
    gguf: &[],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let own = SizeDefaults { context: 2048, kv_heads: None, head: None };
    let sizes = Sizes::read_named(fields, own, Sizes::STANDARD, |_| required(fields, "ffn_dim"))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let activation = activation_or(fields, "activation_function", "relu")?;
    let mut plan = Decoder::llama(&sizes, activation, 1e-5, Rope::plain(1e4), tied);
    plan.ropes.clear();
    plan.layers.fill(LayerPlan { rope: None, ..LayerPlan::FULL });
    plan.embedding = EmbeddingPlan::new(TensorName::transformers("decoder.embed_tokens"));
    plan.embedding.positions =
        Some(PositionTable { name: TensorName::transformers("decoder.embed_positions"), offset: 2 });
    let narrow = fields.count("word_embed_proj_dim")?.unwrap_or(sizes.width);
    if narrow != sizes.width {
        plan.embedding.project = Some((narrow, TensorName::transformers("decoder.project_in")));
        plan.output.project = Some(TensorName::transformers("decoder.project_out"));
    }
    let affine = fields.flag("layer_norm_elementwise_affine")?.unwrap_or(true);
    plan.norm = if affine { NormKind::Layer } else { NormKind::LayerBare };
    let before = fields.flag("do_layer_norm_before")?.unwrap_or(true);
    let last = before && !fields.flag("_remove_final_layer_norm")?.unwrap_or(false);
    plan.norms = NormNames {
        attention: Some(TensorName::transformers("decoder.layers.{}.self_attn_layer_norm")),
        mlp: Some(TensorName::transformers("decoder.layers.{}.final_layer_norm")),
        last: last.then_some(TensorName::transformers("decoder.final_layer_norm")),
        ..NormNames::LLAMA
    };
    plan.flow = if before { Flow::Sequential } else { Flow::NormAfterAddition };
    plan.attention.qkv = Qkv::Separate([
        TensorName::transformers("decoder.layers.{}.self_attn.q_proj"),
        TensorName::transformers("decoder.layers.{}.self_attn.k_proj"),
        TensorName::transformers("decoder.layers.{}.self_attn.v_proj"),
    ]);
    plan.attention.projection = TensorName::transformers("decoder.layers.{}.self_attn.out_proj");
    let bias = fields.flag("enable_bias")?.unwrap_or(true);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    plan.mlps[0].names = MlpNames::Plain([
        TensorName::transformers("decoder.layers.{}.fc1"),
        TensorName::transformers("decoder.layers.{}.fc2"),
    ]);
    plan.mlps[0].bias = bias;
    plan.check()
}

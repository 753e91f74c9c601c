//! BLOOM (BigScience, 2022): biases by distance in place of positions (ALiBi), a LayerNorm on the embeddings, queries, keys and values
//! fused head by head.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes};
use crate::decoder::{Alibi, Decoder, EmbeddingPlan, Flow, LayerPlan, MlpNames, NormNames, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::Rope;
use crate::names::TensorName;
use beamline_kernels::Activation;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["bloom"],
    gguf: &[],
    prefix: "transformer.",
    spellings: &[("num_hidden_layers", "n_layer"), ("num_attention_heads", "n_head"), ("n_embed", "hidden_size")],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

/// No position has an end: how many a text may have is for the memory to say. This is what BLOOM was trained on.
const CONTEXT: usize = 2048;

const fn name(transformers: &'static str) -> TensorName {
    TensorName::new(transformers, "")
}

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let own = SizeDefaults { context: fields.count("seq_length")?.unwrap_or(CONTEXT), kv_heads: None, head: None };
    let names = ["hidden_size", "n_layer", "n_head", ""];
    let sizes = Sizes::read_named(fields, own, names, |width| Ok(4 * width))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let epsilon = fields.positive("layer_norm_epsilon", 1e-5)?;
    let mut plan = Decoder::llama(&sizes, Activation::GeluTanh, epsilon, Rope::plain(1e4), tied);
    plan.ropes.clear();
    plan.layers.fill(LayerPlan { rope: None, ..LayerPlan::FULL });
    plan.embedding = EmbeddingPlan::new(name("word_embeddings"));
    plan.embedding.norm = Some(name("word_embeddings_layernorm"));
    plan.norm = NormKind::Layer;
    plan.norms = NormNames {
        attention: Some(name("h.{}.input_layernorm")),
        mlp: Some(name("h.{}.post_attention_layernorm")),
        last: Some(name("ln_f")),
        ..NormNames::LLAMA
    };
    plan.attention.qkv = Qkv::Grouped(name("h.{}.self_attention.query_key_value"));
    plan.attention.projection = name("h.{}.self_attention.dense");
    (plan.attention.qkv_bias, plan.attention.out_bias) = (true, true);
    plan.attention.alibi = Some(Alibi::Plain);
    plan.mlps[0].names = MlpNames::Plain([name("h.{}.mlp.dense_h_to_4h"), name("h.{}.mlp.dense_4h_to_h")]);
    plan.mlps[0].bias = true;
    if fields.flag("apply_residual_connection_post_layernorm")?.unwrap_or(false) {
        plan.flow = Flow::SequentialFromNorm;
    }
    plan.check()
}

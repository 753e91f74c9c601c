//! BLOOM (BigScience, 2022): biases by distance in place of positions (ALiBi), a LayerNorm on the embeddings, queries, keys and values
//! fused head by head.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes};
use crate::decoder::{Alibi, Decoder, EmbeddingPlan, Flow, LayerPlan, MlpNames, NormNames, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::Rope;
use crate::names::TensorName;
use beamline_kernels::Activation;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["bloom"],
    gguf: &["bloom"],
    prefix: "transformer.",
    spellings: &[("num_hidden_layers", "n_layer"), ("num_attention_heads", "n_head"), ("n_embed", "hidden_size")],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

/// No position has an end: how many a text may have is for the memory to say. This is what BLOOM was trained on.
const CONTEXT: usize = 2048;

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let own = SizeDefaults { context: fields.count("seq_length")?.unwrap_or(CONTEXT), kv_heads: None, head: None };
    let names = ["hidden_size", "n_layer", "n_head", ""];
    let sizes = Sizes::read_named(fields, own, names, |width| Ok(4 * width))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let epsilon = fields.positive("layer_norm_epsilon", 1e-5)?;
    let mut plan = Decoder::llama(&sizes, Activation::GeluTanh, epsilon, Rope::plain(1e4), tied);
    shape(&mut plan);
    if fields.flag("apply_residual_connection_post_layernorm")?.unwrap_or(false) {
        plan.flow = Flow::SequentialFromNorm;
    }
    plan.check()
}

/// What all of them share.
fn shape(plan: &mut Decoder) {
    plan.ropes.clear();
    plan.layers.fill(LayerPlan { rope: None, ..LayerPlan::FULL });
    plan.embedding = EmbeddingPlan::new(TensorName::new("word_embeddings", "token_embd"));
    plan.embedding.norm = Some(TensorName::new("word_embeddings_layernorm", "token_embd_norm"));
    plan.norm = NormKind::Layer;
    plan.norms = NormNames {
        attention: Some(TensorName::new("h.{}.input_layernorm", "blk.{}.attn_norm")),
        mlp: Some(TensorName::new("h.{}.post_attention_layernorm", "blk.{}.ffn_norm")),
        last: Some(TensorName::new("ln_f", "output_norm")),
        ..NormNames::LLAMA
    };
    plan.attention.qkv = Qkv::Grouped(QKV);
    plan.attention.projection = TensorName::new("h.{}.self_attention.dense", "blk.{}.attn_output");
    (plan.attention.qkv_bias, plan.attention.out_bias) = (true, true);
    plan.attention.alibi = Some(Alibi::Plain);
    plan.mlps[0].names = MlpNames::Plain([
        TensorName::new("h.{}.mlp.dense_h_to_4h", "blk.{}.ffn_up"),
        TensorName::new("h.{}.mlp.dense_4h_to_h", "blk.{}.ffn_down"),
    ]);
    plan.mlps[0].bias = true;
}

const QKV: TensorName = TensorName::new("h.{}.self_attention.query_key_value", "blk.{}.attn_qkv");

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let mut plan = Decoder::from_gguf(keys)?;
    shape(&mut plan);
    plan.mlps[0].activation = Activation::GeluTanh;
    plan.attention.qkv = Qkv::Concatenated(QKV); // llama.cpp has sorted them
    plan.context = plan.context.max(CONTEXT); // the files say less than the model was trained on
    plan.check()
}

//! Falcon (TII, 2023): one key-value head for all (7B), or one for each group of heads (the "new decoder architecture" of 40B and
//! 180B), attention and feed-forward part side by side, rotary positions or, in Falcon-RW, biases by distance (ALiBi).

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Alibi, Decoder, EmbeddingPlan, Flow, LayerPlan, MlpNames, NormNames, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;
use beamline_kernels::Activation;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["falcon"],
    gguf: &["falcon"],
    prefix: "transformer.",
    spellings: &[("n_embed", "hidden_size")],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let flag = |name: &str, default: bool| fields.flag_or_no(name, default);
    let own = SizeDefaults { context: 2048, kv_heads: None, head: None };
    let mut sizes = Sizes::read_named(fields, own, Sizes::STANDARD, |width| {
        Ok(fields.count("ffn_hidden_size")?.unwrap_or(4 * width))
    })?;
    let (new, parallel) = (flag("new_decoder_architecture", false)?, flag("parallel_attn", true)?);
    let kv_heads = fields.count("num_kv_heads")?.unwrap_or(sizes.heads);
    sizes.kv_heads = match (new, flag("multi_query", true)?) {
        (true, _) => kv_heads,
        (false, true) => 1,
        (false, false) => sizes.heads,
    };
    if sizes.kv_heads == 0 || !sizes.heads.is_multiple_of(sizes.kv_heads) {
        let allowed = format!("a divisor of num_attention_heads = {}", sizes.heads);
        return Err(Defect::value("num_kv_heads", sizes.kv_heads, &allowed));
    }
    if let Some(head) = fields.count("head_dim")?.filter(|&head| head != sizes.head) {
        let allowed = format!("hidden_size / num_attention_heads = {}", sizes.head);
        return Err(Defect::value("head_dim", head, &allowed));
    }
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let activation = activation_or(fields, "activation", "gelu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("layer_norm_epsilon", 1e-5)?, rope, tied);
    if flag("alibi", false)? {
        plan.ropes.clear();
        plan.layers.fill(LayerPlan { rope: None, ..LayerPlan::FULL });
        plan.attention.alibi = Some(Alibi::RoundedBeforeScale);
    }
    let two = match fields.count("num_ln_in_parallel_attn")?.or(new.then_some(2)) {
        Some(2) => true,
        None | Some(1) => false,
        Some(other) => return Err(Defect::unsupported("num_ln_in_parallel_attn", other, "1, 2")),
    };
    shape(&mut plan, parallel, two);
    let bias = flag("bias", false)?;
    (plan.attention.qkv_bias, plan.attention.out_bias, plan.mlps[0].bias) = (bias, bias, bias);
    plan.check()
}

const QKV: TensorName = TensorName::new("h.{}.self_attention.query_key_value", "blk.{}.attn_qkv");

/// What all of them share; `two` norms are for parts side by side.
fn shape(plan: &mut Decoder, parallel: bool, two: bool) {
    plan.embedding = EmbeddingPlan::new(TensorName::new("word_embeddings", "token_embd"));
    plan.norm = NormKind::Layer;
    let input = TensorName::new("h.{}.input_layernorm", "blk.{}.attn_norm");
    let (attention, mlp) = match (parallel, two) {
        (true, true) => {
            let mlp = TensorName::new("h.{}.ln_mlp", "blk.{}.attn_norm");
            (TensorName::new("h.{}.ln_attn", "blk.{}.attn_norm_2"), Some(mlp))
        }
        (true, false) => (input, None),
        (false, _) => (input, Some(TensorName::new("h.{}.post_attention_layernorm", "blk.{}.ffn_norm"))),
    };
    let last = Some(TensorName::new("ln_f", "output_norm"));
    plan.norms = NormNames { attention: Some(attention), mlp, last, ..NormNames::LLAMA };
    plan.flow = if parallel { Flow::Parallel } else { Flow::Sequential };
    plan.attention.qkv = Qkv::Grouped(QKV);
    plan.attention.projection = TensorName::new("h.{}.self_attention.dense", "blk.{}.attn_output");
    plan.mlps[0].names = MlpNames::Plain([
        TensorName::new("h.{}.mlp.dense_h_to_4h", "blk.{}.ffn_up"),
        TensorName::new("h.{}.mlp.dense_4h_to_h", "blk.{}.ffn_down"),
    ]);
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let mut plan = Decoder::from_gguf(keys)?;
    shape(&mut plan, true, keys.has("blk.0.attn_norm_2.weight"));
    plan.mlps[0].activation = Activation::Gelu;
    plan.attention.qkv = Qkv::Concatenated(QKV); // llama.cpp has sorted them
    plan.check()
}

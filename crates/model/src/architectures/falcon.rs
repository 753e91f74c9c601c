//! Falcon (TII, 2023): one key-value head for all (7B), or one for each group of heads (the "new decoder architecture" of 40B and
//! 180B), attention and feed-forward part side by side, rotary positions or, in Falcon-RW, biases by distance (ALiBi).

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Alibi, Decoder, EmbeddingPlan, Flow, LayerPlan, MlpNames, NormNames, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["falcon"],
    gguf: &[],
    prefix: "transformer.",
    spellings: &[("n_embed", "hidden_size")],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

const fn name(transformers: &'static str) -> TensorName {
    TensorName::new(transformers, "")
}

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let flag = |name: &str, default: bool| Ok::<_, Defect>(fields.flag(name)?.unwrap_or(default));
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
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let activation = activation_or(fields, "activation", "gelu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("layer_norm_epsilon", 1e-5)?, rope, tied);
    if flag("alibi", false)? {
        plan.ropes.clear();
        plan.layers.fill(LayerPlan { rope: None, ..LayerPlan::FULL });
        plan.attention.alibi = Some(Alibi::RoundedBeforeScale);
    }
    plan.embedding = EmbeddingPlan::new(name("word_embeddings"));
    plan.norm = NormKind::Layer;
    let (two, mlp) = match fields.count("num_ln_in_parallel_attn")?.or(new.then_some(2)) {
        Some(2) if parallel => (true, Some(name("h.{}.ln_mlp"))),
        None | Some(1) if parallel => (false, None),
        Some(other) if parallel => return Err(Defect::unsupported("num_ln_in_parallel_attn", other, "1, 2")),
        _ => (false, Some(name("h.{}.post_attention_layernorm"))),
    };
    let attention = Some(name(if two { "h.{}.ln_attn" } else { "h.{}.input_layernorm" }));
    plan.norms = NormNames { attention, mlp, last: Some(name("ln_f")), ..NormNames::LLAMA };
    plan.flow = if parallel { Flow::Parallel } else { Flow::Sequential };
    plan.attention.qkv = Qkv::Grouped(name("h.{}.self_attention.query_key_value"));
    plan.attention.projection = name("h.{}.self_attention.dense");
    let bias = flag("bias", false)?;
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    plan.mlps[0].names = MlpNames::Plain([name("h.{}.mlp.dense_h_to_4h"), name("h.{}.mlp.dense_4h_to_h")]);
    plan.mlps[0].bias = bias;
    plan.check()
}

//! GPT-Neo (Black et al., 2021), TinyStories: GPT-2 with scores that are not scaled, and layers that look back through a window.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or, sliding_window};
use crate::decoder::{Decoder, EmbeddingPlan, LayerPlan, MlpNames, NormNames, PositionTable, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::Rope;
use crate::names::TensorName;
use serde_json::Value;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["gpt_neo"],
    gguf: &[],
    prefix: "transformer.",
    spellings: &[("num_attention_heads", "num_heads"), ("num_hidden_layers", "num_layers")],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let own = SizeDefaults { context: 2048, kv_heads: None, head: None };
    let names = ["hidden_size", "num_layers", "num_heads", "max_position_embeddings"];
    let sizes =
        Sizes::read_named(fields, own, names, |width| Ok(fields.count("intermediate_size")?.unwrap_or(4 * width)))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let activation = activation_or(fields, "activation_function", "gelu_new")?;
    let epsilon = fields.positive("layer_norm_epsilon", 1e-5)?;
    let mut plan = Decoder::llama(&sizes, activation, epsilon, Rope::plain(1e4), tied);
    plan.ropes.clear();
    plan.layers.fill(LayerPlan { rope: None, ..LayerPlan::FULL });
    let window = sliding_window(fields, "window_size", Some(256))?;
    plan.slide(window, &local(fields, sizes.layers)?);
    plan.embedding = EmbeddingPlan::new(TensorName::transformers("wte"));
    plan.embedding.positions = Some(PositionTable { name: TensorName::transformers("wpe"), offset: 0 });
    plan.norm = NormKind::Layer;
    plan.norms = NormNames {
        attention: Some(TensorName::transformers("h.{}.ln_1")),
        mlp: Some(TensorName::transformers("h.{}.ln_2")),
        last: Some(TensorName::transformers("ln_f")),
        ..NormNames::LLAMA
    };
    let matrices = ["h.{}.attn.attention.q_proj", "h.{}.attn.attention.k_proj", "h.{}.attn.attention.v_proj"];
    plan.attention.qkv = Qkv::Separate(matrices.map(TensorName::transformers));
    plan.attention.projection = TensorName::transformers("h.{}.attn.attention.out_proj");
    plan.attention.out_bias = true;
    plan.attention.scale = 1.0;
    plan.mlps[0].names =
        MlpNames::Plain([TensorName::transformers("h.{}.mlp.c_fc"), TensorName::transformers("h.{}.mlp.c_proj")]);
    plan.mlps[0].bias = true;
    plan.check()
}

/// `attention_types`, such as `[[["global", "local"], 12]]`: for each layer whether it is local.
fn local(fields: Fields<'_>, layers: usize) -> Result<Vec<bool>, Defect> {
    let wrong = || {
        let allowed = format!("pairs of a list of global and local and how often it comes, for {layers} layers in all");
        Defect::value("attention_types", fields.get("attention_types").unwrap_or(&Value::Null), &allowed)
    };
    let Some(types) = fields.list("attention_types")? else {
        let all: Vec<bool> = (0..24).map(|layer| layer % 2 == 1).collect();
        return if layers == all.len() { Ok(all) } else { Err(wrong()) };
    };
    let mut all = Vec::new();
    for pair in types {
        let (kinds, times) = (pair.get(0).and_then(Value::as_array), pair.get(1).and_then(Value::as_u64));
        let (Some(kinds), Some(times)) = (kinds, times) else { return Err(wrong()) };
        for _ in 0..times.min(layers as u64 + 1) {
            for kind in kinds {
                all.push(match kind.as_str() {
                    Some("global") => false,
                    Some("local") => true,
                    _ => return Err(wrong()),
                });
            }
            if all.len() > layers {
                return Err(wrong());
            }
        }
    }
    if all.len() == layers { Ok(all) } else { Err(wrong()) }
}

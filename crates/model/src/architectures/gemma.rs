//! Gemma 1, 2 and 3, text alone (Gemma Team, 2024, 2025): embeddings grown by the root of the width, norms that store their weights
//! less one, gated parts with GELU. Gemma 2 normalises before and after each part, bounds scores and logits (soft-capping)
//! and slides every other layer; Gemma 3 normalises queries and keys instead of bounding, and turns its sliding layers by a
//! base of their own.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or, sliding_layers, sliding_window};
use crate::decoder::{Decoder, HeadNormPlan, HeadNormWidth, NormNames};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;
use beamline_kernels::Activation;
use serde_json::json;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["gemma", "gemma2", "gemma3_text"],
    gguf: &["gemma", "gemma2", "gemma3"],
    prefix: "model.",
    spellings: &[],
    read: |family, fields| Ok(Box::new(read(family, fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

/// Before and after each part.
const SANDWICH: NormNames = NormNames {
    attention_after: Some(TensorName::new("layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm")),
    mlp: Some(TensorName::new("layers.{}.pre_feedforward_layernorm", "blk.{}.ffn_norm")),
    mlp_after: Some(TensorName::new("layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm")),
    ..NormNames::LLAMA
};

fn read(family: &str, fields: Fields<'_>) -> Result<Decoder, Defect> {
    let (kv_heads, context) = match family {
        "gemma" => (16, 8192),
        "gemma2" => (4, 8192),
        _ => (4, 131_072),
    };
    let sizes = Sizes::read(fields, SizeDefaults { context, kv_heads: Some(kv_heads), head: Some(256) })?;
    // Gemma 1's released files say gelu and mean the approximation, as transformers reads them.
    let activation = match (family, activation_or(fields, activation_field(family), "gelu_pytorch_tanh")?) {
        ("gemma", Activation::Gelu) => Activation::GeluTanh,
        (_, other) => other,
    };
    fields.only("use_bidirectional_attention", &json!(false))?;
    let rope = match family {
        "gemma3_text" => Rope::plain(1.0), // set below
        _ => Rope::read(fields, RopeDefaults::new(sizes.context))?,
    };
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", 1e-6)?, rope, tied);
    plan.norm = NormKind::RmsLessOne;
    plan.embedding.scale = (sizes.width as f32).sqrt();
    let bias = fields.flag("attention_bias")?.unwrap_or(false);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    if family != "gemma" {
        plan.norms = SANDWICH;
        plan.attention.scale = 1.0 / fields.positive("query_pre_attn_scalar", 256.0)?.sqrt();
        let caps = if family == "gemma2" { [Some(50.0), Some(30.0)] } else { [None; 2] };
        plan.attention.softcap = cap(fields, "attn_logit_softcapping", caps[0])?;
        plan.output.softcap = cap(fields, "final_logit_softcapping", caps[1])?;
        let pattern = fields.count("sliding_window_pattern")?.or(fields.count("_sliding_window_pattern")?).unwrap_or(6);
        let every = if family == "gemma2" { 2 } else { pattern };
        if every == 0 {
            return Err(Defect::value("sliding_window_pattern", 0, "1 or more"));
        }
        let slides = sliding_layers(fields, sizes.layers, |layer| (layer + 1) % every != 0)?;
        plan.slide(sliding_window(fields, "sliding_window", Some(4096))?, &slides);
        if family == "gemma3_text" {
            plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::RmsLessOne, HeadNormWidth::Head));
            plan.ropes = ropes(fields, sizes.context)?;
            turn_apart(&mut plan, &slides);
        }
    }
    plan.check()
}

fn activation_field(family: &str) -> &'static str {
    if family == "gemma" { "hidden_act" } else { "hidden_activation" }
}

/// A bound; null for none, `default` where the field is not there.
fn cap(fields: Fields<'_>, name: &str, default: Option<f32>) -> Result<Option<f32>, Defect> {
    if fields.mentions(name) { fields.positive_if(name) } else { Ok(default) }
}

/// How full and sliding layers turn: by `rope_parameters` of each, or by what older files say beside each other.
fn ropes(fields: Fields<'_>, context: usize) -> Result<Vec<Rope>, Defect> {
    let global = RopeDefaults::new(context).theta(fields.positive("rope_theta", 1e6)?.into());
    let local = RopeDefaults::new(context).theta(fields.positive("rope_local_base_freq", 1e4)?.into());
    Rope::read_both(fields, global, local)
}

/// Sliding layers turn by the second rope.
fn turn_apart(plan: &mut Decoder, slides: &[bool]) {
    for (layer, slides) in plan.layers.iter_mut().zip(slides) {
        layer.rope = Some(usize::from(*slides));
    }
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read_gguf(keys)?;
    let epsilon = keys.positive("attention.layer_norm_rms_epsilon", None)? as f32;
    let family = keys.architecture;
    let tied = !keys.has("output.weight");
    let rope = match family {
        "gemma3" => keys.positive("rope.freq_base", Some(1e6)).map(Rope::plain)?,
        _ => Rope::read_gguf(keys)?,
    };
    let mut plan = Decoder::llama(&sizes, Activation::GeluTanh, epsilon, rope, tied);
    plan.embedding.scale = (sizes.width as f32).sqrt();
    if family == "gemma" {
        return plan.check();
    }
    plan.norms = SANDWICH;
    // The largest of both families share the width out among the heads; the others take the heads' own.
    let largest = if family == "gemma2" { sizes.layers == 46 } else { sizes.layers == 62 };
    if largest {
        plan.attention.scale = 1.0 / ((sizes.width / sizes.heads) as f32).sqrt();
    }
    let cap = |key: &str, default: Option<f64>| {
        let there = keys.gguf.number(&keys.name(key))?.or(default);
        there.map_or(Ok(None), |_| keys.positive(key, default).map(|bound| Some(bound as f32)))
    };
    let caps = if family == "gemma2" { [Some(50.0), Some(30.0)] } else { [None; 2] };
    plan.attention.softcap = cap("attn_logit_softcapping", caps[0])?;
    plan.output.softcap = cap("final_logit_softcapping", caps[1])?;
    // The file does not say which layers slide, nor by what base: these are the families' own.
    let every = if family == "gemma2" { 2 } else { 6 };
    let slides: Vec<bool> = (0..sizes.layers).map(|layer| (layer + 1) % every != 0).collect();
    let default = if family == "gemma2" { 4096 } else { 1024 };
    plan.slide(Some(keys.count_or("attention.sliding_window", default)?).filter(|&window| window > 0), &slides);
    if family == "gemma3" {
        plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::Rms, HeadNormWidth::Head));
        let scaled = Rope::read_gguf(keys)?.scaling;
        plan.ropes = vec![
            Rope { scaling: scaled, ..plan.ropes[0].clone() },
            Rope::plain(keys.positive("rope.freq_base_swa", Some(1e4))?),
        ];
        turn_apart(&mut plan, &slides);
    }
    plan.check()
}

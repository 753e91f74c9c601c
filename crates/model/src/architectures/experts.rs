//! Mixtures of experts (Shazeer et al., 2017): Mixtral (Jiang et al., 2024), whose every layer is one; Qwen3-MoE (Qwen Team, 2025),
//! Qwen3 with some layers that are; gpt-oss (OpenAI, 2025), with attention sinks, biases, clamped gates and YaRN.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or, between, sliding_layers, sliding_window};
use crate::decoder::{Decoder, ExpertNames, ExpertsPlan, HeadNormPlan, HeadNormWidth, MlpNames, MlpPlan, Routing};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults, Scaling};
use crate::names::TensorName;
use beamline_kernels::Activation;
use serde_json::{Value, json};

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["mixtral", "qwen3_moe", "gpt_oss"],
    gguf: &["qwen3moe", "gpt-oss"],
    prefix: "model.",
    spellings: &[("num_experts", "num_local_experts")],
    read: |family, fields| Ok(Box::new(read(family, fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

const MIXTRAL: [TensorName; 3] = [
    TensorName::new("layers.{}.block_sparse_moe.experts.{e}.w1", "blk.{}.ffn_gate_exps"),
    TensorName::new("layers.{}.block_sparse_moe.experts.{e}.w3", "blk.{}.ffn_up_exps"),
    TensorName::new("layers.{}.block_sparse_moe.experts.{e}.w2", "blk.{}.ffn_down_exps"),
];
const QWEN: [TensorName; 3] = [
    TensorName::new("layers.{}.mlp.experts.{e}.gate_proj", "blk.{}.ffn_gate_exps"),
    TensorName::new("layers.{}.mlp.experts.{e}.up_proj", "blk.{}.ffn_up_exps"),
    TensorName::new("layers.{}.mlp.experts.{e}.down_proj", "blk.{}.ffn_down_exps"),
];
const GPT_OSS: [TensorName; 2] = [
    TensorName::transformers("layers.{}.mlp.experts.gate_up_proj"),
    TensorName::transformers("layers.{}.mlp.experts.down_proj"),
];

fn router(family: &str) -> TensorName {
    match family {
        "mixtral" => TensorName::new("layers.{}.block_sparse_moe.gate", "blk.{}.ffn_gate_inp"),
        "gpt_oss" => TensorName::transformers("layers.{}.mlp.router"),
        _ => TensorName::new("layers.{}.mlp.gate", "blk.{}.ffn_gate_inp"),
    }
}

fn read(family: &str, fields: Fields<'_>) -> Result<Decoder, Defect> {
    let (context, kv_heads, head, theta) = match family {
        "mixtral" => (4096 * 32, Some(8), None, 1e6),
        "qwen3_moe" => (32_768, Some(4), None, 1e4),
        _ => (131_072, Some(8), Some(64), 150_000.0),
    };
    let sizes = Sizes::read(fields, SizeDefaults { context, kv_heads, head })?;
    let defaults = RopeDefaults::new(sizes.context).theta(theta);
    let rope = match (family, fields.get("rope_parameters").or(fields.get("rope_scaling"))) {
        ("gpt_oss", None) => {
            let theta = fields.positive("rope_theta", theta)?.into();
            if let Some(share) = fields.number("partial_rotary_factor")?.filter(|&share| share != 1.0) {
                return Err(Defect::unsupported("partial_rotary_factor", share, "1.0"));
            }
            Rope { scaling: Scaling::yarn(32.0, 4096.0).untruncated(), ..Rope::plain(theta) }
        }
        _ => Rope::read(fields, defaults)?,
    };
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let epsilon = if family == "qwen3_moe" { 1e-6 } else { 1e-5 };
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", epsilon)?, rope, tied);
    let experts = experts(family, fields)?;
    match family {
        "mixtral" => {
            plan.mlps[0].names = MlpNames::Experts(experts);
            plan.slide(sliding_window(fields, "sliding_window", None)?, &vec![true; sizes.layers]);
        }
        "qwen3_moe" => qwen(fields, &sizes, experts, &mut plan)?,
        _ => gpt_oss(fields, experts, &mut plan)?,
    }
    plan.check()
}

/// How many experts there are, and how they are chosen.
fn experts(family: &str, fields: Fields<'_>) -> Result<ExpertsPlan, Defect> {
    let (count, top) = match family {
        "mixtral" => (8, 2),
        "qwen3_moe" => (128, 8),
        _ => (128, 4),
    };
    let count = fields.count("num_local_experts")?.unwrap_or(count);
    between("num_local_experts", count, 1, 1 << 14)?;
    let top = fields.count("num_experts_per_tok")?.unwrap_or(top);
    between("num_experts_per_tok", top, 1, count)?;
    let routing = match family {
        "qwen3_moe" if !fields.flag("norm_topk_prob")?.unwrap_or(false) => Routing::Softmax,
        _ => Routing::SoftmaxOfChosen,
    };
    let names = match family {
        "mixtral" => ExpertNames::Each(MIXTRAL),
        "qwen3_moe" => ExpertNames::Each(QWEN),
        _ => ExpertNames::StackedInTurn(GPT_OSS),
    };
    let clamp = (family == "gpt_oss").then(|| fields.positive("swiglu_limit", 7.0)).transpose()?;
    Ok(ExpertsPlan { count, top, router: router(family), routing, names, clamp })
}

/// Qwen3-MoE: some layers have one plain gated part.
fn qwen(fields: Fields<'_>, sizes: &Sizes, experts: ExpertsPlan, plan: &mut Decoder) -> Result<(), Defect> {
    let bias = fields.flag("attention_bias")?.unwrap_or(false);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::Rms, HeadNormWidth::Head));
    let used = fields.flag("use_sliding_window")?.unwrap_or(false);
    let window = sliding_window(fields, "sliding_window", Some(4096))?.filter(|_| used);
    plan.slide(window, &vec![true; sizes.layers]);
    let inner = fields.count("moe_intermediate_size")?.unwrap_or(768);
    between("moe_intermediate_size", inner, 1, 1 << 24)?;
    let activation = plan.mlps[0].activation;
    plan.mlps.push(MlpPlan { names: MlpNames::Experts(experts), inner, activation, bias: false });
    let step = fields.count("decoder_sparse_step")?.unwrap_or(1);
    between("decoder_sparse_step", step, 1, 1 << 20)?;
    let plain: Vec<Option<u64>> =
        fields.list("mlp_only_layers")?.unwrap_or_default().iter().map(Value::as_u64).collect();
    for (i, layer) in plan.layers.iter_mut().enumerate() {
        layer.mlp = usize::from((i + 1) % step == 0 && !plain.contains(&Some(i as u64)));
    }
    Ok(())
}

/// gpt-oss: sinks, biases, every other layer slides.
fn gpt_oss(fields: Fields<'_>, experts: ExpertsPlan, plan: &mut Decoder) -> Result<(), Defect> {
    fields.only("swiglu_alpha", &json!(1.702))?;
    let bias = fields.flag("attention_bias")?.unwrap_or(true);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    plan.attention.sinks = Some(TensorName::transformers("layers.{}.self_attn.sinks"));
    // `x sigmoid(1.702 x)`, whatever `hidden_act` says.
    plan.mlps[0].activation = Activation::QuickGelu;
    plan.mlps[0].bias = true; // of the router; the experts' own are stacked
    plan.mlps[0].names = MlpNames::Experts(experts);
    let slides = sliding_layers(fields, plan.layers.len(), |layer| (layer + 1) % 2 == 1)?;
    plan.slide(sliding_window(fields, "sliding_window", Some(128))?, &slides);
    Ok(())
}

/// Reads the keys of a GGUF file.
fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let mut plan = Decoder::from_gguf(keys)?;
    if keys.architecture == "gpt-oss" {
        plan.norms.mlp = Some(TensorName::gguf("blk.{}.post_attention_norm"));
        plan.attention.sinks = Some(TensorName::gguf("blk.{}.attn_sinks.weight"));
        plan.ropes[0].scaling = plan.ropes[0].scaling.clone().untruncated();
        plan.mlps[0].activation = Activation::QuickGelu;
        plan.mlps[0].bias = true;
        let window = keys.count("attention.sliding_window")?;
        let slides: Vec<bool> = (0..plan.layers.len()).map(|layer| layer % 2 == 0).collect();
        plan.slide(Some(window).filter(|&window| window > 0), &slides);
        mix(keys, &mut plan, Some(7.0))?;
    } else {
        plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::Rms, HeadNormWidth::Head));
        mix(keys, &mut plan, None)?;
    }
    plan.check()
}

/// Makes the feed-forward parts of a GGUF file's layers experts.
pub(super) fn mix(keys: &Keys<'_, '_>, plan: &mut Decoder, clamp: Option<f32>) -> Result<(), Defect> {
    let (count, top) = (keys.count("expert_count")?, keys.count("expert_used_count")?);
    between(&keys.name("expert_count"), count, 1, 1 << 14)?;
    between(&keys.name("expert_used_count"), top, 1, count)?;
    plan.mlps[0].inner = keys.count_or("expert_feed_forward_length", plan.mlps[0].inner)?;
    between(&keys.name("expert_feed_forward_length"), plan.mlps[0].inner, 1, 1 << 24)?;
    let router = TensorName::gguf("blk.{}.ffn_gate_inp");
    let routing = Routing::SoftmaxOfChosen;
    let names = ExpertNames::Each(QWEN);
    plan.mlps[0].names = MlpNames::Experts(ExpertsPlan { count, top, router, routing, names, clamp });
    Ok(())
}

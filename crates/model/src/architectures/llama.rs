//! Llama and its nearest relatives (Touvron et al., 2023): rotary positions (RoPE), RMS norms, gated feed-forward parts, shared
//! key-value heads (grouped-query attention, GQA). Mistral adds a sliding window and a head width of its own, Qwen2 biases,
//! Qwen3 norms on queries and keys.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or, sliding_layers, sliding_window};
use crate::decoder::{Decoder, HeadNormPlan, HeadNormWidth};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["llama", "mistral", "qwen2", "qwen3"],
    gguf: &["llama", "qwen2", "qwen3"],
    prefix: "model.",
    spellings: &[],
    read: |family, fields| Ok(Box::new(read(family, fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

/// Defaults are transformers'.
fn read(family: &str, fields: Fields<'_>) -> Result<Decoder, Defect> {
    let (context, kv_heads, head) = match family {
        "llama" => (2048, None, None),
        "mistral" => (4096 * 32, Some(8), None),
        "qwen2" => (32_768, Some(32), None),
        _ => (32_768, Some(32), Some(128)),
    };
    let sizes = Sizes::read(fields, SizeDefaults { context, kv_heads, head })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context))?;
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", 1e-6)?, rope, tied);
    let attention_bias = matches!(family, "llama" | "qwen3") && fields.flag("attention_bias")?.unwrap_or(false);
    plan.attention.qkv_bias = attention_bias || family == "qwen2";
    plan.attention.out_bias = attention_bias;
    plan.mlps[0].bias = family == "llama" && fields.flag("mlp_bias")?.unwrap_or(false);
    if family == "qwen3" {
        plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::Rms, HeadNormWidth::Head));
    }
    slide(family, fields, &mut plan)?;
    plan.check()
}

/// How far each layer looks back: Mistral's layers alike, Qwen's by `layer_types`, or from `max_window_layers` on.
fn slide(family: &str, fields: Fields<'_>, plan: &mut Decoder) -> Result<(), Defect> {
    let layers = plan.layers.len();
    match family {
        "mistral" => plan.slide(sliding_window(fields, "sliding_window", Some(4096))?, &vec![true; layers]),
        "qwen2" | "qwen3" => {
            let used = fields.flag("use_sliding_window")?.unwrap_or(false);
            let window = sliding_window(fields, "sliding_window", Some(4096))?.filter(|_| used);
            let first = fields.count("max_window_layers")?.unwrap_or(28);
            plan.slide(window, &sliding_layers(fields, layers, |layer| layer >= first)?);
        }
        _ => {}
    }
    Ok(())
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    for key in ["attention.scale", "logit_scale", "residual_scale", "embedding_scale"] {
        let name = keys.name(key);
        if keys.gguf.number(&name)?.is_some_and(|value| value != 0.0) {
            return Err(Defect::unsupported(&name, "set", "a model without it"));
        }
    }
    let mut plan = Decoder::from_gguf(keys)?;
    if plan.ropes[0].share != 1.0 {
        let turned = plan.ropes[0].turned(plan.head);
        let allowed = format!("the head width, {}", plan.head);
        return Err(Defect::unsupported(&keys.name("rope.dimension_count"), turned, &allowed));
    }
    plan.attention.interleaved = keys.architecture == "llama";
    if keys.architecture == "qwen3" {
        plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::Rms, HeadNormWidth::Head));
    }
    let window = keys.gguf.count(&keys.name("attention.sliding_window"))?.filter(|&window| window > 0);
    plan.slide(window, &vec![true; plan.layers.len()]);
    if keys.count_or("expert_count", 0)? > 0 {
        super::experts::mix(keys, &mut plan, None)?; // Mixtral, which llama.cpp calls a Llama
    }
    plan.check()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn small(kind: &str) -> Value {
        json!({"model_type": kind, "vocab_size": 10, "hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 3,
               "intermediate_size": 16, "num_key_value_heads": 1})
    }

    fn with(kind: &str, changes: &Value) -> Result<Decoder, Defect> {
        let mut json = small(kind);
        json.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        read(kind, Fields::new(json.as_object().unwrap()))
    }

    fn windows(kind: &str, changes: &Value) -> Vec<Option<usize>> {
        with(kind, changes).unwrap().layers.iter().map(|layer| layer.window).collect()
    }

    #[test]
    fn windows_follow_each_family() {
        assert_eq!(windows("mistral", &json!({})), [Some(4096); 3]);
        assert_eq!(windows("mistral", &json!({"sliding_window": null})), [None; 3]);
        assert_eq!(windows("llama", &json!({"sliding_window": 5})), [None; 3]);
        assert_eq!(windows("qwen2", &json!({"sliding_window": 5})), [None; 3]);
        let late = json!({"sliding_window": 5, "use_sliding_window": true, "max_window_layers": 2});
        assert_eq!(windows("qwen2", &late), [None, None, Some(5)]);
        let listed = json!({"sliding_window": 5, "use_sliding_window": true,
                            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]});
        assert_eq!(windows("qwen3", &listed), [Some(5), None, Some(5)]);
    }

    #[test]
    fn families_differ_as_they_should() {
        let qwen2 = with("qwen2", &json!({})).unwrap().attention;
        assert!(qwen2.qkv_bias && !qwen2.out_bias);
        assert_eq!(with("qwen3", &json!({})).unwrap().head, 128);
        assert_eq!(with("llama", &json!({})).unwrap().head, 4);
        // A head of a width of its own need not share the stream's.
        let apart = json!({"num_attention_heads": 3, "num_key_value_heads": 3, "head_dim": 4});
        assert_eq!(with("qwen3", &apart).unwrap().head, 4);
        let biased = with("llama", &json!({"attention_bias": true, "mlp_bias": true})).unwrap();
        assert!(biased.attention.qkv_bias && biased.attention.out_bias && biased.mlps[0].bias);
    }

    #[test]
    fn every_bad_value_is_named_with_its_range() {
        let cases = [
            (json!({"num_attention_heads": 0}), "num_attention_heads is 0"),
            (json!({"num_key_value_heads": 0}), "num_key_value_heads is 0"),
            (
                json!({"num_attention_heads": 3, "num_key_value_heads": 2, "head_dim": 4}),
                "num_key_value_heads is 2; it must be a divisor of",
            ),
            (
                json!({"num_attention_heads": 3, "num_key_value_heads": 3}),
                "num_attention_heads is 3; it must be a divisor of",
            ),
            (json!({"head_dim": 3}), "head_dim is 3; it must be even"),
            (json!({"vocab_size": -1}), "vocab_size is -1"),
            (json!({"num_hidden_layers": 1_000_000_000}), "is 1000000000"),
            (json!({"rms_norm_eps": 0}), "rms_norm_eps"),
            (json!({"hidden_act": "mish"}), "gelu_new"),
            (json!({"quantization_config": {"quant_method": "gptq"}}), "gptq"),
            (json!({"model_type": "mamba"}), "qwen3"),
            (json!({"model_type": null}), "model_type is missing"),
            (json!({"layer_types": ["full_attention"]}), "a list of 3"),
            (json!({"hidden_size": null}), "hidden_size is missing"),
        ];
        for (change, expected) in cases {
            let mut json = small("qwen2");
            json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let refused = crate::architectures::from_json(json.to_string().as_bytes()).err().unwrap();
            let message = refused.to_string();
            assert!(message.contains(expected) && !message.contains('\n'), "{change}: {message}");
        }
        let read = crate::architectures::from_json;
        assert!(read(b"[1]").is_err() && read(b"{").is_err());
    }
}

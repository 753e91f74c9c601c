//! `config.json`, as transformers writes it. Defaults are transformers'.

use super::fields::Fields;
use super::{Config, Gpt2Config, LlamaConfig, MAX_LAYERS, Rope, activation, between};
use crate::error::Defect;
use serde_json::Value;

/// The model types that can be run.
const TYPES: &str = "gpt2, llama, mistral, qwen2, qwen3";

/// Reads a `config.json`; returns the model type too.
pub(crate) fn from_json(bytes: &[u8]) -> Result<(String, Config), Defect> {
    let json: Value = serde_json::from_slice(bytes).map_err(|e| Defect::Json(e.to_string()))?;
    let fields = Fields(json.as_object().ok_or_else(|| Defect::Json("not an object".to_owned()))?);
    if let Some(quantization) = fields.get("quantization_config") {
        let method = quantization.get("quant_method").unwrap_or(quantization);
        return Err(Defect::unsupported("quantization_config", method, "plain weights, or GGUF"));
    }
    let missing = || Defect::value("model_type", "missing", &format!("one of {TYPES}"));
    let kind = fields.text("model_type")?.ok_or_else(missing)?;
    let config = match kind {
        "gpt2" => Config::Gpt2(gpt2(fields)?),
        "llama" | "mistral" | "qwen2" | "qwen3" => Config::Llama(llama(kind, fields)?),
        other => return Err(Defect::unsupported("model_type", other, TYPES)),
    };
    Ok((kind.to_owned(), config))
}

fn gpt2(fields: Fields<'_>) -> Result<Gpt2Config, Defect> {
    let count = |name: &str, default: usize| Ok(fields.count(name)?.unwrap_or(default));
    let embd = count("n_embd", 768)?;
    between("n_embd", embd, 1, 1 << 24)?;
    Gpt2Config {
        vocab: count("vocab_size", 50_257)?,
        positions: count("n_positions", 1024)?,
        embd,
        layers: count("n_layer", 12)?,
        heads: count("n_head", 12)?,
        inner: count("n_inner", 4 * embd)?,
        activation: activation("activation_function", fields.text("activation_function")?.unwrap_or("gelu_new"))?,
        epsilon: fields.positive("layer_norm_epsilon", 1e-5)?,
        scale_by_width: fields.flag("scale_attn_weights")?.unwrap_or(true),
        scale_by_layer: fields.flag("scale_attn_by_inverse_layer_idx")?.unwrap_or(false),
        tied: fields.flag("tie_word_embeddings")?.unwrap_or(true),
    }
    .check()
}

fn llama(kind: &str, fields: Fields<'_>) -> Result<LlamaConfig, Defect> {
    let required = |name: &str| {
        fields.count(name)?.ok_or_else(|| Defect::value(name, "missing", "a whole number; the config does not say it"))
    };
    let (hidden, heads) = (required("hidden_size")?, required("num_attention_heads")?);
    between("num_attention_heads", heads, 1, 1 << 16)?;
    let head = match (fields.count("head_dim")?, kind) {
        (Some(head), _) => head,
        (None, "qwen3") => 128,
        (None, _) => hidden / heads,
    };
    let layers = required("num_hidden_layers")?;
    between("num_hidden_layers", layers, 1, MAX_LAYERS)?;
    let attention_bias = fields.flag("attention_bias")?.unwrap_or(false) && matches!(kind, "llama" | "qwen3");
    LlamaConfig {
        vocab: required("vocab_size")?,
        positions: fields.count("max_position_embeddings")?.unwrap_or(default_positions(kind)),
        hidden,
        layers,
        heads,
        kv_heads: kv_heads(kind, fields, heads)?,
        head,
        inner: required("intermediate_size")?,
        activation: activation("hidden_act", fields.text("hidden_act")?.unwrap_or("silu"))?,
        epsilon: fields.positive("rms_norm_eps", 1e-6)?,
        rope: Rope::read(fields)?,
        windows: windows(kind, fields, layers)?,
        qkv_bias: attention_bias || kind == "qwen2",
        out_bias: attention_bias,
        mlp_bias: fields.flag("mlp_bias")?.unwrap_or(false) && kind == "llama",
        qk_norm: kind == "qwen3",
        tied: fields.flag("tie_word_embeddings")?.unwrap_or(false),
    }
    .check()
}

/// Null means as many as there are heads; without the field each family has its own number.
fn kv_heads(kind: &str, fields: Fields<'_>, heads: usize) -> Result<usize, Defect> {
    let absent = match kind {
        "mistral" => 8,
        "qwen2" | "qwen3" => 32,
        _ => heads,
    };
    let default = if fields.0.contains_key("num_key_value_heads") { heads } else { absent };
    Ok(fields.count("num_key_value_heads")?.unwrap_or(default))
}

fn default_positions(kind: &str) -> usize {
    match kind {
        "llama" => 2048,
        "mistral" => 4096 * 32,
        _ => 32_768,
    }
}

/// How far each layer looks back: Mistral's layers alike, Qwen's by `layer_types`, or from `max_window_layers` on.
fn windows(kind: &str, fields: Fields<'_>, layers: usize) -> Result<Vec<Option<usize>>, Defect> {
    let window = match (kind, fields.0.get("sliding_window")) {
        ("mistral", None) => Some(4096),
        ("mistral", _) => fields.count("sliding_window")?,
        ("qwen2" | "qwen3", _) if fields.flag("use_sliding_window")?.unwrap_or(false) => {
            Some(fields.count("sliding_window")?.unwrap_or(4096))
        }
        _ => None,
    };
    if window == Some(0) {
        return Err(Defect::value("sliding_window", 0, "1 or more, or null"));
    }
    let types = if kind.starts_with("qwen") { fields.list("layer_types")? } else { None };
    if let Some(types) = types {
        if types.len() != layers {
            return Err(Defect::value("layer_types", types.len(), &format!("a list of {layers}, one for each layer")));
        }
        let of = |kind: &Value| match kind.as_str() {
            Some("full_attention") => Ok(None),
            Some("sliding_attention") => Ok(window),
            _ => Err(Defect::unsupported("layer_types", kind, "full_attention, sliding_attention")),
        };
        return types.iter().map(of).collect();
    }
    let first = if kind == "mistral" { 0 } else { fields.count("max_window_layers")?.unwrap_or(28) };
    Ok((0..layers).map(|layer| window.filter(|_| layer >= first)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn small(kind: &str) -> Value {
        json!({"model_type": kind, "vocab_size": 10, "hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 3,
               "intermediate_size": 16, "num_key_value_heads": 1})
    }

    fn with(kind: &str, changes: &Value) -> Result<LlamaConfig, Defect> {
        let mut json = small(kind);
        json.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        match from_json(json.to_string().as_bytes())?.1 {
            Config::Llama(config) => Ok(config),
            Config::Gpt2(_) => panic!("not a GPT-2"),
        }
    }

    #[test]
    fn windows_follow_each_family() {
        assert_eq!(with("mistral", &json!({})).unwrap().windows, [Some(4096); 3]);
        assert_eq!(with("mistral", &json!({"sliding_window": null})).unwrap().windows, [None; 3]);
        assert_eq!(with("llama", &json!({"sliding_window": 5})).unwrap().windows, [None; 3]);
        assert_eq!(with("qwen2", &json!({"sliding_window": 5})).unwrap().windows, [None; 3]);
        let late = json!({"sliding_window": 5, "use_sliding_window": true, "max_window_layers": 2});
        assert_eq!(with("qwen2", &late).unwrap().windows, [None, None, Some(5)]);
        let listed = json!({"sliding_window": 5, "use_sliding_window": true,
                            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]});
        assert_eq!(with("qwen3", &listed).unwrap().windows, [Some(5), None, Some(5)]);
    }

    #[test]
    fn families_differ_as_they_should() {
        assert!(with("qwen2", &json!({})).unwrap().qkv_bias && !with("qwen2", &json!({})).unwrap().out_bias);
        assert_eq!(with("qwen3", &json!({})).unwrap().head, 128);
        assert_eq!(with("llama", &json!({})).unwrap().head, 4);
        let biased = with("llama", &json!({"attention_bias": true, "mlp_bias": true})).unwrap();
        assert!(biased.qkv_bias && biased.out_bias && biased.mlp_bias);
    }

    #[test]
    fn every_bad_value_is_named_with_its_range() {
        let cases = [
            (json!({"num_attention_heads": 0}), "num_attention_heads is 0"),
            (json!({"num_key_value_heads": 0}), "num_key_value_heads is 0"),
            (json!({"num_attention_heads": 3, "num_key_value_heads": 2, "head_dim": 4}), "a divisor of"),
            (json!({"head_dim": 3}), "head_dim is 3; it must be even"),
            (json!({"vocab_size": -1}), "vocab_size is -1"),
            (json!({"num_hidden_layers": 1_000_000_000}), "num_hidden_layers is 1000000000"),
            (json!({"rms_norm_eps": 0}), "rms_norm_eps"),
            (json!({"hidden_act": "mish"}), "gelu_new"),
            (json!({"quantization_config": {"quant_method": "gptq"}}), "gptq"),
            (json!({"model_type": "mamba"}), "qwen3"),
            (json!({"model_type": null}), "model_type is missing"),
            (json!({"layer_types": ["full_attention"]}), "a list of 3"),
            (json!({"hidden_size": null}), "hidden_size is missing"),
        ];
        for (change, expected) in cases {
            let message = with("qwen2", &change).unwrap_err().to_string();
            assert!(message.contains(expected) && !message.contains('\n'), "{change}: {message}");
        }
        assert!(from_json(b"[1]").is_err() && from_json(b"{").is_err());
    }

    #[test]
    fn gpt2_scales_its_scores_as_asked() {
        let read = |json: Value| match from_json(json.to_string().as_bytes()).unwrap().1 {
            Config::Gpt2(config) => config,
            Config::Llama(_) => panic!("a GPT-2"),
        };
        let plain = read(json!({"model_type": "gpt2", "n_embd": 64, "n_head": 4, "n_inner": null}));
        assert_eq!((plain.inner, plain.scale(0), plain.scale(3)), (256, 0.25, 0.25));
        let unscaled =
            read(json!({"model_type": "gpt2", "scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true}));
        assert_eq!((unscaled.scale(0), unscaled.scale(3)), (1.0, 0.25));
    }
}

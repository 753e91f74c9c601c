//! What Llama-shaped checkpoints say about their networks, and where the families differ. Defaults are transformers'.

use crate::config::{Fields, Keys, MAX_LAYERS, activation, between, shared_checks};
use crate::error::Defect;
use crate::layers::rope::Rope;
use beamline_kernels::Activation;
use serde_json::Value;

/// The sizes and choices of a Llama-shaped network.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // that is what the checkpoints say
pub(super) struct LlamaConfig {
    pub(super) vocab: usize,
    /// `max_position_embeddings`: the context.
    pub(super) positions: usize,
    /// `hidden_size`: the width of the residual stream.
    pub(super) hidden: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    /// `num_key_value_heads`; divides `heads`.
    pub(super) kv_heads: usize,
    /// `head_dim`; even.
    pub(super) head: usize,
    /// `intermediate_size`: the width of the feed-forward part.
    pub(super) inner: usize,
    pub(super) activation: Activation,
    pub(super) epsilon: f32,
    /// How positions turn queries and keys.
    pub(super) rope: Rope,
    /// Whether the file holds the numbers of a pair side by side in queries and keys, as llama.cpp has it for Llama.
    pub(super) interleaved: bool,
    /// For each layer, the number of positions it looks back at (its own among them), where that is limited.
    pub(super) windows: Vec<Option<usize>>,
    /// Whether queries, keys and values have biases.
    pub(super) qkv_bias: bool,
    /// Whether the attention's output has a bias.
    pub(super) out_bias: bool,
    /// Whether the feed-forward part has biases.
    pub(super) mlp_bias: bool,
    /// Whether queries and keys are normalised by head (Qwen3).
    pub(super) qk_norm: bool,
    /// Whether the output matrix is the token embedding.
    pub(super) tied: bool,
}

impl LlamaConfig {
    /// Reads the `config.json` of a family: `llama`, `mistral`, `qwen2` or `qwen3`.
    pub(super) fn read(family: &str, fields: Fields<'_>) -> Result<Self, Defect> {
        let required = |name: &str| {
            let missing = || Defect::value(name, "missing", "an integer; the config does not say it");
            fields.count(name)?.ok_or_else(missing)
        };
        let (hidden, heads) = (required("hidden_size")?, required("num_attention_heads")?);
        between("num_attention_heads", heads, 1, 1 << 16)?;
        let head = match (fields.count("head_dim")?, family) {
            (Some(head), _) => head,
            (None, "qwen3") => 128,
            (None, _) => hidden / heads,
        };
        let layers = required("num_hidden_layers")?;
        between("num_hidden_layers", layers, 1, MAX_LAYERS)?;
        let attention_bias = fields.flag("attention_bias")?.unwrap_or(false) && matches!(family, "llama" | "qwen3");
        Self {
            vocab: required("vocab_size")?,
            positions: fields.count("max_position_embeddings")?.unwrap_or(default_positions(family)),
            hidden,
            layers,
            heads,
            kv_heads: kv_heads(family, fields, heads)?,
            head,
            inner: required("intermediate_size")?,
            activation: activation("hidden_act", fields.text("hidden_act")?.unwrap_or("silu"))?,
            epsilon: fields.positive("rms_norm_eps", 1e-6)?,
            rope: Rope::read(fields)?,
            interleaved: false,
            windows: windows(family, fields, layers)?,
            qkv_bias: attention_bias || family == "qwen2",
            out_bias: attention_bias,
            mlp_bias: fields.flag("mlp_bias")?.unwrap_or(false) && family == "llama",
            qk_norm: family == "qwen3",
            tied: fields.flag("tie_word_embeddings")?.unwrap_or(false),
        }
        .check()
    }

    /// Reads the keys of a GGUF file.
    pub(super) fn read_gguf(keys: &Keys<'_, '_>) -> Result<Self, Defect> {
        for key in ["expert_count", "attention.scale", "logit_scale", "residual_scale", "embedding_scale"] {
            let name = keys.name(key);
            if keys.gguf.number(&name)?.is_some_and(|value| value != 0.0) {
                return Err(Defect::unsupported(&name, "set", "a model without it"));
            }
        }
        let (hidden, heads) = (keys.count("embedding_length")?, keys.count("attention.head_count")?);
        between(&keys.name("attention.head_count"), heads, 1, 1 << 16)?;
        let head = keys.count_or("attention.key_length", hidden / heads)?;
        for key in ["attention.value_length", "rope.dimension_count"] {
            let other = keys.count_or(key, head)?;
            if other != head {
                return Err(Defect::unsupported(&keys.name(key), other, &format!("the head width, {head}")));
            }
        }
        let layers = keys.count("block_count")?;
        between(&keys.name("block_count"), layers, 1, MAX_LAYERS)?;
        let window = keys.gguf.count(&keys.name("attention.sliding_window"))?.filter(|&window| window > 0);
        Self {
            vocab: keys.vocab()?,
            positions: keys.count("context_length")?,
            hidden,
            layers,
            heads,
            kv_heads: keys.count_or("attention.head_count_kv", heads)?,
            head,
            inner: keys.count("feed_forward_length")?,
            activation: Activation::Silu,
            epsilon: keys.positive("attention.layer_norm_rms_epsilon", None)? as f32,
            rope: Rope::read_gguf(keys)?,
            interleaved: keys.architecture == "llama",
            windows: vec![window; layers],
            qkv_bias: keys.has("blk.0.attn_q.bias"),
            out_bias: keys.has("blk.0.attn_output.bias"),
            mlp_bias: keys.has("blk.0.ffn_up.bias"),
            qk_norm: keys.architecture == "qwen3",
            tied: !keys.has("output.weight"),
        }
        .check()
    }

    fn check(self) -> Result<Self, Defect> {
        shared_checks(self.vocab, self.layers)?;
        between("max_position_embeddings", self.positions, 1, 1 << 30)?;
        between("hidden_size", self.hidden, 1, 1 << 24)?;
        between("intermediate_size", self.inner, 1, 1 << 30)?;
        between("num_attention_heads", self.heads, 1, 1 << 16)?;
        between("num_key_value_heads", self.kv_heads, 1, 1 << 16)?;
        between("head_dim", self.head, 2, 1 << 16)?;
        if !self.head.is_multiple_of(2) {
            return Err(Defect::value("head_dim", self.head, "even"));
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            let allowed = format!("a divisor of num_attention_heads = {}", self.heads);
            return Err(Defect::value("num_key_value_heads", self.kv_heads, &allowed));
        }
        Ok(self)
    }
}

/// Null means as many as there are heads; without the field each family has its own number.
fn kv_heads(family: &str, fields: Fields<'_>, heads: usize) -> Result<usize, Defect> {
    let absent = match family {
        "mistral" => 8,
        "qwen2" | "qwen3" => 32,
        _ => heads,
    };
    let default = if fields.mentions("num_key_value_heads") { heads } else { absent };
    Ok(fields.count("num_key_value_heads")?.unwrap_or(default))
}

fn default_positions(family: &str) -> usize {
    match family {
        "llama" => 2048,
        "mistral" => 4096 * 32,
        _ => 32_768,
    }
}

/// How far each layer looks back: Mistral's layers alike, Qwen's by `layer_types`, or from `max_window_layers` on.
fn windows(family: &str, fields: Fields<'_>, layers: usize) -> Result<Vec<Option<usize>>, Defect> {
    let window = match (family, fields.mentions("sliding_window")) {
        ("mistral", false) => Some(4096),
        ("mistral", _) => fields.count("sliding_window")?,
        ("qwen2" | "qwen3", _) if fields.flag("use_sliding_window")?.unwrap_or(false) => {
            Some(fields.count("sliding_window")?.unwrap_or(4096))
        }
        _ => None,
    };
    if window == Some(0) {
        return Err(Defect::value("sliding_window", 0, "1 or more, or null"));
    }
    let types = if family.starts_with("qwen") { fields.list("layer_types")? } else { None };
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
    let first = if family == "mistral" { 0 } else { fields.count("max_window_layers")?.unwrap_or(28) };
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
        LlamaConfig::read(kind, Fields(json.as_object().unwrap()))
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

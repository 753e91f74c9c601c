//! The same, from the keys of a GGUF file.

use super::{Config, Gpt2Config, LlamaConfig, MAX_LAYERS, Rope, Scaling, between};
use crate::error::Defect;
use crate::gguf::Gguf;
use beamline_kernels::Activation;

/// The architectures that can be run.
const ARCHITECTURES: &str = "gpt2, llama, qwen2, qwen3";

/// Reads the network's sizes; returns the architecture's name too.
pub(crate) fn from_gguf(gguf: &Gguf<'_>) -> Result<(String, Config), Defect> {
    let missing = || Defect::value("general.architecture", "missing", &format!("one of {ARCHITECTURES}"));
    let name = gguf.text("general.architecture")?.ok_or_else(missing)?;
    let keys = Keys { gguf, architecture: name };
    let config = match name {
        "gpt2" => Config::Gpt2(keys.gpt2()?),
        "llama" | "qwen2" | "qwen3" => Config::Llama(keys.llama()?),
        other => return Err(Defect::unsupported("general.architecture", other, ARCHITECTURES)),
    };
    Ok((name.to_owned(), config))
}

/// The keys `{architecture}.*`.
struct Keys<'a, 'b> {
    gguf: &'a Gguf<'b>,
    architecture: &'a str,
}

impl Keys<'_, '_> {
    fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    fn count(&self, key: &str) -> Result<usize, Defect> {
        let name = self.name(key);
        self.gguf.count(&name)?.ok_or_else(|| Defect::value(&name, "missing", "a whole number"))
    }

    fn count_or(&self, key: &str, default: usize) -> Result<usize, Defect> {
        Ok(self.gguf.count(&self.name(key))?.unwrap_or(default))
    }

    fn positive(&self, key: &str, default: Option<f64>) -> Result<f64, Defect> {
        let name = self.name(key);
        match self.gguf.number(&name)?.or(default) {
            Some(value) if value.is_finite() && value > 0.0 => Ok(value),
            Some(value) => Err(Defect::value(&name, value, "a positive number")),
            None => Err(Defect::value(&name, "missing", "a positive number")),
        }
    }

    /// The vocabulary's size: that of the embedding, which no key can contradict.
    fn vocab(&self) -> Result<usize, Defect> {
        let embedding =
            self.gguf.tensor("token_embd.weight").ok_or_else(|| Defect::MissingTensor("token_embd.weight".into()))?;
        Ok(embedding.shape.first().copied().unwrap_or(0))
    }

    fn has(&self, tensor: &str) -> bool {
        self.gguf.tensor(tensor).is_some()
    }

    fn gpt2(&self) -> Result<Gpt2Config, Defect> {
        Gpt2Config {
            vocab: self.vocab()?,
            positions: self.count("context_length")?,
            embd: self.count("embedding_length")?,
            layers: self.count("block_count")?,
            heads: self.count("attention.head_count")?,
            inner: self.count("feed_forward_length")?,
            activation: Activation::GeluTanh,
            epsilon: self.positive("attention.layer_norm_epsilon", Some(1e-5))? as f32,
            scale_by_width: true,
            scale_by_layer: false,
            tied: !self.has("output.weight"),
        }
        .check()
    }

    fn llama(&self) -> Result<LlamaConfig, Defect> {
        for key in ["expert_count", "attention.scale", "logit_scale", "residual_scale", "embedding_scale"] {
            let name = self.name(key);
            if self.gguf.number(&name)?.is_some_and(|value| value != 0.0) {
                return Err(Defect::unsupported(&name, "set", "a model without it"));
            }
        }
        let (hidden, heads) = (self.count("embedding_length")?, self.count("attention.head_count")?);
        between(&self.name("attention.head_count"), heads, 1, 1 << 16)?;
        let head = self.count_or("attention.key_length", hidden / heads)?;
        for key in ["attention.value_length", "rope.dimension_count"] {
            let other = self.count_or(key, head)?;
            if other != head {
                return Err(Defect::unsupported(&self.name(key), other, &format!("the head width, {head}")));
            }
        }
        let layers = self.count("block_count")?;
        between(&self.name("block_count"), layers, 1, MAX_LAYERS)?;
        let window = self.gguf.count(&self.name("attention.sliding_window"))?.filter(|&window| window > 0);
        LlamaConfig {
            vocab: self.vocab()?,
            positions: self.count("context_length")?,
            hidden,
            layers,
            heads,
            kv_heads: self.count_or("attention.head_count_kv", heads)?,
            head,
            inner: self.count("feed_forward_length")?,
            activation: Activation::Silu,
            epsilon: self.positive("attention.layer_norm_rms_epsilon", None)? as f32,
            rope: self.rope()?,
            windows: vec![window; layers],
            qkv_bias: self.has("blk.0.attn_q.bias"),
            out_bias: self.has("blk.0.attn_output.bias"),
            mlp_bias: self.has("blk.0.ffn_up.bias"),
            qk_norm: self.architecture == "qwen3",
            tied: !self.has("output.weight"),
        }
        .check()
    }

    /// Llama 3's stretching comes as a tensor of divisors, `rope_freqs.weight`, which the loader applies.
    fn rope(&self) -> Result<Rope, Defect> {
        let theta = self.positive("rope.freq_base", Some(10_000.0))?;
        let name = self.name("rope.scaling.type");
        let scaling = match self.gguf.text(&name)? {
            None | Some("none") => match self.gguf.number(&self.name("rope.scale_linear"))? {
                Some(factor) if factor > 0.0 && factor.is_finite() => Scaling::Linear(factor),
                _ => Scaling::None,
            },
            Some("linear") => Scaling::Linear(self.positive("rope.scaling.factor", None)?),
            Some(other) => return Err(Defect::unsupported(&name, other, "none, linear")),
        };
        Ok(Rope { theta, scaling })
    }
}

//! What a checkpoint says about its network, checked.

mod fields;
mod gguf;
mod json;
mod rope;

pub(crate) use gguf::from_gguf;
pub(crate) use json::from_json;
pub use rope::{Rope, Scaling};

use crate::error::Defect;
use beamline_kernels::Activation;

/// A network that can be run.
#[derive(Clone, Debug, PartialEq)]
pub enum Config {
    /// GPT-2 and its relatives.
    Gpt2(Gpt2Config),
    /// Llama, Mistral, Qwen2, Qwen3.
    Llama(LlamaConfig),
}

/// GPT-2's sizes and choices, under shorter names than `config.json`'s.
#[derive(Clone, Debug, PartialEq)]
pub struct Gpt2Config {
    /// `vocab_size`.
    pub vocab: usize,
    /// `n_positions`: the context.
    pub positions: usize,
    /// `n_embd`: the width of the residual stream.
    pub embd: usize,
    /// `n_layer`.
    pub layers: usize,
    /// `n_head`; divides `embd`.
    pub heads: usize,
    /// `n_inner`: the width of the feed-forward part; 4 `embd` where null.
    pub inner: usize,
    /// `activation_function`.
    pub activation: Activation,
    /// `layer_norm_epsilon`.
    pub epsilon: f32,
    /// `scale_attn_weights`: divide scores by the square root of the head's width.
    pub scale_by_width: bool,
    /// `scale_attn_by_inverse_layer_idx`: divide scores by the layer's number, from 1.
    pub scale_by_layer: bool,
    /// Whether the output matrix is the token embedding.
    pub tied: bool,
}

impl Gpt2Config {
    /// What the scores of a layer are multiplied by.
    pub(crate) fn scale(&self, layer: usize) -> f32 {
        let width = (self.embd / self.heads) as f32;
        let scale = if self.scale_by_width { 1.0 / width.sqrt() } else { 1.0 };
        if self.scale_by_layer { scale / (layer + 1) as f32 } else { scale }
    }

    fn check(self) -> Result<Self, Defect> {
        let sizes = [("n_positions", self.positions), ("n_inner", self.inner)];
        sizes.into_iter().try_for_each(|(field, value)| between(field, value, 1, 1 << 30))?;
        shared_checks(self.vocab, self.layers)?;
        between("n_embd", self.embd, 1, 1 << 24)?;
        between("n_head", self.heads, 1, 1 << 16)?;
        if !self.embd.is_multiple_of(self.heads) {
            return Err(Defect::value("n_head", self.heads, &format!("a divisor of n_embd = {}", self.embd)));
        }
        Ok(self)
    }
}

/// The sizes and choices of a Llama-shaped network.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // that is what the checkpoints say
pub struct LlamaConfig {
    /// `vocab_size`.
    pub vocab: usize,
    /// `max_position_embeddings`: the context.
    pub positions: usize,
    /// `hidden_size`: the width of the residual stream.
    pub hidden: usize,
    /// `num_hidden_layers`.
    pub layers: usize,
    /// `num_attention_heads`.
    pub heads: usize,
    /// `num_key_value_heads`; divides `heads`.
    pub kv_heads: usize,
    /// `head_dim`; even.
    pub head: usize,
    /// `intermediate_size`: the width of the feed-forward part.
    pub inner: usize,
    /// `hidden_act`.
    pub activation: Activation,
    /// `rms_norm_eps`.
    pub epsilon: f32,
    /// How positions turn queries and keys.
    pub rope: Rope,
    /// For each layer, the number of positions it looks back at (its own among them), where that is limited.
    pub windows: Vec<Option<usize>>,
    /// Whether queries, keys and values have biases.
    pub qkv_bias: bool,
    /// Whether the attention's output has a bias.
    pub out_bias: bool,
    /// Whether the feed-forward part has biases.
    pub mlp_bias: bool,
    /// Whether queries and keys are normalised by head (Qwen3).
    pub qk_norm: bool,
    /// Whether the output matrix is the token embedding.
    pub tied: bool,
}

impl LlamaConfig {
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

/// The most layers that are believed.
const MAX_LAYERS: usize = 4096;

fn shared_checks(vocab: usize, layers: usize) -> Result<(), Defect> {
    between("vocab_size", vocab, 1, 1 << 30)?;
    between("number of layers", layers, 1, MAX_LAYERS)
}

fn between(field: &str, value: usize, least: usize, most: usize) -> Result<(), Defect> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(Defect::value(field, value, &format!("in {least}..={most}")))
    }
}

/// An activation by its name in a checkpoint.
fn activation(field: &str, name: &str) -> Result<Activation, Defect> {
    name.parse().map_err(|known: String| Defect::value(field, name, &format!("one of {known}")))
}

//! GPT-2 (Radford et al., 2019): learned positions, pre-LayerNorm blocks, one fused query-key-value matrix.

use crate::architectures::Architecture;
use crate::columns::Columns;
use crate::config::{Fields, Keys, activation, between, shared_checks};
use crate::error::{Defect, LoadError};
use crate::forward::{Model, Rows, Span};
use crate::geometry::Geometry;
use crate::layers::attention::{Batch, Heads};
use crate::layers::embedding::Embedding;
use crate::layers::linear::Linear;
use crate::layers::norm::LayerNorm;
use crate::model_error::ModelError;
use crate::model_id::ModelId;
use crate::names::{OUTPUT, TensorName};
use crate::network::Network;
use crate::probe::{Part, Probe, visit, visit_copy};
use crate::weights::Weights;
use beamline_kernels::{Activation, Compute, add};
use serde_json::json;
use std::sync::Arc;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["gpt2"],
    gguf: &["gpt2"],
    prefix: "transformer.",
    spellings: &[
        ("hidden_size", "n_embd"),
        ("max_position_embeddings", "n_positions"),
        ("num_attention_heads", "n_head"),
        ("num_hidden_layers", "n_layer"),
    ],
    read: |_, fields| Ok(Box::new(Gpt2Config::read(fields)?)),
    read_gguf: |keys| Ok(Box::new(Gpt2Config::read_gguf(keys)?)),
};

const TOKENS: TensorName = TensorName::new("wte", "token_embd");
const POSITIONS: TensorName = TensorName::new("wpe", "position_embd");
const ATTENTION_NORM: TensorName = TensorName::new("h.{}.ln_1", "blk.{}.attn_norm");
const QKV: TensorName = TensorName::new("h.{}.attn.c_attn", "blk.{}.attn_qkv").transposed();
const PROJECTION: TensorName = TensorName::new("h.{}.attn.c_proj", "blk.{}.attn_output").transposed();
const MLP_NORM: TensorName = TensorName::new("h.{}.ln_2", "blk.{}.ffn_norm");
const UP: TensorName = TensorName::new("h.{}.mlp.c_fc", "blk.{}.ffn_up").transposed();
const DOWN: TensorName = TensorName::new("h.{}.mlp.c_proj", "blk.{}.ffn_down").transposed();
const FINAL_NORM: TensorName = TensorName::new("ln_f", "output_norm");

/// Sizes and choices, under shorter names than `config.json`'s.
#[derive(Clone, Debug, PartialEq)]
struct Gpt2Config {
    vocab: usize,
    /// `n_positions`: the context.
    positions: usize,
    /// `n_embd`: the width of the residual stream.
    embd: usize,
    layers: usize,
    /// `n_head`; divides `embd`.
    heads: usize,
    /// `n_inner`: the width of the feed-forward part; 4 `embd` where null.
    inner: usize,
    activation: Activation,
    epsilon: f32,
    /// `scale_attn_weights`: divide scores by the square root of the head's width.
    scale_by_width: bool,
    /// `scale_attn_by_inverse_layer_idx`: divide scores by the layer's number, from 1.
    scale_by_layer: bool,
    /// Whether the output matrix is the token embedding.
    tied: bool,
}

impl Gpt2Config {
    /// Defaults are transformers'.
    fn read(fields: Fields<'_>) -> Result<Self, Defect> {
        let count = |name: &str, default: usize| Ok(fields.count(name)?.unwrap_or(default));
        let embd = count("n_embd", 768)?;
        between("n_embd", embd, 1, 1 << 24)?;
        fields.only("add_cross_attention", &json!(false))?;
        Self {
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

    fn read_gguf(keys: &Keys<'_, '_>) -> Result<Self, Defect> {
        Self {
            vocab: keys.vocab()?,
            positions: keys.count("context_length")?,
            embd: keys.count("embedding_length")?,
            layers: keys.count("block_count")?,
            heads: keys.count("attention.head_count")?,
            inner: keys.count("feed_forward_length")?,
            activation: Activation::GeluTanh,
            epsilon: keys.positive("attention.layer_norm_epsilon", Some(1e-5))? as f32,
            scale_by_width: true,
            scale_by_layer: false,
            tied: !keys.has("output.weight"),
        }
        .check()
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

    /// What the scores of a layer are multiplied by.
    fn scale(&self, layer: usize) -> f32 {
        let width = (self.embd / self.heads) as f32;
        let scale = if self.scale_by_width { 1.0 / width.sqrt() } else { 1.0 };
        if self.scale_by_layer { scale / (layer + 1) as f32 } else { scale }
    }
}

impl Network for Gpt2Config {
    fn geometry(&self) -> Geometry {
        let Self { vocab, positions: context, layers, heads: kv_heads, .. } = *self;
        Geometry { vocab, context, layers, kv_heads, head: self.embd / kv_heads }
    }

    fn width_and_heads(&self) -> (usize, usize) {
        (self.embd, self.heads)
    }

    fn load(&self, weights: &mut Weights<'_>, compute: &Arc<Compute>) -> Result<Arc<dyn Model>, LoadError> {
        let Self { vocab, embd, inner, epsilon, .. } = *self;
        let embedding = Embedding::load(weights, [TOKENS, OUTPUT], [vocab, embd], self.tied, false)?;
        let blocks = (0..self.layers).map(|i| {
            Ok(Block {
                attention_norm: LayerNorm::load(weights, ATTENTION_NORM, Some(i), embd, epsilon)?,
                qkv: weights.linear(QKV, Some(i), [3 * embd, embd])?,
                projection: weights.linear(PROJECTION, Some(i), [embd, embd])?,
                mlp_norm: LayerNorm::load(weights, MLP_NORM, Some(i), embd, epsilon)?,
                up: weights.linear(UP, Some(i), [inner, embd])?,
                down: weights.linear(DOWN, Some(i), [embd, inner])?,
            })
        });
        let blocks = blocks.collect::<Result<Vec<_>, LoadError>>()?;
        let positions = weights.table(POSITIONS, [self.positions, embd])?;
        let final_norm = LayerNorm::load(weights, FINAL_NORM, None, embd, epsilon)?;
        let (id, config, compute) = (ModelId::unique(), self.clone(), compute.clone());
        Ok(Arc::new(Gpt2 { id, config, embedding, positions, blocks, final_norm, compute }))
    }
}

/// A GPT-2 model, ready to run.
#[derive(Debug)]
struct Gpt2 {
    id: ModelId,
    config: Gpt2Config,
    embedding: Embedding,
    positions: Vec<f32>, // [positions, embd]
    blocks: Vec<Block>,
    final_norm: LayerNorm,
    compute: Arc<Compute>,
}

#[derive(Debug)]
struct Block {
    attention_norm: LayerNorm,
    qkv: Linear, // [3 * embd, embd]
    projection: Linear,
    mlp_norm: LayerNorm,
    up: Linear,   // [inner, embd]
    down: Linear, // [embd, inner]
}

impl Gpt2 {
    /// Token embeddings plus position embeddings, `[rows, embd]`.
    fn embed(&self, spans: &[Span<'_>], batch: &Batch, probe: &mut dyn Probe) -> Vec<f32> {
        let embd = self.config.embd;
        let position = |at: usize| &self.positions[at * embd..][..embd];
        let mut x = self.embedding.rows(spans, &self.compute);
        visit_copy(probe, 0, Part::Tokens, || x.clone());
        for (row, at) in x.chunks_exact_mut(embd).zip(batch.positions()) {
            row.iter_mut().zip(position(at)).for_each(|(x, p)| *x += p);
        }
        visit_copy(probe, 0, Part::Positions, || batch.positions().flat_map(position).copied().collect());
        visit(probe, 0, Part::Embedding, &mut x);
        x
    }

    /// Says that block `layer` comes after the next product, or the output matrix where there is none.
    fn prefetch_next(&self, layer: usize) {
        self.compute.prefetch_next([self.blocks.get(layer).map_or(self.embedding.output(), |next| &next.qkv.matrix)]);
    }

    /// One block: `x += attention(norm(x))`, then `x += mlp(norm(x))`; `x` is `[rows, embd]`.
    fn block(&self, layer: usize, x: &mut [f32], spans: &mut [Span<'_>], batch: &Batch, probe: &mut dyn Probe) {
        let (block, compute, embd) = (&self.blocks[layer], &self.compute, self.config.embd);
        Linear::prefetch_next([&block.projection], compute);
        let qkv = block.qkv.apply(&block.attention_norm.of(x, compute), compute); // [rows, 3, embd]
        let [queries, keys, values] = [0, 1, 2].map(|which| Columns::part(&qkv, 3 * embd, which, 3));
        batch.write(spans, layer, [keys, values], compute);
        let heads = Heads { scale: self.config.scale(layer), ..Heads::default() };
        visit_copy(probe, layer, Part::AttentionWeights, || batch.weights(spans, layer, queries, &heads));
        let mut seen = batch.attend(spans, layer, queries, &heads, compute);
        visit(probe, layer, Part::Attention, &mut seen);
        Linear::prefetch_next([&block.up], compute);
        add(x, &block.projection.apply(&seen, compute), compute);

        Linear::prefetch_next([&block.down], compute);
        let mut inner = block.up.apply(&block.mlp_norm.of(x, compute), compute); // [rows, inner]
        compute.for_chunks(&mut inner, self.config.inner, self.config.inner * 4, |_, row| {
            self.config.activation.apply(row, compute);
        });
        self.prefetch_next(layer + 1);
        let mut out = block.down.apply(&inner, compute);
        visit(probe, layer, Part::Mlp, &mut out);
        add(x, &out, compute);
        visit(probe, layer, Part::Residual, x);
    }
}

impl Model for Gpt2 {
    fn geometry(&self) -> Geometry {
        self.config.geometry()
    }

    fn id(&self) -> ModelId {
        self.id
    }

    fn forward(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        self.geometry().check(spans)?;
        let batch = Batch::begin(spans);
        if batch.len() == 0 {
            return Rows::new(Vec::new(), self.config.vocab);
        }
        let mut x = self.embed(spans, &batch, probe);
        for layer in 0..self.blocks.len() {
            self.block(layer, &mut x, spans, &batch, probe);
        }
        if let Some(nothing) = batch.nothing(self.config.vocab) {
            return Ok(nothing);
        }
        let mut last = batch.wanted(&x, self.config.embd);
        self.final_norm.apply(&mut last, &self.compute);
        visit(probe, self.blocks.len(), Part::FinalNorm, &mut last);
        self.prefetch_next(0); // in the next pass
        Rows::new(self.embedding.logits(&last, &self.compute), self.config.vocab)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn scores_are_scaled_as_asked() {
        let read = |json: Value| Gpt2Config::read(Fields::new(json.as_object().unwrap())).unwrap();
        let plain = read(json!({"model_type": "gpt2", "n_embd": 64, "n_head": 4, "n_inner": null}));
        assert_eq!((plain.inner, plain.scale(0), plain.scale(3)), (256, 0.25, 0.25));
        let unscaled =
            read(json!({"model_type": "gpt2", "scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true}));
        assert_eq!((unscaled.scale(0), unscaled.scale(3)), (1.0, 0.25));
    }
}

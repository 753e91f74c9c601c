//! Llama and its relatives (Touvron et al., 2023): rotary positions (RoPE), RMS norms, gated feed-forward, shared key-value
//! heads (grouped-query attention, GQA). Mistral adds a sliding window and a head width of its own, Qwen2 biases, Qwen3
//! norms on queries and keys.

mod config;

use crate::architectures::{Architecture, Network};
use crate::columns::Columns;
use crate::error::LoadError;
use crate::forward::{Model, Rows, Span};
use crate::geometry::Geometry;
use crate::layers::attention::{Batch, Heads};
use crate::layers::embedding::Embedding;
use crate::layers::linear::Linear;
use crate::layers::mlp::GatedMlp;
use crate::layers::norm::RmsNorm;
use crate::layers::rope::apply_rope;
use crate::model_error::ModelError;
use crate::model_id::ModelId;
use crate::names::TensorName;
use crate::probe::{Part, Probe, visit, visit_copy};
use crate::weights::Weights;
use beamline_kernels::{Compute, Rotation, add};
use config::LlamaConfig;
use std::sync::Arc;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["llama", "mistral", "qwen2", "qwen3"],
    gguf: &["llama", "qwen2", "qwen3"],
    prefix: "model.",
    read: |family, fields| Ok(Box::new(LlamaConfig::read(family, fields)?)),
    read_gguf: |keys| Ok(Box::new(LlamaConfig::read_gguf(keys)?)),
};

const TOKENS: TensorName = TensorName::new("embed_tokens", "token_embd");
const ATTENTION_NORM: TensorName = TensorName::new("layers.{}.input_layernorm", "blk.{}.attn_norm");
const QUERY: TensorName = TensorName::new("layers.{}.self_attn.q_proj", "blk.{}.attn_q");
const KEY: TensorName = TensorName::new("layers.{}.self_attn.k_proj", "blk.{}.attn_k");
const VALUE: TensorName = TensorName::new("layers.{}.self_attn.v_proj", "blk.{}.attn_v");
const QUERY_NORM: TensorName = TensorName::new("layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm");
const KEY_NORM: TensorName = TensorName::new("layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm");
const PROJECTION: TensorName = TensorName::new("layers.{}.self_attn.o_proj", "blk.{}.attn_output");
const MLP_NORM: TensorName = TensorName::new("layers.{}.post_attention_layernorm", "blk.{}.ffn_norm");
const MLP: [TensorName; 3] = [
    TensorName::new("layers.{}.mlp.gate_proj", "blk.{}.ffn_gate"),
    TensorName::new("layers.{}.mlp.up_proj", "blk.{}.ffn_up"),
    TensorName::new("layers.{}.mlp.down_proj", "blk.{}.ffn_down"),
];
const FINAL_NORM: TensorName = TensorName::new("norm", "output_norm");

impl Network for LlamaConfig {
    fn geometry(&self) -> Geometry {
        let Self { vocab, positions: context, layers, kv_heads, head, .. } = *self;
        Geometry { vocab, context, layers, kv_heads, head }
    }

    fn width_and_heads(&self) -> (usize, usize) {
        (self.hidden, self.heads)
    }

    fn load(&self, weights: &mut Weights<'_>, compute: &Arc<Compute>) -> Result<Arc<dyn Model>, LoadError> {
        let Self { vocab, hidden, epsilon, .. } = *self;
        let frequencies = self.rope.load_frequencies(weights, self.head)?;
        let embedding = Embedding::load(weights, TOKENS, [vocab, hidden], self.tied)?;
        let blocks = (0..self.layers).map(|layer| Block::load(self, weights, layer));
        let blocks = blocks.collect::<Result<Vec<_>, LoadError>>()?;
        let final_norm = RmsNorm::load(weights, FINAL_NORM, None, hidden, epsilon)?;
        let (id, config, compute) = (ModelId::unique(), self.clone(), compute.clone());
        Ok(Arc::new(Llama { id, config, frequencies, embedding, blocks, final_norm, compute }))
    }
}

/// A Llama-shaped model, ready to run.
#[derive(Debug)]
struct Llama {
    id: ModelId,
    config: LlamaConfig,
    /// Radians a position for each pair of a head's numbers.
    frequencies: Vec<f32>, // [head / 2]
    embedding: Embedding,
    blocks: Vec<Block>,
    final_norm: RmsNorm,
    compute: Arc<Compute>,
}

#[derive(Debug)]
struct Block {
    attention_norm: RmsNorm,
    query: Linear, // [heads * head, hidden]
    key: Linear,   // [kv heads * head, hidden]
    value: Linear,
    query_norm: Option<RmsNorm>, // [head]
    key_norm: Option<RmsNorm>,
    projection: Linear,
    mlp_norm: RmsNorm,
    mlp: GatedMlp,
}

impl Block {
    fn load(config: &LlamaConfig, weights: &mut Weights<'_>, layer: usize) -> Result<Self, LoadError> {
        let LlamaConfig { hidden, inner, head, epsilon, qkv_bias: biased, .. } = *config;
        let (wide, narrow, i) = (config.heads * head, config.kv_heads * head, Some(layer));
        let turned = |weights: &mut Weights<'_>, name, outputs| {
            if config.interleaved {
                weights.interleaved(name, i, [outputs, hidden], biased, head)
            } else {
                weights.linear_if(name, i, [outputs, hidden], biased)
            }
        };
        let head_norm =
            |weights: &mut Weights<'_>, name| config.qk_norm.then(|| RmsNorm::load(weights, name, i, head, epsilon));
        Ok(Self {
            attention_norm: RmsNorm::load(weights, ATTENTION_NORM, i, hidden, epsilon)?,
            query: turned(weights, QUERY, wide)?,
            key: turned(weights, KEY, narrow)?,
            value: weights.linear_if(VALUE, i, [narrow, hidden], biased)?,
            query_norm: head_norm(weights, QUERY_NORM).transpose()?,
            key_norm: head_norm(weights, KEY_NORM).transpose()?,
            projection: weights.linear_if(PROJECTION, i, [hidden, wide], config.out_bias)?,
            mlp_norm: RmsNorm::load(weights, MLP_NORM, i, hidden, epsilon)?,
            mlp: GatedMlp::load(weights, MLP, layer, [hidden, inner], config.mlp_bias, config.activation)?,
        })
    }
}

/// One forward pass: the spans, where their rows belong, and how far each row is turned.
struct Pass<'a, 'b> {
    spans: &'a mut [Span<'b>],
    batch: Batch,
    rotations: Vec<Rotation>,
}

impl Llama {
    /// Queries or keys, perhaps normalised by head, turned to their positions. `[rows, heads, head]`
    fn turn(&self, heads: &mut [f32], norm: Option<&RmsNorm>, rotations: &[Rotation]) {
        if let Some(norm) = norm {
            norm.apply(heads, &self.compute);
        }
        apply_rope(heads, rotations, &self.compute);
    }

    /// Says that block `layer` comes after the next product, or the output matrix where there is none.
    fn prefetch_next(&self, layer: usize) {
        match self.blocks.get(layer) {
            Some(next) => Linear::prefetch_next([&next.query, &next.key, &next.value], &self.compute),
            None => self.compute.prefetch_next([self.embedding.output()]),
        }
    }

    /// One block: `x += attention(norm(x))`, then `x += mlp(norm(x))`; `x` is `[rows, hidden]`.
    fn block(&self, layer: usize, x: &mut [f32], pass: &mut Pass<'_, '_>, probe: &mut dyn Probe) {
        let (block, compute) = (&self.blocks[layer], &self.compute);
        let h = block.attention_norm.of(x, compute);
        Linear::prefetch_next([&block.projection], compute);
        let [mut queries, mut keys, values] = Linear::apply_all([&block.query, &block.key, &block.value], &h, compute);
        self.turn(&mut queries, block.query_norm.as_ref(), &pass.rotations);
        self.turn(&mut keys, block.key_norm.as_ref(), &pass.rotations);
        let [queries, keys, values] = [&queries, &keys, &values].map(|rows| Columns::all(rows, pass.batch.len()));
        pass.batch.write(pass.spans, layer, [keys, values], compute);
        let heads = Heads { scale: 1.0 / (self.config.head as f32).sqrt(), window: self.config.windows[layer] };
        visit_copy(probe, layer, Part::AttentionWeights, || pass.batch.weights(pass.spans, layer, queries, &heads));
        let mut seen = pass.batch.attend(pass.spans, layer, queries, &heads, compute);
        visit(probe, layer, Part::Attention, &mut seen);
        block.mlp.prefetch_next(compute);
        add(x, &block.projection.apply(&seen, compute), compute);

        let h = block.mlp_norm.of(x, compute);
        let mut out = block.mlp.apply(&h, || self.prefetch_next(layer + 1), compute);
        visit(probe, layer, Part::Mlp, &mut out);
        add(x, &out, compute);
        visit(probe, layer, Part::Residual, x);
    }
}

impl Model for Llama {
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
        let mut x = self.embedding.rows(spans, &self.compute);
        visit_copy(probe, 0, Part::Tokens, || x.clone());
        visit(probe, 0, Part::Embedding, &mut x);
        let rotations: Vec<_> = batch.positions().map(|at| Rotation::at(at, &self.frequencies, 1.0)).collect();
        visit_copy(probe, 0, Part::Positions, || rotations.iter().flat_map(Rotation::numbers).collect());
        let mut pass = Pass { spans, batch, rotations };
        for layer in 0..self.blocks.len() {
            self.block(layer, &mut x, &mut pass, probe);
        }
        if let Some(nothing) = pass.batch.nothing(self.config.vocab) {
            return Ok(nothing);
        }
        let mut last = pass.batch.wanted(&x, self.config.hidden);
        self.final_norm.apply(&mut last, &self.compute);
        visit(probe, self.blocks.len(), Part::FinalNorm, &mut last);
        self.prefetch_next(0); // in the next pass
        Rows::new(self.embedding.logits(&last, &self.compute), self.config.vocab)
    }
}

//! Llama and its relatives (Touvron et al., 2023): rotary positions, RMS norms, gated feed-forward, shared key-value
//! heads. Mistral adds a sliding window and a head width of its own, Qwen2 biases, Qwen3 norms on queries and keys.

use crate::attention::{Batch, Heads};
use crate::columns::Columns;
use crate::config::LlamaConfig;
use crate::error::LoadError;
use crate::forward::{Model, ModelError, Rows, Span};
use crate::geometry::Geometry;
use crate::probe::{Part, Probe, look, show};
use crate::weights::{Linear, Weights};
use beamline_kernels::{Compute, Matrix, Rotation, Scratch, add, multiply, rms_norm, rotate};
use std::sync::Arc;

/// A Llama-shaped model, ready to run.
#[derive(Debug)]
pub struct Llama {
    config: LlamaConfig,
    /// Radians a position for each pair of a head's numbers.
    frequencies: Vec<f32>, // [head / 2]
    tokens: Arc<Matrix>, // [vocab, hidden]
    blocks: Vec<Block>,
    final_norm: Vec<f32>, // [hidden]
    output: Arc<Matrix>,  // [vocab, hidden]; the token embedding itself where tied
    compute: Arc<Compute>,
}

#[derive(Debug)]
struct Block {
    attention_norm: Vec<f32>, // [hidden]
    query: Linear,            // [heads * head, hidden]
    key: Linear,              // [kv heads * head, hidden]
    value: Linear,
    query_norm: Option<Vec<f32>>, // [head]
    key_norm: Option<Vec<f32>>,
    projection: Linear,
    mlp_norm: Vec<f32>,
    gate: Linear, // [inner, hidden]
    up: Linear,
    down: Linear, // [hidden, inner]
}

impl Llama {
    pub(crate) fn load(
        config: LlamaConfig,
        weights: &mut Weights<'_>,
        compute: Arc<Compute>,
    ) -> Result<Self, LoadError> {
        use crate::names::Name::{
            AttentionNorm, AttentionOut, Down, FinalNorm, Gate, Key, KeyNorm, MlpNorm, Output, Query, QueryNorm,
            Tokens, Up, Value,
        };
        let (hidden, inner, head) = (config.hidden, config.inner, config.head);
        let (wide, narrow) = (config.heads * head, config.kv_heads * head);
        let frequencies = weights.rope_factors(config.rope.frequencies(head))?;
        let tokens = weights.matrix(Tokens, None, [config.vocab, hidden])?;
        let output = if config.tied {
            weights.tie();
            tokens.clone()
        } else {
            weights.matrix(Output, None, [config.vocab, hidden])?
        };
        let blocks = (0..config.layers).map(|i| {
            let i = Some(i);
            let biased = config.qkv_bias;
            Ok(Block {
                attention_norm: weights.scale(AttentionNorm, i, hidden)?,
                query: weights.rotated(Query, i, [wide, hidden], biased, head)?,
                key: weights.rotated(Key, i, [narrow, hidden], biased, head)?,
                value: weights.linear_if(Value, i, [narrow, hidden], biased)?,
                query_norm: config.qk_norm.then(|| weights.scale(QueryNorm, i, head)).transpose()?,
                key_norm: config.qk_norm.then(|| weights.scale(KeyNorm, i, head)).transpose()?,
                projection: weights.linear_if(AttentionOut, i, [hidden, wide], config.out_bias)?,
                mlp_norm: weights.scale(MlpNorm, i, hidden)?,
                gate: weights.linear_if(Gate, i, [inner, hidden], config.mlp_bias)?,
                up: weights.linear_if(Up, i, [inner, hidden], config.mlp_bias)?,
                down: weights.linear_if(Down, i, [hidden, inner], config.mlp_bias)?,
            })
        });
        let blocks = blocks.collect::<Result<Vec<_>, LoadError>>()?;
        let final_norm = weights.scale(FinalNorm, None, hidden)?;
        Ok(Self { config, frequencies, tokens, blocks, final_norm, output, compute })
    }

    /// `x` normalised, `[rows, width]`.
    fn norm(&self, x: &[f32], weight: &[f32]) -> Scratch<'_> {
        let mut h = self.compute.copy(x);
        rms_norm(&mut h, weight, self.config.epsilon, &self.compute);
        h
    }

    /// Queries or keys, perhaps normalised by head, turned to their positions. `[rows, heads, head]`
    fn turn(&self, heads: &mut [f32], norm: Option<&[f32]>, rotations: &[Rotation]) {
        if let Some(weight) = norm {
            rms_norm(heads, weight, self.config.epsilon, &self.compute);
        }
        let width = heads.len() / rotations.len();
        self.compute.for_chunks(heads, width, width * 4, |row, heads| rotate(heads, &rotations[row]));
    }

    /// Says that block `layer` comes after the next product, or the output matrix where there is none.
    fn expect(&self, layer: usize) {
        match self.blocks.get(layer) {
            Some(next) => Linear::expect([&next.query, &next.key, &next.value], &self.compute),
            None => self.compute.prefetch_next([&self.output]),
        }
    }

    /// One block: `x += attention(norm(x))`, then `x += mlp(norm(x))`; `x` is `[rows, hidden]`.
    fn block(&self, layer: usize, x: &mut [f32], pass: &mut Pass<'_, '_>, probe: &mut dyn Probe) {
        let (block, compute) = (&self.blocks[layer], &self.compute);
        let h = self.norm(x, &block.attention_norm);
        Linear::expect([&block.projection], compute);
        let [mut queries, mut keys, values] = Linear::apply_all([&block.query, &block.key, &block.value], &h, compute);
        self.turn(&mut queries, block.query_norm.as_deref(), &pass.rotations);
        self.turn(&mut keys, block.key_norm.as_deref(), &pass.rotations);
        let [queries, keys, values] = [&queries, &keys, &values].map(|rows| Columns::all(rows, pass.batch.len()));
        pass.batch.write(pass.spans, layer, [keys, values], compute);
        let heads = Heads { scale: 1.0 / (self.config.head as f32).sqrt(), window: self.config.windows[layer] };
        look(probe, layer, Part::Weights, || pass.batch.weights(pass.spans, layer, queries, &heads));
        let mut seen = pass.batch.attend(pass.spans, layer, queries, &heads, compute);
        show(probe, layer, Part::Attention, &mut seen);
        Linear::expect([&block.gate, &block.up], compute);
        add(x, &block.projection.apply(&seen, compute), compute);

        let h = self.norm(x, &block.mlp_norm);
        Linear::expect([&block.down], compute);
        let [mut inner, up] = Linear::apply_all([&block.gate, &block.up], &h, compute); // [rows, inner]
        let width = self.config.inner;
        compute.for_chunks(&mut inner, width, width * 4, |row, gate| {
            self.config.activation.apply(gate, compute);
            multiply(gate, &up[row * width..][..width]);
        });
        self.expect(layer + 1);
        let mut out = block.down.apply(&inner, compute);
        show(probe, layer, Part::Mlp, &mut out);
        add(x, &out, compute);
        show(probe, layer, Part::Residual, x);
    }

    fn logits(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        let hidden = self.config.hidden;
        let batch = Batch::begin(spans);
        if batch.len() == 0 {
            return Rows::new(Vec::new(), self.config.vocab);
        }
        let mut x = vec![0.0; batch.len() * hidden];
        let tokens: Vec<usize> = spans.iter().flat_map(|span| span.tokens).map(|token| token.index()).collect();
        self.tokens.rows(&tokens, &mut x, &self.compute);
        look(probe, 0, Part::Tokens, || x.clone());
        show(probe, 0, Part::Embedding, &mut x);
        let rotations: Vec<_> = batch.positions().map(|at| Rotation::at(at, &self.frequencies, 1.0)).collect();
        look(probe, 0, Part::Positions, || rotations.iter().flat_map(Rotation::numbers).collect());
        let mut pass = Pass { spans, batch, rotations };
        for layer in 0..self.blocks.len() {
            self.block(layer, &mut x, &mut pass, probe);
        }
        if let Some(nothing) = pass.batch.nothing(self.config.vocab) {
            return Ok(nothing);
        }
        let mut last = self.norm(&pass.batch.wanted(&x, hidden), &self.final_norm);
        show(probe, self.blocks.len(), Part::FinalNorm, &mut last);
        let mut out = vec![0.0; last.len() / hidden * self.config.vocab];
        self.expect(0); // in the next pass
        self.output.product(&last, None, &mut out, &self.compute);
        Rows::new(out, self.config.vocab)
    }
}

/// One forward pass: the spans, where their rows belong, and how far each row is turned.
struct Pass<'a, 'b> {
    spans: &'a mut [Span<'b>],
    batch: Batch,
    rotations: Vec<Rotation>,
}

impl Model for Llama {
    fn geometry(&self) -> Geometry {
        let c = &self.config;
        Geometry { vocab: c.vocab, context: c.positions, layers: c.layers, kv_heads: c.kv_heads, head: c.head }
    }

    fn forward(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        self.geometry().check(spans)?;
        self.logits(spans, probe)
    }
}

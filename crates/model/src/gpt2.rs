//! GPT-2 (Radford et al., 2019): learned positions, pre-LayerNorm blocks, one fused query-key-value matrix.

use crate::attention::{Batch, Heads};
use crate::columns::Columns;
use crate::config::Gpt2Config;
use crate::error::LoadError;
use crate::forward::{Model, ModelError, Rows, Span};
use crate::geometry::Geometry;
use crate::probe::{Part, Probe, look, show};
use crate::weights::{Linear, Norm, Weights};
use beamline_kernels::{Compute, Matrix, add, layer_norm};
use std::sync::Arc;

/// A GPT-2 model, ready to run.
#[derive(Debug)]
pub struct Gpt2 {
    config: Gpt2Config,
    tokens: Arc<Matrix>, // [vocab, embd]
    positions: Vec<f32>, // [positions, embd]
    blocks: Vec<Block>,
    final_norm: Norm,
    output: Arc<Matrix>, // [vocab, embd]; the token embedding itself where tied
    compute: Arc<Compute>,
}

#[derive(Debug)]
struct Block {
    attention_norm: Norm,
    qkv: Linear, // [3 * embd, embd]
    projection: Linear,
    mlp_norm: Norm,
    up: Linear,   // [inner, embd]
    down: Linear, // [embd, inner]
}

impl Gpt2 {
    pub(crate) fn load(
        config: Gpt2Config,
        weights: &mut Weights<'_>,
        compute: Arc<Compute>,
    ) -> Result<Self, LoadError> {
        use crate::names::Name::{
            AttentionNorm, AttentionOut, Down, FinalNorm, FusedQkv, MlpNorm, Output, Positions, Tokens, Up,
        };
        let (embd, inner) = (config.embd, config.inner);
        let tokens = weights.matrix(Tokens, None, [config.vocab, embd])?;
        let output = if config.tied {
            weights.tie();
            tokens.clone()
        } else {
            weights.matrix(Output, None, [config.vocab, embd])?
        };
        let blocks = (0..config.layers).map(|i| {
            Ok(Block {
                attention_norm: weights.norm(AttentionNorm, Some(i), embd)?,
                qkv: weights.linear(FusedQkv, Some(i), [3 * embd, embd])?,
                projection: weights.linear(AttentionOut, Some(i), [embd, embd])?,
                mlp_norm: weights.norm(MlpNorm, Some(i), embd)?,
                up: weights.linear(Up, Some(i), [inner, embd])?,
                down: weights.linear(Down, Some(i), [embd, inner])?,
            })
        });
        let blocks = blocks.collect::<Result<Vec<_>, LoadError>>()?;
        let positions = weights.table(Positions, [config.positions, embd])?;
        let final_norm = weights.norm(FinalNorm, None, embd)?;
        Ok(Self { config, tokens, positions, blocks, final_norm, output, compute })
    }

    /// Token embeddings, `[rows, embd]`.
    fn token_rows(&self, spans: &[Span<'_>]) -> Vec<f32> {
        let embd = self.config.embd;
        let mut x = vec![0.0; spans.iter().map(|span| span.tokens.len()).sum::<usize>() * embd];
        let tokens: Vec<usize> = spans.iter().flat_map(|span| span.tokens).map(|token| token.index()).collect();
        self.tokens.rows(&tokens, &mut x, &self.compute);
        x
    }

    /// Token embeddings plus position embeddings, `[rows, embd]`.
    fn embed(&self, spans: &[Span<'_>], batch: &Batch) -> Vec<f32> {
        let (mut x, embd) = (self.token_rows(spans), self.config.embd);
        for (row, position) in x.chunks_exact_mut(embd).zip(batch.positions()) {
            row.iter_mut().zip(&self.positions[position * embd..]).for_each(|(x, p)| *x += p);
        }
        x
    }

    /// Says that block `layer` comes after the next product, or the output matrix where there is none.
    fn expect(&self, layer: usize) {
        self.compute.prefetch_next([self.blocks.get(layer).map_or(&self.output, |next| &next.qkv.matrix)]);
    }

    /// One block: `x += attention(norm(x))`, then `x += mlp(norm(x))`; `x` is `[rows, embd]`.
    fn block(&self, layer: usize, x: &mut [f32], spans: &mut [Span<'_>], batch: &Batch, probe: &mut dyn Probe) {
        let (block, compute, embd) = (&self.blocks[layer], &self.compute, self.config.embd);
        let norm = |x: &[f32], norm: &Norm| {
            let mut h = compute.copy(x);
            layer_norm(&mut h, &norm.weight, &norm.bias, self.config.epsilon, compute);
            h
        };
        Linear::expect([&block.projection], compute);
        let qkv = block.qkv.apply(&norm(x, &block.attention_norm), compute); // [rows, 3, embd]
        let [queries, keys, values] = [0, 1, 2].map(|which| Columns::part(&qkv, 3 * embd, which, 3));
        batch.write(spans, layer, [keys, values], compute);
        let heads = Heads { scale: self.config.scale(layer), window: None };
        look(probe, layer, Part::Weights, || batch.weights(spans, layer, queries, &heads));
        let mut seen = batch.attend(spans, layer, queries, &heads, compute);
        show(probe, layer, Part::Attention, &mut seen);
        Linear::expect([&block.up], compute);
        add(x, &block.projection.apply(&seen, compute), compute);

        Linear::expect([&block.down], compute);
        let mut inner = block.up.apply(&norm(x, &block.mlp_norm), compute); // [rows, inner]
        compute.for_chunks(&mut inner, self.config.inner, self.config.inner * 4, |_, row| {
            self.config.activation.apply(row, compute);
        });
        self.expect(layer + 1);
        let mut out = block.down.apply(&inner, compute);
        show(probe, layer, Part::Mlp, &mut out);
        add(x, &out, compute);
        show(probe, layer, Part::Residual, x);
    }

    fn logits(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        let batch = Batch::begin(spans);
        if batch.len() == 0 {
            return Rows::new(Vec::new(), self.config.vocab);
        }
        let mut x = self.embed(spans, &batch);
        look(probe, 0, Part::Tokens, || self.token_rows(spans));
        look(probe, 0, Part::Positions, || {
            batch
                .positions()
                .flat_map(|at| &self.positions[at * self.config.embd..][..self.config.embd])
                .copied()
                .collect()
        });
        show(probe, 0, Part::Embedding, &mut x);
        for layer in 0..self.blocks.len() {
            self.block(layer, &mut x, spans, &batch, probe);
        }
        if let Some(nothing) = batch.nothing(self.config.vocab) {
            return Ok(nothing);
        }
        let mut last = batch.wanted(&x, self.config.embd);
        layer_norm(&mut last, &self.final_norm.weight, &self.final_norm.bias, self.config.epsilon, &self.compute);
        show(probe, self.blocks.len(), Part::FinalNorm, &mut last);
        let mut out = vec![0.0; last.len() / self.config.embd * self.config.vocab];
        self.expect(0); // in the next pass
        self.output.product(&last, None, &mut out, &self.compute);
        Rows::new(out, self.config.vocab)
    }
}

impl Model for Gpt2 {
    fn geometry(&self) -> Geometry {
        let c = &self.config;
        Geometry { vocab: c.vocab, context: c.positions, layers: c.layers, kv_heads: c.heads, head: c.embd / c.heads }
    }

    fn forward(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        self.geometry().check(spans)?;
        self.logits(spans, probe)
    }
}

//! One layer: attention and a feed-forward part, each with its normalisations, added to the residual stream.

use crate::decoder::attention::{SelfAttention, columns};
use crate::decoder::experts::Experts;
use crate::decoder::plan::{Decoder, Flow, MlpNames};
use crate::decoder::positions::Pass;
use crate::error::LoadError;
use crate::layers::linear::Linear;
use crate::layers::mlp::{GatedMlp, PlainMlp};
use crate::layers::norm::Norm;
use crate::names::TensorName;
use crate::probe::{Part, Probe, visit, visit_copy};
use crate::weights::Weights;
use beamline_kernels::{Compute, Scratch, add, scale};

/// The feed-forward part of a layer.
#[derive(Debug)]
enum Mlp {
    Gated(GatedMlp),
    Plain(PlainMlp),
    Experts(Experts),
}

/// A layer's weights.
#[derive(Debug)]
pub(super) struct Block {
    attention: SelfAttention,
    mlp: Mlp,
    attention_norm: Option<Norm>,
    attention_after: Option<Norm>,
    mlp_norm: Option<Norm>,
    mlp_after: Option<Norm>,
}

impl Block {
    pub(super) fn load(plan: &Decoder, weights: &mut Weights<'_>, layer: usize) -> Result<Self, LoadError> {
        let norm = |weights: &mut Weights<'_>, name: Option<TensorName>| {
            name.map(|name| Norm::load(weights, plan.norm, name, Some(layer), plan.width, plan.epsilon)).transpose()
        };
        let attention_norm = norm(weights, plan.norms.attention)?;
        let attention = SelfAttention::load(plan, weights, layer)?;
        let attention_after = norm(weights, plan.norms.attention_after)?;
        let mlp_norm = norm(weights, plan.norms.mlp)?;
        let mlp = load_mlp(plan, weights, layer)?;
        let mlp_after = norm(weights, plan.norms.mlp_after)?;
        Ok(Self { attention, mlp, attention_norm, attention_after, mlp_norm, mlp_after })
    }

    /// Says that this comes after the next product.
    pub(super) fn prefetch_next(&self, compute: &Compute) {
        let SelfAttention { query, key, value, .. } = &self.attention;
        Linear::prefetch_next([query, key, value], compute);
    }

    /// Carries the stream `x`, `[rows, width]`, through the layer; `next` says what comes after its last product.
    pub(super) fn forward(
        &self,
        plan: &Decoder,
        layer: usize,
        x: &mut [f32],
        pass: &mut Pass<'_, '_, '_>,
        next: impl FnOnce(),
        probe: &mut dyn Probe,
    ) {
        let compute = pass.compute;
        let normed = |norm: &Option<Norm>, x: &[f32]| match norm {
            Some(norm) => norm.of(x, compute),
            None => compute.copy(x),
        };
        let after = plan.flow == Flow::NormAfterAddition;
        let h = if after { compute.copy(x) } else { normed(&self.attention_norm, x) };
        let mut seen = self.attend(plan, layer, &h, pass, probe);
        finish(&mut seen, self.attention_after.as_ref(), plan.residual_scale, compute);
        if plan.flow == Flow::Parallel {
            let h = if self.mlp_norm.is_some() { normed(&self.mlp_norm, x) } else { h };
            add(x, &seen, compute);
            self.feed_forward(plan, layer, x, &h, next, probe, compute);
            visit(probe, layer, Part::Residual, x);
            return;
        }
        if plan.flow == Flow::SequentialFromNorm {
            x.copy_from_slice(&h);
        }
        drop(h);
        add(x, &seen, compute);
        let norm_here = |norm: &Option<Norm>, x: &mut [f32]| {
            if let (true, Some(norm)) = (after, norm) {
                norm.apply(x, compute);
            }
        };
        norm_here(&self.attention_norm, x);
        let h = if after { compute.copy(x) } else { normed(&self.mlp_norm, x) };
        if plan.flow == Flow::SequentialFromNorm {
            x.copy_from_slice(&h);
        }
        self.feed_forward(plan, layer, x, &h, next, probe, compute);
        norm_here(&self.mlp_norm, x);
        visit(probe, layer, Part::Residual, x);
    }

    /// What attention gives for rows `[rows, width]`.
    fn attend<'c>(
        &self,
        plan: &Decoder,
        layer: usize,
        rows: &[f32],
        pass: &mut Pass<'_, '_, 'c>,
        probe: &mut dyn Probe,
    ) -> Scratch<'c> {
        let (compute, own) = (pass.compute, plan.layers[layer]);
        Linear::prefetch_next([&self.attention.projection], compute);
        let rotations = own.rope.map(|which| pass.rotations[which].as_slice());
        let [queries, keys, values] = self.attention.project(rows, plan.head, rotations, compute);
        let [queries, keys, values] = columns([&queries, &keys, &values], pass.batch.len());
        pass.batch.write(pass.spans, layer, [keys, values], compute);
        let heads = self.attention.heads(&plan.attention, own.window, &pass.biases);
        visit_copy(probe, layer, Part::AttentionWeights, || pass.batch.weights(pass.spans, layer, queries, &heads));
        let mut seen = pass.batch.attend(pass.spans, layer, queries, &heads, compute);
        visit(probe, layer, Part::Attention, &mut seen);
        match &self.mlp {
            Mlp::Gated(mlp) => mlp.prefetch_next(compute),
            Mlp::Plain(mlp) => mlp.prefetch_next(compute),
            Mlp::Experts(_) => {} // who knows which
        }
        self.attention.projection.apply(&seen, compute)
    }

    /// Adds what the feed-forward part gives for `h` to `x`, both `[rows, width]`.
    #[allow(clippy::too_many_arguments)] // what a pass has at hand
    fn feed_forward(
        &self,
        plan: &Decoder,
        layer: usize,
        x: &mut [f32],
        h: &[f32],
        next: impl FnOnce(),
        probe: &mut dyn Probe,
        compute: &Compute,
    ) {
        let mut out = match &self.mlp {
            Mlp::Gated(mlp) => mlp.apply(h, next, compute),
            Mlp::Plain(mlp) => mlp.apply(h, next, compute),
            Mlp::Experts(experts) => experts.apply(h, plan.width, compute),
        };
        finish(&mut out, self.mlp_after.as_ref(), plan.residual_scale, compute);
        visit(probe, layer, Part::Mlp, &mut out);
        add(x, &out, compute);
    }
}

/// What is done to a part's result before it is added.
fn finish(rows: &mut [f32], norm: Option<&Norm>, by: f32, compute: &Compute) {
    if let Some(norm) = norm {
        norm.apply(rows, compute);
    }
    if by != 1.0 {
        scale(rows, by);
    }
}

fn load_mlp(plan: &Decoder, weights: &mut Weights<'_>, layer: usize) -> Result<Mlp, LoadError> {
    let mlp = &plan.mlps[plan.layers[layer].mlp];
    let (shape, activation) = ([plan.width, mlp.inner], mlp.activation);
    Ok(match &mlp.names {
        MlpNames::Gated(names) => Mlp::Gated(GatedMlp::load(weights, *names, layer, shape, mlp.bias, activation)?),
        MlpNames::GatedFused(names) => Mlp::Gated(GatedMlp::load_fused(weights, *names, layer, shape, activation)?),
        MlpNames::Plain(names) => Mlp::Plain(PlainMlp::load(weights, *names, layer, shape, mlp.bias, activation)?),
        MlpNames::Experts(experts) => Mlp::Experts(Experts::load(plan, mlp, experts, weights, layer)?),
    })
}

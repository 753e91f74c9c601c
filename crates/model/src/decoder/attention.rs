//! Queries, keys and values: fetched however they are stored, normalised and turned.

use crate::columns::Columns;
use crate::decoder::plan::{Alibi, AttentionPlan, Decoder, HeadNormPlan, HeadNormWidth, Qkv};
use crate::error::LoadError;
use crate::layers::attention::Heads;
use crate::layers::linear::Linear;
use crate::layers::norm::{HeadNorm, Norm};
use crate::layers::rope::{apply_rope, halves_of_pairs};
use crate::weights::Weights;
use beamline_kernels::{Compute, Rotation, Scratch};

/// The attention of one layer.
#[derive(Debug)]
pub(super) struct SelfAttention {
    pub(super) query: Linear, // [heads * head, width]
    pub(super) key: Linear,   // [kv heads * head, width]
    pub(super) value: Linear,
    pub(super) projection: Linear, // [width, heads * head]
    query_norm: Option<HeadNorm>,
    key_norm: Option<HeadNorm>,
    sinks: Option<Vec<f32>>, // [heads]
}

/// Outputs of queries, keys or values among those of a fused matrix: of key-value head `h`, `count` heads from head `from`
/// of its group on, where a group has `group` heads of its own in all.
fn grouped(kv_heads: usize, group: usize, from: usize, count: usize, head: usize) -> Vec<usize> {
    let heads = (0..kv_heads).flat_map(|h| (0..count).map(move |i| h * group + from + i));
    heads.flat_map(|h| h * head..(h + 1) * head).collect()
}

impl SelfAttention {
    pub(super) fn load(plan: &Decoder, weights: &mut Weights<'_>, layer: usize) -> Result<Self, LoadError> {
        let Decoder { heads, kv_heads, head, width, ref attention, .. } = *plan;
        let (i, turned) = (Some(layer), plan.turned(layer));
        let [query, key, value] = qkv(plan, weights, layer)?;
        let projection = weights.linear_if(attention.projection, i, [width, heads * head], attention.out_bias)?;
        let mut head_norm = |which: usize, heads: usize| {
            let Some(norm) = attention.head_norm else { return Ok(None) };
            let loaded = load_head_norm(plan, norm, weights, layer, which, heads)?;
            let order = |n: usize| halves_of_pairs(n, head, turned);
            Ok::<_, LoadError>(Some(if attention.interleaved { loaded.reordered(order) } else { loaded }))
        };
        let (query_norm, key_norm) = (head_norm(0, heads)?, head_norm(1, kv_heads)?);
        let sinks = attention.sinks.map(|name| weights.bare(name, i));
        let sinks = sinks.map(|name| weights.numbers(&name, &[heads])).transpose()?;
        Ok(Self { query, key, value, projection, query_norm, key_norm, sinks })
    }

    /// Queries, keys and values of rows `[rows, width]`, ready to look and to be looked at.
    pub(super) fn project<'c>(
        &self,
        rows: &[f32],
        head: usize,
        rotations: Option<&[Rotation]>,
        compute: &'c Compute,
    ) -> [Scratch<'c>; 3] {
        let [mut queries, mut keys, values] = Linear::apply_all([&self.query, &self.key, &self.value], rows, compute);
        for (heads, norm) in [(&mut queries, &self.query_norm), (&mut keys, &self.key_norm)] {
            if let Some(norm) = norm {
                norm.apply(heads, compute);
            }
            if let Some(rotations) = rotations {
                apply_rope(heads, head, rotations, compute);
            }
        }
        [queries, keys, values]
    }

    /// How its heads look back.
    pub(super) fn heads<'a>(
        &'a self,
        plan: &AttentionPlan,
        window: Option<usize>,
        biases: &'a [Vec<f32>],
    ) -> Heads<'a> {
        Heads { scale: plan.scale, window, softcap: plan.softcap, sinks: self.sinks.as_deref(), biases }
    }
}

/// All three as the cache takes them.
pub(super) fn columns(qkv: [&[f32]; 3], rows: usize) -> [Columns<'_>; 3] {
    qkv.map(|numbers| Columns::all(numbers, rows))
}

/// Fetches the three matrices.
fn qkv(plan: &Decoder, weights: &mut Weights<'_>, layer: usize) -> Result<[Linear; 3], LoadError> {
    let Decoder { heads, kv_heads, head, width, ref attention, .. } = *plan;
    let (i, biased, turned) = (Some(layer), attention.qkv_bias, plan.turned(layer));
    let group = heads / kv_heads;
    let outputs = [heads * head, kv_heads * head, kv_heads * head];
    let all = (heads + 2 * kv_heads) * head;
    let (names, stored) = match attention.qkv {
        Qkv::Separate(names) => (names, outputs),
        Qkv::Concatenated(name) | Qkv::Grouped(name) => ([name; 3], [all; 3]),
    };
    let mut loaded = Vec::with_capacity(3);
    for which in 0..3 {
        let (name, stored) = (names[which], stored[which]);
        // Before a list of that many outputs is made.
        weights.stored(&weights.tensor(name, i, "weight"), &[stored, width])?;
        let interleaved = attention.interleaved && which < 2;
        let mut rows: Vec<usize> = match attention.qkv {
            Qkv::Separate(_) if !interleaved => {
                loaded.push(weights.linear_if(name, i, [stored, width], biased)?);
                continue;
            }
            Qkv::Separate(_) => (0..stored).collect(),
            Qkv::Concatenated(_) => {
                let from: usize = outputs[..which].iter().sum();
                (from..from + outputs[which]).collect()
            }
            Qkv::Grouped(_) => {
                let (from, count) = [(0, group), (group, 1), (group + 1, 1)][which];
                grouped(kv_heads, group + 2, from, count, head)
            }
        };
        if interleaved {
            rows = (0..rows.len()).map(|n| rows[halves_of_pairs(n, head, turned)]).collect();
        }
        loaded.push(weights.picked(name, i, width, (&rows, stored), biased)?);
    }
    Ok(loaded.try_into().expect("three were loaded"))
}

/// Fetches the normalisation of queries (`which` is 0) or keys (1).
fn load_head_norm(
    plan: &Decoder,
    norm: HeadNormPlan,
    weights: &mut Weights<'_>,
    layer: usize,
    which: usize,
    heads: usize,
) -> Result<HeadNorm, LoadError> {
    let (name, head, epsilon, i) = (norm.names[which], plan.head, plan.epsilon, Some(layer));
    Ok(match norm.width {
        HeadNormWidth::Head => HeadNorm::Shared(Norm::load(weights, norm.kind, name, i, head, epsilon)?),
        HeadNormWidth::AllHeads => HeadNorm::Shared(Norm::load(weights, norm.kind, name, i, heads * head, epsilon)?),
        HeadNormWidth::EachHead => {
            let tensor = weights.tensor(name, i, "weight");
            HeadNorm::per_head(weights.numbers(&tensor, &[heads, head])?, head, epsilon)
        }
        HeadNormWidth::EachHeadApart => {
            let tensor = weights.tensor(name, i, "weight");
            let each = (0..heads).map(|h| weights.numbers(&tensor.replace("{e}", &h.to_string()), &[head]));
            HeadNorm::per_head(each.collect::<Result<Vec<_>, _>>()?.concat(), head, epsilon)
        }
    })
}

/// The biases of all heads for `positions` positions.
pub(super) fn alibi(kind: Alibi, heads: usize, head: usize, positions: usize) -> Vec<Vec<f32>> {
    let bf16 = |x: f32| half::bf16::from_f32(x).to_f32();
    let by = 1.0 / (head as f32).sqrt();
    let bias = |slope: f32, at: usize| match kind {
        Alibi::Plain => slope * at as f32,
        Alibi::RoundedBeforeScale => bf16(bf16(slope) * at as f32) * by,
    };
    slopes(heads).into_iter().map(|slope| (0..positions).map(|at| bias(slope, at)).collect()).collect()
}

/// The slope of each head: powers of `2^(-8 / n)` for the largest power of two `n` up to their number, then every other power of
/// the next one's.
fn slopes(heads: usize) -> Vec<f32> {
    let most = 1usize << heads.ilog2();
    let power = |n: usize, at: usize| {
        let base = libm::exp2(-libm::exp2(-(f64::from(n.ilog2()) - 3.0))) as f32;
        libm::pow(f64::from(base), at as f64) as f32
    };
    let rest = (0..heads - most).map(|i| power(2 * most, 2 * i + 1));
    (1..=most).map(|at| power(most, at)).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fused_outputs_are_found() {
        // Two key-value heads of width two, each with two queries: q0 q1 k0 v0 q2 q3 k1 v1.
        assert_eq!(grouped(2, 4, 0, 2, 2), [0, 1, 2, 3, 8, 9, 10, 11]);
        assert_eq!(grouped(2, 4, 2, 1, 2), [4, 5, 12, 13]);
        assert_eq!(grouped(2, 4, 3, 1, 2), [6, 7, 14, 15]);
    }

    #[test]
    fn slopes_fall_by_halves_where_heads_are_eight() {
        assert_eq!(slopes(8), [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015_625, 0.007_812_5, 0.003_906_25]);
        let six = slopes(6);
        assert_eq!(six[..4], [0.25, 0.0625, 0.015_625, 0.003_906_25]);
        assert_eq!(six[4..], [0.5, 0.125]);
    }
}

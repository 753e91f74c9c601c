//! A mixture of experts (Shazeer et al., 2017): a router chooses a few gated parts for each row.
//!
//! A row's result does not depend on the rows beside it: its experts are added in the order of their numbers, and a product of
//! some rows is the same bits as of each alone.

use crate::decoder::plan::{Decoder, ExpertNames, ExpertsPlan, MlpPlan, Routing};
use crate::error::LoadError;
use crate::layers::linear::Linear;
use crate::layers::mlp::GatedMlp;
use crate::names::{Format, TensorName};
use crate::slice::Slice;
use crate::weights::Weights;
use beamline_kernels::{Compute, Layout, Scratch};

/// The experts of a layer, and who chooses among them.
#[derive(Debug)]
pub(super) struct Experts {
    router: Linear, // [count, width]
    top: usize,
    routing: Routing,
    parts: Vec<GatedMlp>,
}

impl Experts {
    pub(super) fn load(
        plan: &Decoder,
        mlp: &MlpPlan,
        experts: &ExpertsPlan,
        weights: &mut Weights<'_>,
        layer: usize,
    ) -> Result<Self, LoadError> {
        let router = weights.linear_if(experts.router, Some(layer), [experts.count, plan.width], mlp.bias)?;
        let one = |e: usize| load_expert(plan.width, mlp, experts, weights, layer, e);
        let all = (0..experts.count).map(one).collect::<Result<Vec<_>, LoadError>>()?;
        Ok(Self { router, top: experts.top, routing: experts.routing, parts: all })
    }

    /// What the chosen experts of each row give together, `[rows, width]`.
    pub(super) fn apply<'c>(&self, rows: &[f32], width: usize, compute: &'c Compute) -> Scratch<'c> {
        let scores = self.router.apply(rows, compute);
        let mut lists: Vec<Vec<(usize, f32)>> = vec![Vec::new(); self.parts.len()];
        for (row, scores) in scores.chunks_exact(self.parts.len()).enumerate() {
            for (expert, weight) in chosen(scores, self.top, self.routing) {
                lists[expert].push((row, weight));
            }
        }
        let mut out = compute.scratch(rows.len());
        out.fill(0.0);
        for (expert, list) in self.parts.iter().zip(&lists).filter(|(_, list)| !list.is_empty()) {
            let x: Vec<f32> = list.iter().flat_map(|&(row, _)| &rows[row * width..][..width]).copied().collect();
            let y = expert.apply(&x, || (), compute);
            for (&(row, weight), y) in list.iter().zip(y.chunks_exact(width)) {
                out[row * width..][..width].iter_mut().zip(y).for_each(|(out, y)| *out += weight * y);
            }
        }
        out
    }
}

/// The experts with the highest scores and what each weighs; of equals the first.
fn chosen(scores: &[f32], top: usize, routing: Routing) -> Vec<(usize, f32)> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a])); // stable
    order.truncate(top);
    let most = f64::from(scores[order[0]]);
    let exp = |expert: usize| libm::exp(f64::from(scores[expert]) - most);
    let sum: f64 = match routing {
        Routing::Softmax => (0..scores.len()).map(exp).sum(),
        Routing::SoftmaxOfChosen => order.iter().map(|&expert| exp(expert)).sum(),
    };
    order.into_iter().map(|expert| (expert, (exp(expert) / sum) as f32)).collect()
}

/// Fetches expert `e`.
fn load_expert(
    width: usize,
    mlp: &MlpPlan,
    experts: &ExpertsPlan,
    weights: &mut Weights<'_>,
    layer: usize,
    e: usize,
) -> Result<GatedMlp, LoadError> {
    let (inner, of, format) = (mlp.inner, [e, experts.count], weights.format());
    let name = |name: TensorName| format.stem(name, Some(layer));
    match experts.names {
        ExpertNames::Each(names) => {
            let stacked = format == Format::Gguf;
            let mut linear = |n: TensorName, [outputs, inputs]: [usize; 2]| {
                let tensor = name(n).replace("{e}", &e.to_string());
                let slice = Slice { of: stacked.then_some(of), ..Slice::default() };
                let matrix = weights.slice(format!("{tensor}.weight"), slice, [outputs, inputs], true)?;
                // Only stacked ones have biases (gpt-oss in GGUF files).
                let biases = mlp.bias.then(|| weights.row_of(&format!("{tensor}.bias"), of, outputs));
                Ok::<_, LoadError>(Linear { matrix, bias: biases.transpose()? })
            };
            let [gate, up, down] = names;
            let (gate, up) = (linear(gate, [inner, width])?, linear(up, [inner, width])?);
            Ok(GatedMlp::new([gate, up, linear(down, [width, inner])?], mlp.activation, experts.clamp))
        }
        ExpertNames::StackedInTurn(names) => {
            let [both, down] = names.map(name);
            weights.stored(&both, &[experts.count, width, 2 * inner])?; // before lists of that many outputs are made
            let mut part = |tensor: &str, rows: &[usize], stored: usize, shape| {
                let slice = Slice { layout: Layout::InOut, of: Some(of), rows: Some((rows, stored)) };
                let matrix = weights.slice(tensor.to_owned(), slice, shape, true)?;
                let bias = weights.row_of(&format!("{tensor}_bias"), of, stored)?;
                Ok::<_, LoadError>(Linear { matrix, bias: Some(rows.iter().map(|&row| bias[row]).collect()) })
            };
            let [gates, ups] = [0, 1].map(|from| (0..inner).map(|i| 2 * i + from).collect::<Vec<_>>());
            let all: Vec<usize> = (0..width).collect();
            let (gate, up) =
                (part(&both, &gates, 2 * inner, [inner, width])?, part(&both, &ups, 2 * inner, [inner, width])?);
            let down = part(&down, &all, width, [width, inner])?;
            Ok(GatedMlp::new([gate, up, down], mlp.activation, experts.clamp))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_scores_are_chosen_and_of_equals_the_first() {
        let scores = [1.0, 3.0, 3.0, 2.0];
        let all = chosen(&scores, 2, Routing::SoftmaxOfChosen);
        assert_eq!(all, [(1, 0.5), (2, 0.5)]);
        let shares = chosen(&scores, 3, Routing::Softmax);
        assert_eq!(shares.iter().map(|(e, _)| *e).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(shares.iter().map(|(_, w)| w).sum::<f32>() < 1.0);
    }
}

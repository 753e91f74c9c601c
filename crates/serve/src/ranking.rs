//! The best tokens of a row of logits.

use beamline::{RowSums, TokenId};

/// The `k` most probable tokens of a row, `[vocab]`, with their log-probabilities over all of it, in nats; of equals the lower
/// id comes first. A `k` beyond the vocabulary gives all of it.
pub(crate) fn best(row: &[f32], sums: &RowSums, k: usize) -> Vec<(TokenId, f64)> {
    let k = k.min(row.len());
    let mut ids: Vec<u32> = (0..row.len() as u32).collect();
    let order = |a: &u32, b: &u32| row[*b as usize].total_cmp(&row[*a as usize]).then(a.cmp(b));
    if k == 0 {
        return Vec::new();
    }
    if k < ids.len() {
        ids.select_nth_unstable_by(k - 1, order);
        ids.truncate(k);
    }
    ids.sort_unstable_by(order);
    ids.into_iter().map(|id| (TokenId(id), f64::from(row[id as usize]) - sums.log_sum())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static ENGINE: LazyLock<beamline::Engine> =
        LazyLock::new(|| beamline::Engine::open("builtin").expect("the built-in model"));

    proptest! {
        #[test]
        fn they_are_those_that_a_whole_sort_gives(row in prop::collection::vec(-5i8..5, 1..60), k in 0usize..70) {
            let row: Vec<f32> = row.into_iter().map(f32::from).collect();
            let sums = ENGINE.sums(&row);
            let mut all: Vec<u32> = (0..row.len() as u32).collect();
            all.sort_by(|&a, &b| row[b as usize].total_cmp(&row[a as usize]).then(a.cmp(&b)));
            let found = best(&row, &sums, k);
            prop_assert_eq!(found.len(), k.min(row.len()));
            for ((id, logprob), expected) in found.into_iter().zip(all) {
                prop_assert_eq!(id.0, expected);
                prop_assert_eq!(logprob, f64::from(row[expected as usize]) - sums.log_sum());
            }
        }
    }
}

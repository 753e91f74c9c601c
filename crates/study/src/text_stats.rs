//! What can be counted about a text: how varied it is, how much it repeats, how alike texts are.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Counts about one text, in tokens. A share is null where the text is too short for it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct TextStats {
    /// Tokens.
    pub length: usize,
    /// Different tokens among all (Li et al., 2016); 1 where none comes twice.
    pub distinct_1: Option<f64>,
    /// Different pairs among all pairs.
    pub distinct_2: Option<f64>,
    /// Different triples among all triples.
    pub distinct_3: Option<f64>,
    /// The share of runs of four tokens that came before (Welleck et al., 2020); 0 where none did.
    pub repeated_4: Option<f64>,
    /// The longest run of tokens that comes twice; the two may overlap.
    pub longest_repeat: usize,
}

impl TextStats {
    /// Counts over a text's token ids.
    ///
    /// ```
    /// use beamline_study::TextStats;
    /// let stats = TextStats::of(&[1, 2, 1, 2, 1, 3]);
    /// assert_eq!((stats.distinct_1, stats.distinct_2), (Some(0.5), Some(0.6)));
    /// assert_eq!(stats.longest_repeat, 3); // 1 2 1
    /// ```
    pub fn of(tokens: &[u32]) -> Self {
        Self {
            length: tokens.len(),
            distinct_1: distinct(tokens, 1),
            distinct_2: distinct(tokens, 2),
            distinct_3: distinct(tokens, 3),
            repeated_4: distinct(tokens, 4).map(|share| 1.0 - share),
            longest_repeat: longest_repeat(tokens),
        }
    }
}

/// Different n-grams among all; none where there are none.
fn distinct(tokens: &[u32], n: usize) -> Option<f64> {
    let all = tokens.windows(n).count();
    (all > 0).then(|| tokens.windows(n).collect::<BTreeSet<_>>().len() as f64 / all as f64)
}

/// The longest run that comes twice. `ends[j]` is how far the runs that end in `i` and in `j` are alike.
fn longest_repeat(tokens: &[u32]) -> usize {
    let (mut ends, mut longest) = (vec![0; tokens.len()], 0);
    for i in 1..tokens.len() {
        for j in (0..i).rev() {
            ends[j] = if tokens[i] != tokens[j] {
                0
            } else if j == 0 {
                1
            } else {
                ends[j - 1] + 1
            };
            longest = longest.max(ends[j]);
        }
    }
    longest
}

/// How alike two texts are: the pairs of neighbouring tokens that they share, over the mean of their numbers (Dice); 1
/// for equal texts, 0 where none is shared.
///
/// ```
/// use beamline_study::similarity;
/// assert_eq!(similarity(&[1, 2, 3], &[1, 2, 4]), 0.5);
/// ```
pub fn similarity(a: &[u32], b: &[u32]) -> f64 {
    if a == b {
        return 1.0;
    }
    let count = |tokens: &[u32]| {
        let mut counts: BTreeMap<[u32; 2], usize> = BTreeMap::new();
        tokens.windows(2).for_each(|pair| *counts.entry([pair[0], pair[1]]).or_default() += 1);
        counts
    };
    let (left, right) = (count(a), count(b));
    let shared: usize = left.iter().map(|(pair, &n)| n.min(right.get(pair).copied().unwrap_or(0))).sum();
    let all = a.len().saturating_sub(1) + b.len().saturating_sub(1);
    if all == 0 { 0.0 } else { 2.0 * shared as f64 / all as f64 }
}

/// The mean, and the standard deviation of a sample (none of fewer than two).
pub(crate) fn mean_and_spread(values: &[f64]) -> Option<(f64, Option<f64>)> {
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    Some((mean, (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the definition: every run against every later place.
    fn slow(tokens: &[u32]) -> usize {
        let n = tokens.len();
        let twice =
            |len: &usize| (0..=n - len).any(|i| (i + 1..=n - len).any(|j| tokens[i..i + len] == tokens[j..j + len]));
        (1..n).rev().find(twice).unwrap_or(0)
    }

    proptest! {
        #[test]
        fn the_longest_repeat_is_what_its_definition_says(tokens in prop::collection::vec(0u32..3, 0..14)) {
            prop_assert_eq!(longest_repeat(&tokens), slow(&tokens));
        }

        #[test]
        fn likeness_is_even_handed_and_between_0_and_1(
            a in prop::collection::vec(0u32..3, 0..9), b in prop::collection::vec(0u32..3, 0..9),
        ) {
            let s = similarity(&a, &b);
            prop_assert!((0.0..=1.0).contains(&s) && s == similarity(&b, &a));
        }
    }

    #[test]
    fn short_texts_have_no_shares() {
        let stats = TextStats::of(&[]);
        assert_eq!((stats.distinct_1, stats.repeated_4, stats.longest_repeat), (None, None, 0));
        assert_eq!(TextStats::of(&[7, 7, 7, 7, 7]).repeated_4, Some(0.5));
    }

    #[test]
    fn a_spread_needs_two() {
        assert_eq!(mean_and_spread(&[2.0]), Some((2.0, None)));
        assert_eq!(mean_and_spread(&[1.0, 3.0]), Some((2.0, Some(2f64.sqrt()))));
    }
}

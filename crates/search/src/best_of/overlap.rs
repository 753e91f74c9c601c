//! What texts have in common, counted as they grow.

use beamline_tokens::TokenId;
use std::collections::BTreeMap;

/// The longest runs that are compared, in tokens.
const LONGEST: usize = 4;

/// The runs of 1 to 4 tokens that some texts have in common. Adding a token costs the same however long the texts are (but
/// for the logarithm of an ordered map), and so does asking what two have in common.
#[derive(Clone, Debug)]
pub(super) struct Overlaps {
    texts: Vec<Text>,
    /// For each two texts, how many runs they share, by length; a run that either has several times as often as both have it.
    shared: BTreeMap<(usize, usize), [usize; LONGEST]>,
}

#[derive(Clone, Debug, Default)]
struct Text {
    len: usize,
    /// The last tokens, at most `LONGEST`.
    last: Vec<TokenId>,
    /// How often each run occurs.
    runs: BTreeMap<Box<[TokenId]>, usize>,
}

impl Text {
    /// How many runs of `n` tokens it has.
    fn count(&self, n: usize) -> usize {
        (self.len + 1).saturating_sub(n)
    }
}

impl Overlaps {
    /// Of so many texts without any token.
    pub(super) fn new(texts: usize) -> Self {
        Self { texts: vec![Text::default(); texts], shared: BTreeMap::new() }
    }

    /// Appends a token to a text.
    pub(super) fn push(&mut self, text: usize, token: TokenId) {
        let own = &mut self.texts[text];
        own.len += 1;
        own.last.push(token);
        let surplus = own.last.len().saturating_sub(LONGEST);
        own.last.drain(..surplus);
        let last = own.last.clone();
        for n in 1..=last.len() {
            let run = &last[last.len() - n..];
            let count = self.texts[text].runs.entry(run.into()).or_insert(0);
            *count += 1;
            let count = *count;
            for (other, _) in self.texts.iter().enumerate().filter(|&(other, _)| other != text) {
                // The other text has it as often: one more that both have.
                if self.texts[other].runs.get(run).is_some_and(|&there| there >= count) {
                    self.shared.entry((text.min(other), text.max(other))).or_default()[n - 1] += 1;
                }
            }
        }
    }

    /// The mean F1 of two texts' runs of 1 to 4 tokens, over the lengths that either has.
    fn utility(&self, a: usize, b: usize) -> f64 {
        let (x, y) = (&self.texts[a], &self.texts[b]);
        let shared = self.shared.get(&(a.min(b), a.max(b))).copied().unwrap_or_default();
        let lengths = x.len.max(y.len).min(LONGEST);
        let f1 = |n: usize| {
            let total = x.count(n) + y.count(n);
            if total == 0 { 1.0 } else { 2.0 * shared[n - 1] as f64 / total as f64 }
        };
        if lengths == 0 { 1.0 } else { (1..=lengths).map(f1).sum::<f64>() / lengths as f64 }
    }

    /// Each text's mean utility against all others.
    pub(super) fn utilities(&self) -> Vec<f64> {
        let count = self.texts.len();
        let mut sums = vec![0.0; count];
        for i in 0..count {
            for j in i + 1..count {
                let utility = self.utility(i, j);
                sums[i] += utility;
                sums[j] += utility;
            }
        }
        let others = count.saturating_sub(1).max(1) as f64;
        sums.into_iter().map(|sum| sum / others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(texts: &[Vec<u32>]) -> Overlaps {
        let mut overlaps = Overlaps::new(texts.len());
        // In turn, as samples grow.
        for place in 0..texts.iter().map(Vec::len).max().unwrap_or(0) {
            for (i, text) in texts.iter().enumerate().filter(|(_, text)| text.len() > place) {
                overlaps.push(i, TokenId(text[place]));
            }
        }
        overlaps
    }

    #[test]
    fn utility_is_what_two_texts_have_in_common() {
        let utility = |a: &[u32], b: &[u32]| of(&[a.to_vec(), b.to_vec()]).utility(0, 1);
        assert_eq!(utility(&[1, 2, 3], &[1, 2, 3]), 1.0);
        assert_eq!(utility(&[1, 2], &[3, 4]), 0.0);
        // Single tokens: 2 of 2 and 3; pairs: 1 of 1 and 2; three in a row: 0 of 0 and 1.
        let expected = (4.0 / 5.0 + 2.0 / 3.0 + 0.0) / 3.0;
        assert!((utility(&[1, 2], &[1, 2, 9]) - expected).abs() < 1e-12);
        let scores = of(&[vec![1, 2], vec![1, 2], vec![7]]).utilities();
        assert!(scores[0] == scores[1] && scores[0] > scores[2]);
    }

    /// How often each run of `n` tokens occurs.
    fn runs(text: &[u32], n: usize) -> BTreeMap<&[u32], usize> {
        let mut runs = BTreeMap::new();
        text.windows(n).for_each(|window| *runs.entry(window).or_insert(0) += 1);
        runs
    }

    /// The rule, spelled out: counts all runs of two texts.
    fn counted(a: &[u32], b: &[u32]) -> f64 {
        let lengths = a.len().max(b.len()).min(4);
        let f1 = |n: usize| {
            let (x, y) = (runs(a, n), runs(b, n));
            let common: usize = x.iter().map(|(run, &count)| count.min(y.get(run).copied().unwrap_or(0))).sum();
            let total: usize = x.values().chain(y.values()).sum();
            if total == 0 { 1.0 } else { 2.0 * common as f64 / total as f64 }
        };
        if lengths == 0 { 1.0 } else { (1..=lengths).map(f1).sum::<f64>() / lengths as f64 }
    }

    proptest! {
        #[test]
        fn counting_on_gives_what_counting_all_gives(texts in prop::collection::vec(prop::collection::vec(0u32..3, 0..25), 2..5)) {
            let overlaps = of(&texts);
            for i in 0..texts.len() {
                for j in (0..texts.len()).filter(|&j| j != i) {
                    prop_assert_eq!(overlaps.utility(i, j).to_bits(), counted(&texts[i], &texts[j]).to_bits());
                }
            }
        }
    }
}

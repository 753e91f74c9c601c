//! A row of logits on its way through the processors.

use crate::Distribution;
use beamline_kernels::{Isa, RowSums, argmax, row_sums};
use beamline_tokens::TokenId;

/// Unnormalised log-weights of the tokens still in play.
///
/// A row begins dense, one value a token. The first truncation makes it sparse: ids in rising order, and their values.
/// A value of minus infinity counts as removed. One `Logits` is loaded again for every step, so that nothing is
/// allocated for each token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logits {
    values: Vec<f32>,
    /// Rising; empty and unused while dense.
    ids: Vec<TokenId>,
    sparse: bool,
    /// Space for selections.
    scratch: Vec<f32>,
}

impl Logits {
    /// Takes a raw row, one logit a token.
    pub fn load(&mut self, row: &[f32]) {
        self.values.clear();
        self.values.extend_from_slice(row);
        self.ids.clear();
        self.sparse = false;
    }

    /// Values held, also those that are minus infinity.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True if no value is held.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Tokens still in play.
    pub fn live(&self) -> usize {
        self.values.iter().filter(|&&v| v > f32::NEG_INFINITY).count()
    }

    /// Ids and values, ids rising.
    pub fn iter(&self) -> impl Iterator<Item = (TokenId, f32)> + '_ {
        self.values.iter().enumerate().map(|(i, &value)| (self.id(i), value))
    }

    fn id(&self, i: usize) -> TokenId {
        if self.sparse { self.ids[i] } else { TokenId(i as u32) }
    }

    /// The value of a token; none where it has been removed.
    pub fn get(&self, token: TokenId) -> Option<f32> {
        let at = if self.sparse { self.ids.binary_search(&token).ok()? } else { token.index() };
        self.values.get(at).copied().filter(|&v| v > f32::NEG_INFINITY)
    }

    /// The greatest value; minus infinity where nothing is left.
    pub fn max(&self) -> f32 {
        self.values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }

    /// The token with the greatest value, the lowest id of equals; none where nothing is left.
    pub fn best(&self) -> Option<TokenId> {
        argmax(&self.values).filter(|&i| self.values[i] > f32::NEG_INFINITY).map(|i| self.id(i))
    }

    /// What turns values into log-probabilities.
    pub fn sums(&self) -> RowSums {
        row_sums(&self.values, Isa::detect())
    }

    /// Replaces every value.
    pub fn map(&mut self, mut f: impl FnMut(f32) -> f32) {
        self.values.iter_mut().for_each(|value| *value = f(*value));
    }

    /// Removes the tokens for which `keep` is false, and those that are minus infinity.
    pub fn retain(&mut self, mut keep: impl FnMut(TokenId, f32) -> bool) {
        let mut to = 0;
        for from in 0..self.values.len() {
            let (id, value) = (self.id(from), self.values[from]);
            if value > f32::NEG_INFINITY && keep(id, value) {
                if self.sparse {
                    self.ids[to] = id;
                } else {
                    // Still reading by position: nothing before `from` is read again.
                    self.ids.push(id);
                }
                self.values[to] = value;
                to += 1;
            }
        }
        self.ids.truncate(to);
        self.values.truncate(to);
        self.sparse = true;
    }

    /// The `k`-th greatest value, counting equals; none where fewer are held. `k` begins at 1.
    pub fn kth_greatest(&mut self, k: usize) -> Option<f32> {
        if k == 0 || k > self.values.len() {
            return None;
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.values);
        let (_, kth, _) = self.scratch.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
        Some(*kth)
    }

    /// The `count` greatest values, falling; fewer where fewer are held.
    pub fn greatest(&mut self, count: usize) -> &[f32] {
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.values);
        if count < self.scratch.len() {
            self.scratch.select_nth_unstable_by(count, |a, b| b.total_cmp(a));
            self.scratch.truncate(count);
        }
        self.scratch.sort_unstable_by(|a, b| b.total_cmp(a));
        &self.scratch
    }

    /// The only way from log-weights to probabilities.
    pub fn distribution(&self) -> Distribution {
        Distribution::new(self)
    }
}

//! A row of logits on its way through the processors.

use crate::ordered::Ordered;
use beamline_kernels::{Isa, MAXIMA_CHUNK as CHUNK, RowSums, argmax, below_infinity, chunk_maxima, row_max, row_sums};
use beamline_tokens::TokenId;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

thread_local! {
    /// Space for the weights of a row, so that a draw allocates nothing.
    static WEIGHTS: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
}

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

/// Why a row cannot be chosen from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowFault {
    Empty,
    NotFinite,
}

impl RowFault {
    pub(crate) fn is_empty(self) -> bool {
        self == Self::Empty
    }
}

/// A token by rank: the greater value first, the lower id of equals.
#[derive(Clone, Copy, PartialEq)]
struct Ranked(f32, TokenId);

impl Eq for Ranked {}
impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ranked {
    /// Less is better, so that a heap's top is the worst.
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.total_cmp(&self.0).then(self.1.cmp(&other.1))
    }
}

impl Logits {
    /// A dense row of these values.
    pub fn of(row: &[f32]) -> Self {
        let mut logits = Self::default();
        logits.load(row);
        logits
    }

    /// A dense row that stands for these probabilities (which need not sum to one).
    pub fn of_probabilities(row: &[f32]) -> Self {
        Self::of(&row.iter().map(|p| p.ln()).collect::<Vec<_>>())
    }

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

    /// The ids still in play, rising.
    pub fn ids(&self) -> Vec<u32> {
        self.iter().filter(|&(_, value)| value > f32::NEG_INFINITY).map(|(id, _)| id.0).collect()
    }

    fn id(&self, i: usize) -> TokenId {
        if self.sparse { self.ids[i] } else { TokenId(i as u32) }
    }

    fn place(&self, token: TokenId) -> Option<usize> {
        if self.sparse { self.ids.binary_search(&token).ok() } else { Some(token.index()) }
    }

    /// The value of a token; none where it has been removed.
    pub fn get(&self, token: TokenId) -> Option<f32> {
        self.values.get(self.place(token)?).copied().filter(|&v| v > f32::NEG_INFINITY)
    }

    /// The greatest value; minus infinity where nothing is left.
    pub fn max(&self) -> f32 {
        row_max(&self.values, Isa::chosen())
    }

    /// The token with the greatest value, the lowest id of equals; none where nothing is left.
    pub fn best(&self) -> Option<TokenId> {
        argmax(&self.values).filter(|&i| self.values[i] > f32::NEG_INFINITY).map(|i| self.id(i))
    }

    /// What turns values into log-probabilities.
    pub fn sums(&self) -> RowSums {
        row_sums(&self.values, Isa::chosen())
    }

    pub(crate) fn fault(&self) -> Option<RowFault> {
        match self.max() {
            _ if !below_infinity(&self.values, Isa::chosen()) => Some(RowFault::NotFinite),
            f32::NEG_INFINITY => Some(RowFault::Empty),
            _ => None,
        }
    }

    /// Replaces every value.
    pub fn map(&mut self, mut f: impl FnMut(f32) -> f32) {
        self.values.iter_mut().for_each(|value| *value = f(*value));
    }

    /// Replaces the value of one token; nothing where it has been taken out by a truncation.
    pub fn update(&mut self, token: TokenId, f: impl FnOnce(f32) -> f32) {
        if let Some(value) = self.place(token).and_then(|i| self.values.get_mut(i)) {
            *value = f(*value);
        }
    }

    /// Removes one token.
    pub fn remove(&mut self, token: TokenId) {
        self.update(token, |_| f32::NEG_INFINITY);
    }

    /// Leaves these tokens alone in play, with value 0, whether they were removed before or not.
    pub fn force(&mut self, tokens: &[TokenId]) {
        self.ids.clear();
        self.ids.extend(tokens);
        self.ids.sort_unstable();
        self.ids.dedup();
        self.values.clear();
        self.values.resize(self.ids.len(), 0.0);
        self.sparse = true;
    }

    /// Turns values into log-probabilities, in f32 as transformers has them: `(x - max) - ln(sum)`.
    pub fn log_softmax(&mut self) {
        let sums = self.sums();
        let (max, log) = (sums.max, libm::log(sums.sum) as f32);
        self.map(|value| (value - max) - log);
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

    /// Removes the tokens for which `keep` is false, but never the `least` with the greatest values (nor their equals).
    pub(crate) fn truncate(&mut self, least: usize, mut keep: impl FnMut(TokenId, f32) -> bool) {
        let floor = if least <= 1 { self.max() } else { self.kth_greatest(least).unwrap_or(f32::NEG_INFINITY) };
        self.retain(|id, value| value >= floor || keep(id, value));
    }

    /// Removes the tokens whose value is below `threshold`, and those that are minus infinity.
    pub fn retain_from(&mut self, threshold: f32) {
        if self.sparse {
            return self.retain(|_, value| value >= threshold);
        }
        chunk_maxima(&self.values, &mut self.scratch, Isa::chosen());
        let mut to = 0;
        for (c, _) in self.scratch.iter().enumerate().filter(|&(_, &most)| most >= threshold) {
            for from in c * CHUNK..((c + 1) * CHUNK).min(self.values.len()) {
                let value = self.values[from];
                if value >= threshold && value > f32::NEG_INFINITY {
                    self.ids.push(TokenId(from as u32));
                    self.values[to] = value; // at or before what is being read
                    to += 1;
                }
            }
        }
        self.values.truncate(to);
        self.sparse = true;
    }

    /// The `k`-th greatest value, counting equals; none where fewer are held. `k` begins at 1.
    pub fn kth_greatest(&mut self, k: usize) -> Option<f32> {
        if k == 0 || k > self.values.len() {
            return None;
        }
        self.contenders(k);
        let (_, kth, _) = self.scratch.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
        Some(*kth)
    }

    /// Puts the `k` greatest values, and perhaps some more, into `scratch`.
    fn contenders(&mut self, k: usize) {
        chunk_maxima(&self.values, &mut self.scratch, Isa::chosen());
        // NaN would be passed over, and few chunks say little.
        if k > self.scratch.len() || !below_infinity(&self.values, Isa::chosen()) {
            self.scratch.clear();
            self.scratch.extend_from_slice(&self.values);
            return;
        }
        // At least k values are as great as the k-th greatest of the maxima.
        let mut maxima = self.scratch.clone();
        let (_, &mut floor, _) = maxima.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
        let chunks = self
            .values
            .chunks(CHUNK)
            .zip(&std::mem::take(&mut self.scratch))
            .filter(|(_, most)| **most >= floor)
            .map(|(c, _)| c)
            .collect::<Vec<_>>();
        self.scratch = chunks.into_iter().flatten().copied().filter(|&v| v >= floor).collect();
    }

    /// Values, falling; sorted only as far as they are taken.
    pub(crate) fn falling(&mut self) -> impl Iterator<Item = f32> {
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.values);
        Ordered::new(&mut self.scratch, |a: &f32, b: &f32| b.total_cmp(a))
    }

    /// The `count` best tokens once `plus` is added to every value, in f32; fewer where fewer are left. The greatest
    /// sum comes first, the lowest id of equals.
    pub fn top(&self, count: usize, plus: f32) -> Vec<(TokenId, f32)> {
        let count = count.min(self.len());
        let mut heap = BinaryHeap::with_capacity(count + 1);
        let mut floor = f32::NEG_INFINITY;
        let mut maxima = Vec::new();
        chunk_maxima(&self.values, &mut maxima, Isa::chosen());
        for (c, most) in maxima.into_iter().enumerate() {
            // Adding rounds, but never changes an order, so what is not above the floor is skipped as a whole.
            if most + plus <= floor {
                continue;
            }
            for i in c * CHUNK..((c + 1) * CHUNK).min(self.values.len()) {
                let sum = self.values[i] + plus;
                // Ids rise, so an equal of the worst one held comes after it.
                if sum > floor {
                    heap.push(Ranked(sum, self.id(i)));
                    if heap.len() > count {
                        heap.pop();
                    }
                    if heap.len() == count {
                        floor = heap.peek().map_or(f32::NEG_INFINITY, |worst: &Ranked| worst.0);
                    }
                }
            }
        }
        heap.into_sorted_vec().into_iter().map(|Ranked(value, id)| (id, value)).collect()
    }

    /// The token on which `coin`, uniform in `[0, 1)`, falls: to the bit what `distribution().pick(coin)` gives, without a
    /// vector of probabilities for each draw. None where nothing is left.
    ///
    /// ```
    /// use beamline_shape::Logits;
    /// let logits = Logits::of(&[0.25f32.ln(), 0.75f32.ln()]);
    /// assert_eq!([0.2, 0.3].map(|coin| logits.pick(coin).map(|id| id.0)), [Some(0), Some(1)]);
    /// ```
    #[doc(alias = "multinomial")]
    pub fn pick(&self, coin: f64) -> Option<TokenId> {
        let max = f64::from(self.max());
        // Weights of 0 for what has been removed: they change no sum.
        let weight = |&value: &f32| if value > f32::NEG_INFINITY { libm::exp(f64::from(value) - max) } else { 0.0 };
        WEIGHTS.with_borrow_mut(|weights| {
            weights.clear();
            weights.extend(self.values.iter().map(weight));
            let sum: f64 = weights.iter().sum();
            let mut below = 0.0;
            let falls = weights.iter().position(|weight| {
                below += weight / sum;
                coin < below
            });
            // Rounding may leave the last sum a little below one.
            let place = falls.or_else(|| weights.iter().rposition(|weight| weight / sum > 0.0))?;
            Some(self.id(place))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pick_is_the_distributions(
            row in prop::collection::vec(prop_oneof![8 => -900f32..900.0, 2 => Just(f32::NEG_INFINITY), 8 => -3f32..3.0], 0..60),
            coin in prop_oneof![8 => 0f64..1.0, 1 => Just(0.0), 1 => Just(1.0 - f64::EPSILON / 2.0)],
            least in -5f32..5.0,
        ) {
            let mut logits = Logits::of(&row);
            prop_assert_eq!(logits.pick(coin), logits.distribution().pick(coin));
            // Coins that fall on the very bounds.
            let mut below = 0.0;
            for (_, p) in logits.distribution().iter() {
                below += p;
                prop_assert_eq!(logits.pick(below), logits.distribution().pick(below));
            }
            logits.retain(|_, value| value >= least);
            prop_assert_eq!(logits.pick(coin), logits.distribution().pick(coin));
        }
    }
}

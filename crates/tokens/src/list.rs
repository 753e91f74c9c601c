//! A text as token ids that grows at its end and is shared by those that go on from it.

use crate::TokenId;
use rpds::VectorSync;
use std::ops::{Index, Range};
use std::sync::{Arc, LazyLock};

/// Ids in a chunk that lists share.
const CHUNK: usize = 64;

/// A list of token ids that grows and shrinks at its end alone: a persistent (immutable, structurally shared) vector.
///
/// A clone costs the same however long the list is: it shares every full chunk of 64 ids with its original, and copies
/// the rest, so that a hypothesis that forks in a search does not copy its text. Looking at one place, appending and
/// looking at the end do not depend on the length either (but for the logarithm of a tree whose nodes have 32 children).
///
/// ```
/// use beamline_tokens::{TokenId, TokenList};
/// let text = TokenList::from([5, 6, 7].map(TokenId));
/// let mut branch = text.clone();
/// branch.push(TokenId(8));
/// assert_eq!((text.len(), branch.len(), branch.last()), (3, 4, Some(TokenId(8))));
/// assert!(branch.ends_with(&[TokenId(7), TokenId(8)]));
/// assert_eq!(branch.common_prefix(&text), 3);
/// assert_eq!(branch.iter().rev().map(|id| id.0).collect::<Vec<_>>(), [8, 7, 6, 5]);
/// ```
#[derive(Clone)]
#[doc(alias = "sequence")]
#[doc(alias = "input_ids")]
pub struct TokenList {
    /// Full ones.
    chunks: VectorSync<Arc<[TokenId; CHUNK]>>,
    /// What follows them: the first `rest` of these, fewer than a chunk.
    tail: [TokenId; CHUNK],
    rest: usize,
}

impl TokenList {
    /// A list of nothing.
    pub fn new() -> Self {
        Self { chunks: VectorSync::new_sync(), tail: [TokenId(0); CHUNK], rest: 0 }
    }

    /// The number of ids.
    pub fn len(&self) -> usize {
        self.chunks.len() * CHUNK + self.rest
    }

    /// True if there are no ids.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id at a place, counted from 0; none beyond the end.
    pub fn get(&self, at: usize) -> Option<TokenId> {
        match self.chunks.get(at / CHUNK) {
            Some(chunk) => Some(chunk[at % CHUNK]),
            None => self.rest().get(at.checked_sub(self.chunks.len() * CHUNK)?).copied(),
        }
    }

    /// The last id; none of an empty list.
    pub fn last(&self) -> Option<TokenId> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Appends an id.
    pub fn push(&mut self, token: TokenId) {
        self.tail[self.rest] = token;
        self.rest += 1;
        if self.rest == CHUNK {
            self.chunks.push_back_mut(Arc::new(self.tail));
            self.rest = 0;
        }
    }

    /// Keeps the first `len` ids; a greater `len` changes nothing.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len() {
            return;
        }
        if len / CHUNK < self.chunks.len() {
            while self.chunks.len() > len / CHUNK + 1 {
                self.chunks.drop_last_mut();
            }
            // There is a chunk more than are kept whole.
            self.tail = self.chunks.last().map_or(self.tail, |chunk| **chunk);
            self.chunks.drop_last_mut();
        }
        self.rest = len % CHUNK;
    }

    /// The first `len` ids, as a list of its own that shares what it can; all where there are fewer.
    #[must_use]
    pub fn prefix(&self, len: usize) -> Self {
        let mut list = self.clone();
        list.truncate(len);
        list
    }

    /// Whether the last ids are these; true of no ids.
    pub fn ends_with(&self, tokens: &[TokenId]) -> bool {
        tokens.len() <= self.len() && self.iter_from(self.len() - tokens.len()).eq(tokens.iter().copied())
    }

    /// The last `n` ids; none where there are fewer.
    pub fn suffix(&self, n: usize) -> Option<Vec<TokenId>> {
        Some(self.iter_from(self.len().checked_sub(n)?).collect())
    }

    /// All ids, in order; from both ends.
    pub fn iter(&self) -> TokenIter<'_> {
        self.iter_from(0)
    }

    /// The ids from place `from` on, in order; none where it lies beyond the end.
    pub fn iter_from(&self, from: usize) -> TokenIter<'_> {
        TokenIter { list: self, places: from.min(self.len())..self.len() }
    }

    /// All ids in a vector.
    pub fn to_vec(&self) -> Vec<TokenId> {
        self.iter().collect()
    }

    /// How many ids two lists have in common from the beginning. Chunks that they share are not looked into, so of a list
    /// and what grew from it this is told at once.
    pub fn common_prefix(&self, other: &Self) -> usize {
        let chunks = self.chunks.len().min(other.chunks.len());
        let pair = |at: usize| self.chunks.get(at).zip(other.chunks.get(at));
        let mut same = self.shared_chunks(other);
        while same < chunks && pair(same).is_some_and(|(a, b)| a == b) {
            same += 1;
        }
        let same = same * CHUNK;
        same + self.iter_from(same).zip(other.iter_from(same)).take_while(|(a, b)| a == b).count()
    }

    /// How many chunks from the beginning are not only alike, but the same in memory.
    fn shared_chunks(&self, other: &Self) -> usize {
        let shares =
            |at: usize| matches!((self.chunks.get(at), other.chunks.get(at)), (Some(a), Some(b)) if Arc::ptr_eq(a, b));
        // A chunk is made at the end of one list, and others have it by copying that list: who shares it shares all before it.
        let (mut low, mut high) = (0, self.chunks.len().min(other.chunks.len()));
        if high > 0 && shares(high - 1) {
            return high;
        }
        while low < high {
            let middle = usize::midpoint(low, high);
            (low, high) = if shares(middle) { (middle + 1, high) } else { (low, middle) };
        }
        low
    }

    /// What follows the full chunks.
    fn rest(&self) -> &[TokenId] {
        &self.tail[..self.rest]
    }
}

impl Default for TokenList {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for &TokenList {
    /// A list of nothing.
    fn default() -> Self {
        static EMPTY: LazyLock<TokenList> = LazyLock::new(TokenList::new);
        &EMPTY
    }
}

impl PartialEq for TokenList {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.common_prefix(other) == self.len()
    }
}

impl Eq for TokenList {}

impl std::fmt::Debug for TokenList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|id| id.0)).finish()
    }
}

impl Index<usize> for TokenList {
    type Output = TokenId;

    /// The id at a place.
    ///
    /// # Panics
    /// When the place lies beyond the end.
    fn index(&self, at: usize) -> &TokenId {
        match self.chunks.get(at / CHUNK) {
            Some(chunk) => &chunk[at % CHUNK],
            None => &self.rest()[at - self.chunks.len() * CHUNK],
        }
    }
}

impl Extend<TokenId> for TokenList {
    fn extend<I: IntoIterator<Item = TokenId>>(&mut self, tokens: I) {
        tokens.into_iter().for_each(|token| self.push(token));
    }
}

impl<'a> Extend<&'a TokenId> for TokenList {
    fn extend<I: IntoIterator<Item = &'a TokenId>>(&mut self, tokens: I) {
        self.extend(tokens.into_iter().copied());
    }
}

impl FromIterator<TokenId> for TokenList {
    fn from_iter<I: IntoIterator<Item = TokenId>>(tokens: I) -> Self {
        let mut list = Self::new();
        list.extend(tokens);
        list
    }
}

impl From<&[TokenId]> for TokenList {
    fn from(tokens: &[TokenId]) -> Self {
        tokens.iter().copied().collect()
    }
}

impl From<&Vec<TokenId>> for TokenList {
    fn from(tokens: &Vec<TokenId>) -> Self {
        tokens.as_slice().into()
    }
}

impl From<Vec<TokenId>> for TokenList {
    fn from(tokens: Vec<TokenId>) -> Self {
        tokens.as_slice().into()
    }
}

impl<const N: usize> From<[TokenId; N]> for TokenList {
    fn from(tokens: [TokenId; N]) -> Self {
        tokens.as_slice().into()
    }
}

impl<'a> IntoIterator for &'a TokenList {
    type Item = TokenId;
    type IntoIter = TokenIter<'a>;

    fn into_iter(self) -> TokenIter<'a> {
        self.iter()
    }
}

/// The ids of a [`TokenList`] in order, or from the end.
#[derive(Clone, Debug)]
pub struct TokenIter<'a> {
    list: &'a TokenList,
    places: Range<usize>,
}

impl Iterator for TokenIter<'_> {
    type Item = TokenId;

    fn next(&mut self) -> Option<TokenId> {
        self.list.get(self.places.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }

    fn nth(&mut self, n: usize) -> Option<TokenId> {
        self.list.get(self.places.nth(n)?)
    }
}

impl DoubleEndedIterator for TokenIter<'_> {
    fn next_back(&mut self) -> Option<TokenId> {
        self.list.get(self.places.next_back()?)
    }
}

impl ExactSizeIterator for TokenIter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Action {
        Extend(usize, u32),
        Truncate(usize),
        Fork,
        Switch(usize),
    }

    fn action() -> impl Strategy<Value = Action> {
        prop_oneof![
            (0usize..200, 0u32..3).prop_map(|(n, t)| Action::Extend(n, t)),
            (0usize..400).prop_map(Action::Truncate),
            Just(Action::Fork),
            (0usize..5).prop_map(Action::Switch),
        ]
    }

    fn agree(list: &TokenList, plain: &[TokenId], from: usize) -> Result<(), TestCaseError> {
        prop_assert_eq!(
            (list.len(), list.is_empty(), list.last()),
            (plain.len(), plain.is_empty(), plain.last().copied())
        );
        prop_assert_eq!(list.to_vec(), plain);
        prop_assert_eq!(list.iter().rev().collect::<Vec<_>>(), plain.iter().rev().copied().collect::<Vec<_>>());
        let from = from.min(plain.len());
        prop_assert_eq!(list.iter_from(from).collect::<Vec<_>>(), &plain[from..]);
        prop_assert_eq!(list.get(from), plain.get(from).copied());
        prop_assert!(plain.get(from).is_none_or(|&id| list[from] == id));
        prop_assert_eq!(list.suffix(from), Some(plain[plain.len() - from..].to_vec()));
        prop_assert!(list.ends_with(&plain[from..]) && list.suffix(plain.len() + 1).is_none());
        prop_assert_eq!(list.prefix(from), TokenList::from(&plain[..from]));
        prop_assert_eq!(list, &TokenList::from(plain));
        Ok(())
    }

    proptest! {
        /// Forks, appends and truncations in any order behave as plain vectors do.
        #[test]
        fn lists_behave_like_vectors(actions in prop::collection::vec(action(), 1..30), from in 0usize..300) {
            let (mut lists, mut plain, mut at) = (vec![TokenList::new()], vec![Vec::new()], 0);
            for action in actions {
                match action {
                    Action::Extend(n, t) => {
                        let ids: Vec<TokenId> = (0..n as u32).map(|i| TokenId((t + i) % 3)).collect();
                        lists[at].extend(&ids);
                        plain[at].extend(ids);
                    }
                    Action::Truncate(n) => {
                        lists[at].truncate(n);
                        plain[at].truncate(n);
                    }
                    Action::Fork => {
                        lists.push(lists[at].clone());
                        plain.push(plain[at].clone());
                    }
                    Action::Switch(i) => at = i % lists.len(),
                }
            }
            for (list, ids) in lists.iter().zip(&plain) {
                agree(list, ids, from)?;
                for (other, others) in lists.iter().zip(&plain) {
                    let common = ids.iter().zip(others).take_while(|(a, b)| a == b).count();
                    prop_assert_eq!((list.common_prefix(other), list == other), (common, ids == others));
                }
            }
        }
    }

    #[test]
    fn a_suffix_is_told_from_others() {
        let list = TokenList::from([1, 2, 3].map(TokenId));
        assert!(list.ends_with(&[]) && list.ends_with(&[TokenId(3)]) && !list.ends_with(&[TokenId(2)]));
        assert!(!list.ends_with(&[0, 1, 2, 3].map(TokenId)));
        assert_eq!(format!("{list:?}"), "[1, 2, 3]");
        assert!(<&TokenList>::default().is_empty());
    }
}

//! Prompt lookup: what followed the last time these tokens occurred.

use super::runs::Runs;
use super::{Ahead, Drafter};
use crate::error::Error;
use beamline_tokens::{TokenId, TokenList};
use std::collections::BTreeMap;

/// Drafts what followed the leftmost earlier occurrence of the last tokens, of as many of them as can be found (Saxena,
/// 2023; transformers' `prompt_lookup_num_tokens`).
pub(crate) struct Lookup {
    /// The most tokens to draft.
    tokens: usize,
    /// The most tokens to look for.
    longest: usize,
    /// The text of each sequence as far as it is indexed.
    indexed: BTreeMap<u32, (TokenList, Runs)>,
}

impl Lookup {
    /// Drafts at most `tokens`, and looks for at most the `longest` last ones.
    pub(crate) fn new(tokens: usize, longest: usize) -> Self {
        Self { tokens, longest, indexed: BTreeMap::new() }
    }
}

impl Drafter for Lookup {
    fn draft(&mut self, ahead: &Ahead<'_>) -> Result<Vec<TokenId>, Error> {
        let fresh = || (TokenList::new(), Runs::new(self.longest));
        let (text, runs) = self.indexed.entry(ahead.sequence).or_insert_with(fresh);
        if text.common_prefix(ahead.tokens) < text.len() {
            // A strategy of somebody's own, whose sequences change their texts.
            (*text, *runs) = fresh();
        }
        ahead.tokens.iter_from(text.len()).for_each(|token| runs.push(token));
        text.clone_from(ahead.tokens);
        let most = self.tokens.min(ahead.room);
        let followed = runs.continuation().map(|at| ahead.tokens.iter_from(at).take(most).collect());
        Ok(followed.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beamline_shape::Pipeline;
    use proptest::prelude::*;

    fn drafted(lookup: &mut Lookup, tokens: &TokenList, sequence: u32) -> Vec<TokenId> {
        let pipeline = Pipeline::new(Vec::new());
        let ahead = Ahead { tokens, prompt_len: 1, room: 100, sequence, pipeline: &pipeline };
        lookup.draft(&ahead).unwrap()
    }

    /// The rule, spelled out: looks through the whole text.
    fn searched(tokens: &[TokenId], longest: usize, most: usize) -> Vec<TokenId> {
        for n in (1..=longest.min(tokens.len() - 1)).rev() {
            let last = &tokens[tokens.len() - n..];
            if let Some(at) = tokens[..tokens.len() - 1].windows(n).position(|window| window == last) {
                return tokens[at + n..].iter().copied().take(most).collect();
            }
        }
        Vec::new()
    }

    #[test]
    fn the_longest_and_leftmost_match_is_continued() {
        let draft = |tokens: &[u32], longest: usize, most: usize| -> Vec<u32> {
            let tokens = tokens.iter().copied().map(TokenId).collect();
            drafted(&mut Lookup::new(most, longest), &tokens, 0).into_iter().map(|t| t.0).collect()
        };
        assert_eq!(draft(&[1, 2, 3, 9, 1, 2], 2, 2), [3, 9]);
        assert_eq!(draft(&[2, 7, 1, 2, 8, 1, 2], 2, 3), [8, 1, 2]); // two tokens found, before one is looked for
        assert_eq!(draft(&[5, 5], 2, 3), [5]);
        assert!(draft(&[1, 2, 3], 2, 3).is_empty() && draft(&[4], 2, 3).is_empty());
    }

    proptest! {
        /// Texts that grow by a few tokens at a time, of two sequences in turn, or that change from some place on.
        #[test]
        fn drafts_are_those_of_a_search_through_the_text(
            pieces in prop::collection::vec((prop::collection::vec(0u32..3, 1..30), 0u32..2, prop::option::of(0usize..300)), 1..20),
            longest in 1usize..8, most in 1usize..6,
        ) {
            let mut lookup = Lookup::new(most, longest);
            let mut texts = [TokenList::new(), TokenList::new()];
            for (piece, sequence, cut) in pieces {
                let text = &mut texts[sequence as usize];
                text.truncate(cut.unwrap_or(usize::MAX));
                for token in piece {
                    text.push(TokenId(token));
                    prop_assert_eq!(drafted(&mut lookup, text, sequence), searched(&text.to_vec(), longest, most));
                }
            }
        }

        /// Text that says the same over and over, as greedy search does.
        #[test]
        fn drafts_are_those_of_a_search_where_text_loops(
            loops in prop::collection::vec((prop::collection::vec(0u32..4, 1..5), 1usize..30), 1..5), longest in 1usize..12,
        ) {
            let (mut lookup, mut text) = (Lookup::new(4, longest), TokenList::new());
            for token in loops.iter().flat_map(|(piece, times)| piece.repeat(*times)) {
                text.push(TokenId(token));
                prop_assert_eq!(drafted(&mut lookup, &text, 0), searched(&text.to_vec(), longest, 4));
            }
        }
    }
}

//! How often each token occurs in the text, or in its last part.

use beamline_tokens::{TokenId, TokenList};
use rpds::RedBlackTreeMapSync;

/// Occurrences by token. A fork shares what it has in common; adding a token costs the same however long the text is.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    by_token: RedBlackTreeMapSync<TokenId, u32>,
    /// How many of the last tokens count; none for all.
    window: Option<usize>,
}

impl Counts {
    /// The tokens of a prompt; `window` as the option `repeat_last_n` has it: -1 for all, 0 for none.
    pub(super) fn new(prompt: &[TokenId], window: i64) -> Self {
        let window = usize::try_from(window).ok();
        let mut counts = Self { by_token: RedBlackTreeMapSync::default(), window };
        let from = window.map_or(0, |window| prompt.len().saturating_sub(window));
        prompt[from..].iter().for_each(|&token| counts.add(token));
        counts
    }

    fn add(&mut self, token: TokenId) {
        let count = self.by_token.get(&token).copied().unwrap_or(0);
        self.by_token.insert_mut(token, count + 1);
    }

    /// Counts a token that follows `before`.
    pub(super) fn push(&mut self, before: &TokenList, token: TokenId) {
        if self.window == Some(0) {
            return;
        }
        self.add(token);
        let Some(left) = self.window.and_then(|window| before.len().checked_sub(window)).map(|at| before[at]) else {
            return;
        };
        match self.by_token.get(&left).copied() {
            Some(1) => _ = self.by_token.remove_mut(&left),
            Some(count) => self.by_token.insert_mut(left, count - 1),
            None => {}
        }
    }

    /// Tokens and their counts, ids rising.
    pub(super) fn iter(&self) -> impl Iterator<Item = (TokenId, u32)> + '_ {
        self.by_token.iter().map(|(&token, &count)| (token, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_are_those_of_the_last_tokens(text in prop::collection::vec(0u32..6, 1..60), prompt in 0usize..20, window in -1i64..12) {
            let text: Vec<TokenId> = text.into_iter().map(TokenId).collect();
            let prompt = prompt.min(text.len());
            let mut counts = Counts::new(&text[..prompt], window);
            for at in prompt..text.len() {
                counts.push(&text[..at].into(), text[at]);
            }
            let from = usize::try_from(window).map_or(0, |w| text.len().saturating_sub(w));
            for id in 0..6 {
                let expected = text[from..].iter().filter(|t| t.0 == id).count() as u32;
                let found = counts.iter().find(|(t, _)| t.0 == id).map_or(0, |(_, n)| n);
                prop_assert_eq!(found, expected);
            }
        }
    }
}

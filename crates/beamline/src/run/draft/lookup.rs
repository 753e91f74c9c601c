//! Prompt lookup: what followed the last time these tokens occurred.

use super::{Ahead, Drafter};
use crate::error::Error;
use beamline_tokens::TokenId;

/// Drafts what followed the leftmost earlier occurrence of the last tokens, of as many of them as can be found (Saxena,
/// 2023; transformers' `prompt_lookup_num_tokens`).
pub(crate) struct Lookup {
    /// The most tokens to draft.
    pub(crate) tokens: usize,
    /// The most tokens to look for.
    pub(crate) longest: usize,
}

impl Drafter for Lookup {
    fn draft(&mut self, ahead: &Ahead<'_>) -> Result<Vec<TokenId>, Error> {
        let tokens = ahead.tokens;
        let most = self.tokens.min(ahead.room);
        for n in (1..=self.longest.min(tokens.len() - 1)).rev() {
            let last = &tokens[tokens.len() - n..];
            let earlier = tokens[..tokens.len() - 1].windows(n).position(|window| window == last);
            if let Some(at) = earlier {
                return Ok(tokens[at + n..].iter().copied().take(most).collect());
            }
        }
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beamline_shape::Pipeline;

    #[test]
    fn the_longest_and_leftmost_match_is_continued() {
        let draft = |tokens: &[u32], longest: usize, most: usize| -> Vec<u32> {
            let tokens: Vec<TokenId> = tokens.iter().copied().map(TokenId).collect();
            let pipeline = Pipeline::new(Vec::new());
            let ahead = Ahead { tokens: &tokens, prompt_len: 1, room: 100, sequence: 0, pipeline: &pipeline };
            let guess = Lookup { tokens: most, longest }.draft(&ahead).unwrap();
            guess.into_iter().map(|t| t.0).collect()
        };
        assert_eq!(draft(&[1, 2, 3, 9, 1, 2], 2, 2), [3, 9]);
        assert_eq!(draft(&[2, 7, 1, 2, 8, 1, 2], 2, 3), [8, 1, 2]); // two tokens found, before one is looked for
        assert_eq!(draft(&[5, 5], 2, 3), [5]);
        assert!(draft(&[1, 2, 3], 2, 3).is_empty() && draft(&[4], 2, 3).is_empty());
    }
}

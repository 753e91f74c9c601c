//! Every way to make one token of a vocabulary from two others.

use crate::TokensError;
use std::collections::HashMap;

/// The id of each token's text: looked up in alone, so that its order reaches nothing.
pub(crate) type Ids<'a> = HashMap<&'a str, u32>;

/// A token that two others make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Joint {
    /// Its place in the vocabulary.
    pub(crate) whole: u32,
    /// The ids of its parts.
    pub(crate) left: u32,
    pub(crate) right: u32,
    /// Where the first part ends: in bytes, and in characters.
    pub(crate) at: u32,
    pub(crate) characters: u32,
}

/// The most bytes of all tokens together, each counted as often as it can be parted: what follows takes time and memory by it.
/// Vocabularies in use come to some ten million.
const MOST_PARTED: usize = 256 << 20;

/// Finds them all, in no particular order.
///
/// # Errors
/// When they are beyond all measure, as of a vocabulary whose every token begins the next.
///
/// In order of their bytes, the tokens that a token begins with are those on a stack: few, while a token can be parted in as
/// many ways as it has characters. What is left of it is then looked up.
pub(crate) fn joints<T: AsRef<str>>(tokens: &[T], ids: &Ids<'_>) -> Result<Vec<Joint>, TokensError> {
    let mut order: Vec<u32> = (0..tokens.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| tokens[a as usize].as_ref().cmp(tokens[b as usize].as_ref()));
    let (mut joints, mut parted) = (Vec::new(), 0usize);
    let mut beginnings: Vec<&str> = Vec::new();
    for whole in order {
        let token = tokens[whole as usize].as_ref();
        while beginnings.last().is_some_and(|beginning| !token.starts_with(beginning)) {
            beginnings.pop();
        }
        parted = parted.saturating_add(beginnings.len().saturating_mul(token.len()));
        if parted > MOST_PARTED {
            let what = "more of its tokens begin with others than in any vocabulary in use";
            return Err(TokensError::Vocabulary(what.to_owned()));
        }
        for beginning in beginnings.iter().filter(|beginning| beginning.len() < token.len()) {
            if let (Some(&left), Some(&right)) = (ids.get(beginning), ids.get(&token[beginning.len()..])) {
                let characters = beginning.chars().count() as u32;
                joints.push(Joint { whole, left, right, at: beginning.len() as u32, characters });
            }
        }
        if !token.is_empty() && beginnings.last() != Some(&token) {
            beginnings.push(token);
        }
    }
    Ok(joints)
}

/// The parts of a joint as texts.
pub(crate) fn parts<T: AsRef<str>>(joint: &Joint, tokens: &[T]) -> (String, String) {
    let (left, right) = tokens[joint.whole as usize].as_ref().split_at(joint.at as usize);
    (left.to_owned(), right.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_found_once() {
        let tokens = ["ab", "a", "b", "aab", "aa", "", "안녕", "안", "녕", "a", "xyz", "abab"];
        let ids: Ids<'_> = tokens.iter().enumerate().rev().map(|(id, token)| (*token, id as u32)).collect();
        let mut found: Vec<_> =
            joints(&tokens, &ids).unwrap().iter().map(|j| (j.whole, j.at, j.left, j.right, j.characters)).collect();
        found.sort_unstable();
        let mut expected = Vec::new();
        for (whole, token) in tokens.iter().enumerate() {
            for (at, _) in token.char_indices().skip(1) {
                let (left, right) = token.split_at(at);
                if let (Some(&l), Some(&r)) = (ids.get(left), ids.get(right)) {
                    expected.push((whole as u32, at as u32, l, r, left.chars().count() as u32));
                }
            }
        }
        assert_eq!(found, expected);
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn tokens_that_begin_each_other_without_end_are_refused() {
        let nested = |count: usize| -> Vec<String> { (1..=count).map(|length| "a".repeat(length)).collect() };
        let found = |tokens: &[String]| {
            let ids: Ids<'_> = tokens.iter().zip(0..).map(|(token, id)| (token.as_str(), id)).collect();
            joints(tokens, &ids).map(|joints| joints.len())
        };
        assert_eq!(found(&nested(300)).unwrap(), 300 * 299 / 2);
        assert!(found(&nested(1500)).unwrap_err().to_string().contains("begin with others"));
    }
}

//! When a sequence ends.

use crate::finish::FinishReason;
use crate::tree::{NodeId, Tree};
use beamline_tokens::{TokenId, Vocabulary};
use std::sync::Arc;
use std::time::Instant;

/// The rules by which sequences end.
#[doc(alias = "StoppingCriteria")]
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// End tokens; there may be none.
    pub eos: Vec<TokenId>,
    /// The most tokens to generate.
    pub max_new_tokens: usize,
    /// Texts to stop at.
    pub strings: Option<StopStrings>,
    /// When to stop, whatever there is.
    pub deadline: Option<Instant>,
}

impl Stop {
    /// Whether a sequence ends where `token` follows `parent`. An end token wins over all else, the length over the time.
    pub fn after(&self, tree: &Tree, parent: NodeId, token: TokenId) -> Option<FinishReason> {
        if self.eos.contains(&token) {
            return Some(FinishReason::Eos);
        }
        if let Some(found) = self.strings.as_ref().and_then(|strings| strings.found(tree, parent, token)) {
            return Some(FinishReason::Stop(found.string));
        }
        if tree.depth(parent) + 1 >= self.max_new_tokens {
            return Some(FinishReason::Length);
        }
        self.is_late().then_some(FinishReason::Time)
    }

    /// Whether the time is up.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() > deadline)
    }

    /// How many candidates a search with beams looks at: enough that as many go on as there are beams, whatever ends.
    pub(crate) fn candidates(&self, beams: usize) -> usize {
        (1 + self.eos.len()).max(2) * beams
    }
}

/// Texts at which sequences stop, found in the bytes of the tokens.
///
/// A sequence stops when one of them ends within its last token. It may begin in the middle of an earlier token, also in
/// the prompt, and the last token may go on after it: that is transformers' rule. Special tokens count as their names.
#[derive(Clone, Debug)]
pub struct StopStrings {
    strings: Vec<Vec<u8>>,
    longest: usize,
    vocabulary: Arc<Vocabulary>,
    prompt: Arc<[TokenId]>,
}

/// A stop string that was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Match {
    /// Its number in the list.
    pub string: usize,
    /// How many bytes lie from its beginning to the end of the last token.
    pub back: usize,
}

impl StopStrings {
    /// Texts, over one prompt; an empty one is never found.
    pub fn new(strings: &[String], vocabulary: Arc<Vocabulary>, prompt: &[TokenId]) -> Self {
        let strings: Vec<Vec<u8>> = strings.iter().map(|s| s.clone().into_bytes()).collect();
        let longest = strings.iter().map(Vec::len).max().unwrap_or(0);
        Self { strings, longest, vocabulary, prompt: prompt.into() }
    }

    /// The string that ends in `token` after `parent`: of several the one that ends first.
    pub fn found(&self, tree: &Tree, parent: NodeId, token: TokenId) -> Option<Match> {
        let (mut bytes, last) = (self.tail(tree, parent), self.vocabulary.bytes(token));
        let before = bytes.len();
        bytes.extend_from_slice(last);
        let end = |string: &Vec<u8>| {
            let from = (before + 1).saturating_sub(string.len());
            let place = bytes[from..].windows(string.len()).position(|window| window == string.as_slice())?;
            Some(from + place + string.len())
        };
        let sought = self.strings.iter().enumerate().filter(|(_, string)| !string.is_empty());
        let (end, string) = sought.filter_map(|(i, string)| end(string).map(|end| (end, i))).min()?;
        Some(Match { string, back: bytes.len() + self.strings[string].len() - end })
    }

    /// The text's last bytes, as many as a string may begin before the next token.
    fn tail(&self, tree: &Tree, mut node: NodeId) -> Vec<u8> {
        let wanted = self.longest.saturating_sub(1);
        let mut reversed = Vec::with_capacity(wanted);
        let mut take = |token: TokenId| {
            let bytes = self.vocabulary.bytes(token).iter().rev();
            reversed.extend(bytes.take(wanted - reversed.len()));
            reversed.len() < wanted
        };
        let mut more = wanted > 0;
        while let Some(parent) = tree.node(node).parent.filter(|_| more) {
            more = take(tree.node(node).token);
            node = parent;
        }
        for &token in self.prompt.iter().rev() {
            if !more {
                break;
            }
            more = take(token);
        }
        reversed.reverse();
        reversed
    }
}

//! When a sequence ends.

use crate::finish::FinishReason;
use crate::tree::{NodeId, Tree};
use beamline_tokens::{TokenId, Vocabulary};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// A rule of one's own by which sequences end.
///
/// ```
/// use beamline_search::{NodeId, StopRule, Tree};
/// use beamline_tokens::TokenId;
/// /// Ends a sequence at two equal tokens in a row.
/// struct AtRepeat;
/// impl StopRule for AtRepeat {
///     fn ends(&self, tree: &Tree, parent: NodeId, token: TokenId) -> bool {
///         tree.last_tokens(parent, 1) == [token]
///     }
/// }
/// let mut tree = Tree::new();
/// let node = tree.grow(Tree::ROOT, TokenId(7), -0.5, -0.5);
/// assert!(AtRepeat.ends(&tree, node, TokenId(7)) && !AtRepeat.ends(&tree, node, TokenId(8)));
/// ```
#[doc(alias = "StoppingCriteria")]
pub trait StopRule: Send + Sync {
    /// Whether the sequence ends where `token` follows the node `parent`. Asked for every candidate of a beam search, so it
    /// should look at few tokens; it must answer the same for the same path.
    fn ends(&self, tree: &Tree, parent: NodeId, token: TokenId) -> bool;
}

/// The rules by which sequences end.
#[derive(Clone, Default)]
pub struct Stop {
    /// End tokens; there may be none.
    pub eos: Vec<TokenId>,
    /// The most tokens to generate.
    pub max_new_tokens: usize,
    /// Texts to stop at.
    pub strings: Option<StopStrings>,
    /// When to stop, whatever there is.
    pub deadline: Option<Instant>,
    /// Rules of one's own.
    pub rules: Vec<Arc<dyn StopRule>>,
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop")
            .field("eos", &self.eos)
            .field("max_new_tokens", &self.max_new_tokens)
            .field("strings", &self.strings)
            .field("deadline", &self.deadline)
            .field("rules", &self.rules.len())
            .finish()
    }
}

impl Stop {
    /// Whether a sequence ends where `token` follows `parent`. An end token wins over all else, stop
    /// strings over rules of one's own, those over the length, the length over the time.
    pub fn after(&self, tree: &Tree, parent: NodeId, token: TokenId) -> Option<FinishReason> {
        if self.eos.contains(&token) {
            return Some(FinishReason::Eos);
        }
        if let Some(found) = self.strings.as_ref().and_then(|strings| strings.found(tree, parent, token)) {
            return Some(FinishReason::Stop(found.string));
        }
        if let Some(rule) = self.rules.iter().position(|rule| rule.ends(tree, parent, token)) {
            return Some(FinishReason::Rule(rule));
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

    /// How many of the last bytes of a text may be the beginning of one of the strings, given the text's bytes from the last
    /// one back: the longest of its ends that is a beginning, and not the whole, of a string.
    pub fn may_begin(&self, reversed: impl Iterator<Item = u8>) -> usize {
        let mut end: Vec<u8> = reversed.take(self.longest.saturating_sub(1)).collect();
        end.reverse();
        let begins = |&n: &usize| {
            let last = &end[end.len() - n..];
            self.strings.iter().any(|string| string.len() > n && string.starts_with(last))
        };
        (1..=end.len()).rev().find(begins).unwrap_or(0)
    }

    /// The last bytes of a node's text, the prompt before it, as many as a string may begin in before the next token.
    pub fn before(&self, tree: &Tree, node: NodeId) -> Vec<u8> {
        self.tail(tree, node)
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

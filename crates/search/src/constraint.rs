//! Phrases that a text must contain, and how far a text has come with them.

use beamline_tokens::TokenId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Phrases, each with its alternatives, none of which begins with another of the same phrase.
#[derive(Clone, Debug)]
pub struct Phrases(Arc<[Phrase]>);

/// The alternatives of a phrase as a tree of tokens, of which the first node is the root: it is walked for every candidate of every
/// step, and there may be thousands of alternatives.
#[derive(Debug)]
struct Phrase {
    nodes: Vec<Branching>,
    /// The longest alternative, in tokens.
    height: usize,
}

/// A beginning of alternatives: the tokens that follow it, in their order, and where each leads.
#[derive(Default, Debug)]
struct Branching {
    order: Vec<TokenId>,
    nodes: BTreeMap<TokenId, usize>,
}

impl Phrase {
    fn new(alternatives: &[Vec<TokenId>]) -> Self {
        let mut nodes = vec![Branching::default()];
        for alternative in alternatives {
            let mut at = 0;
            for &token in alternative {
                let new = nodes.len();
                let next = *nodes[at].nodes.entry(token).or_insert(new);
                if next == new {
                    nodes[at].order.push(token);
                    nodes.push(Branching::default());
                }
                at = next;
            }
        }
        Self { nodes, height: alternatives.iter().map(Vec::len).max().unwrap_or(0) }
    }

    /// Where a path leads; none where it leaves the tree.
    fn at(&self, path: &[TokenId]) -> Option<&Branching> {
        let next = |at: &Branching, token: &TokenId| at.nodes.get(token).map(|&node| &self.nodes[node]);
        path.iter().try_fold(&self.nodes[0], next)
    }
}

impl Phrases {
    /// Takes phrases, each a list of alternatives of which one is enough. None where one cannot be told from another: an
    /// empty one, or one that begins with another of the same phrase.
    #[allow(clippy::needless_pass_by_value)] // made for this
    pub fn new(phrases: Vec<Vec<Vec<TokenId>>>) -> Option<Self> {
        let apart = |alternatives: &Vec<Vec<TokenId>>| {
            let mut sorted: Vec<&[TokenId]> = alternatives.iter().map(Vec::as_slice).collect();
            sorted.sort_unstable();
            // In order, what begins with another comes right after it, or after others that do.
            let begins = |pair: &[&[TokenId]]| pair[1].starts_with(pair[0]);
            sorted.first().is_some_and(|first| !first.is_empty()) && !sorted.windows(2).any(begins)
        };
        let sound = !phrases.is_empty() && phrases.iter().all(apart);
        sound.then(|| Self(phrases.iter().map(|alternatives| Phrase::new(alternatives)).collect()))
    }

    /// The tokens that may follow `path` in a phrase, in the order of its alternatives; none where `path` is one of them.
    fn children(&self, phrase: usize, path: &[TokenId]) -> &[TokenId] {
        self.0[phrase].at(path).map_or(&[], |at| &at.order)
    }

    /// Whether a token may follow `path` in a phrase.
    fn goes_on(&self, phrase: usize, path: &[TokenId], token: TokenId) -> bool {
        self.0[phrase].at(path).is_some_and(|at| at.nodes.contains_key(&token))
    }

    fn height(&self, phrase: usize) -> usize {
        self.0[phrase].height
    }

    fn highest(&self) -> usize {
        self.0.iter().map(|phrase| phrase.height).max().unwrap_or(0)
    }
}

/// How far a text has come with its phrases. One phrase at a time is in progress; a token that breaks it off is not
/// tried again, neither on its beginning nor on other phrases.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    phrases: Phrases,
    complete: usize,
    /// A phrase and what has been said of it.
    current: Option<(usize, Vec<TokenId>)>,
    pending: Vec<usize>,
}

impl Progress {
    /// Of a text; a phrase in the prompt counts.
    pub(crate) fn of(phrases: &Phrases, text: &[TokenId]) -> Self {
        let pending = (0..phrases.0.len()).collect();
        let mut progress = Self { phrases: phrases.clone(), complete: 0, current: None, pending };
        for &token in text {
            progress.add(token);
        }
        progress
    }

    /// Whether every phrase has been said.
    pub(crate) fn is_met(&self) -> bool {
        self.current.is_none() && self.pending.is_empty()
    }

    /// Takes the text's next token.
    pub(crate) fn add(&mut self, token: TokenId) {
        let (phrase, mut path) = if let Some((phrase, path)) = self.current.take() {
            if !self.phrases.goes_on(phrase, &path, token) {
                self.pending.push(phrase);
                return;
            }
            (phrase, path)
        } else {
            let begins = |&&phrase: &&usize| self.phrases.goes_on(phrase, &[], token);
            let Some(&phrase) = self.pending.iter().find(begins) else { return };
            self.pending.retain(|&p| p != phrase);
            (phrase, Vec::new())
        };
        path.push(token);
        if self.phrases.children(phrase, &path).is_empty() {
            self.complete += 1;
        } else {
            self.current = Some((phrase, path));
        }
    }

    /// The tokens that bring the text further.
    pub(crate) fn advance(&self) -> Vec<TokenId> {
        match &self.current {
            Some((phrase, path)) => self.phrases.children(*phrase, path).to_vec(),
            None => self.pending.iter().flat_map(|&phrase| self.phrases.children(phrase, &[])).copied().collect(),
        }
    }

    /// How far it has come, as a number: texts are compared with others of the same.
    pub(crate) fn bank(&self) -> usize {
        self.complete * self.phrases.highest()
            + self.current.as_ref().map_or(0, |(phrase, path)| self.begun(*phrase, path))
    }

    /// What a phrase in progress counts for.
    fn begun(&self, phrase: usize, path: &[TokenId]) -> usize {
        self.phrases.highest() - (self.phrases.height(phrase) - path.len())
    }

    /// The banks that transformers 4 gives to the continuations by these tokens, the ones that [`advance`](Self::advance)
    /// lists.
    ///
    /// They are those of the continuations, but where a phrase in progress can go on in several ways: there the
    /// continuations share one record of what has been said, so each sees what those before it have added. It is a slip,
    /// but the choice of beams depends on it.
    pub(crate) fn advanced_banks(&self, tokens: &[TokenId]) -> Vec<usize> {
        enum Outcome {
            Complete,
            Begun,
            Broken,
        }
        let Some((phrase, path)) = &self.current else {
            let bank = |&token: &TokenId| {
                let mut continued = self.clone();
                continued.add(token);
                continued.bank()
            };
            return tokens.iter().map(bank).collect();
        };
        let mut shared = path.clone();
        let mut outcome = |&token: &TokenId| {
            if !self.phrases.goes_on(*phrase, &shared, token) {
                return Outcome::Broken;
            }
            shared.push(token);
            if self.phrases.children(*phrase, &shared).is_empty() { Outcome::Complete } else { Outcome::Begun }
        };
        let outcomes: Vec<Outcome> = tokens.iter().map(&mut outcome).collect();
        let highest = self.phrases.highest();
        let bank = |outcome: &Outcome| match outcome {
            Outcome::Complete => (self.complete + 1) * highest,
            Outcome::Begun => self.complete * highest + self.begun(*phrase, &shared),
            Outcome::Broken => self.complete * highest,
        };
        outcomes.iter().map(bank).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[u32]) -> Vec<TokenId> {
        list.iter().copied().map(TokenId).collect()
    }

    #[test]
    fn progress_is_kept_broken_off_and_completed() {
        let phrases = Phrases::new(vec![vec![ids(&[1, 2, 3])], vec![ids(&[4]), ids(&[5, 6])]]).unwrap();
        let of = |text: &[u32]| Progress::of(&phrases, &ids(text));
        assert_eq!((of(&[]).bank(), of(&[]).advance()), (0, ids(&[1, 4, 5])));
        assert_eq!((of(&[1]).bank(), of(&[1]).advance()), (1, ids(&[2])));
        assert_eq!(of(&[1, 2, 9]).bank(), 0);
        assert_eq!(of(&[1, 2, 9]).advance(), ids(&[4, 5, 1])); // broken off: last in the order
        assert_eq!((of(&[1, 2, 3]).bank(), of(&[4]).bank()), (3, 3));
        assert!(of(&[1, 2, 3, 5, 6]).is_met() && of(&[4, 0, 1, 2, 3, 7]).is_met() && !of(&[4, 4, 4]).is_met());
        let forked = Phrases::new(vec![vec![ids(&[1, 2]), ids(&[1, 3, 4])]]).unwrap();
        let begun = Progress::of(&forked, &ids(&[1]));
        assert_eq!(begun.advance(), ids(&[2, 3]));
        assert_eq!(
            begun.advanced_banks(&begun.advance()),
            [3, 0],
            "the second is held against what the first has said"
        );
        assert!(!of(&[1, 1, 2, 3, 4]).is_met(), "the second 1 breaks off what the first began");
    }

    #[test]
    fn alternatives_must_be_told_apart() {
        assert!(Phrases::new(vec![vec![ids(&[1]), ids(&[1, 2])]]).is_none());
        assert!(Phrases::new(vec![vec![ids(&[1]), ids(&[1])]]).is_none());
        assert!(
            Phrases::new(vec![vec![ids(&[])]]).is_none()
                && Phrases::new(vec![vec![]]).is_none()
                && Phrases::new(vec![]).is_none()
        );
    }
}

//! Where the end of a text has occurred before.

use beamline_tokens::TokenId;
use std::collections::BTreeMap;

/// The state of no tokens at all.
const ROOT: u32 = 0;

/// All runs of tokens in a text, each with the place where it first ended: a suffix automaton (Blumer et al., 1985), which
/// holds them in memory that grows as the text does. Adding a token takes a few steps, on average, however long the text is
/// and however long a run may be.
pub(super) struct Runs {
    /// The most tokens to look for.
    longest: usize,
    states: Vec<State>,
    /// Which state a token leads to.
    next: BTreeMap<(u32, TokenId), u32>,
    /// The whole text's state.
    whole: u32,
    /// Of the text's ends with at most `longest` tokens the longest one that occurred before: its state, and its tokens.
    found: (u32, usize),
}

/// Runs that end in the same places; each is an end of the longest.
struct State {
    /// Tokens of the longest.
    longest: usize,
    /// The state of the ends that are too short to be of this one.
    shorter: Option<u32>,
    /// How many tokens of the text there are up to the end of the first occurrence.
    first_end: usize,
}

impl Runs {
    /// Those of an empty text.
    pub(super) fn new(longest: usize) -> Self {
        let root = State { longest: 0, shorter: None, first_end: 0 };
        Self { longest, states: vec![root], next: BTreeMap::new(), whole: ROOT, found: (ROOT, 0) }
    }

    /// The place after the leftmost earlier occurrence of the text's last tokens: of as many as have occurred, but at most
    /// `longest`. None where even the last one is new.
    pub(super) fn continuation(&self) -> Option<usize> {
        let (state, tokens) = self.found;
        (tokens > 0).then(|| self.state(state).first_end)
    }

    /// Takes the token that the text goes on with.
    pub(super) fn push(&mut self, token: TokenId) {
        // First, since the token's own place is no earlier occurrence.
        self.find(token);
        self.add(token);
        self.settle();
    }

    fn state(&self, state: u32) -> &State {
        &self.states[state as usize]
    }

    /// Carries what was found on by a token, or else a shorter end of it.
    fn find(&mut self, token: TokenId) {
        let (mut state, mut tokens) = self.found;
        loop {
            if let Some(&next) = self.next.get(&(state, token)) {
                self.found = (next, tokens + 1);
                return;
            }
            let Some(shorter) = self.state(state).shorter else { break };
            (state, tokens) = (shorter, self.state(shorter).longest);
        }
        self.found = (ROOT, 0);
    }

    /// Cuts what was found to the most tokens, and finds its state: one that was parted, or that of a shorter end.
    fn settle(&mut self) {
        let (mut state, tokens) = (self.found.0, self.found.1.min(self.longest));
        while let Some(shorter) = self.state(state).shorter.filter(|&shorter| self.state(shorter).longest >= tokens) {
            state = shorter;
        }
        self.found = (state, tokens);
    }

    /// Adds the runs that end in a token.
    fn add(&mut self, token: TokenId) {
        let length = self.state(self.whole).longest + 1;
        let new = self.push_state(State { longest: length, shorter: Some(ROOT), first_end: length });
        let mut at = Some(self.whole);
        self.whole = new;
        while let Some(state) = at.filter(|&state| !self.next.contains_key(&(state, token))) {
            self.next.insert((state, token), new);
            at = self.state(state).shorter;
        }
        if let Some(state) = at {
            let known = self.part(state, token);
            self.states[new as usize].shorter = Some(known);
        }
    }

    /// The state of `state`'s longest run and a token, parted from longer runs if it was theirs too: they end in fewer places
    /// from now on.
    fn part(&mut self, state: u32, token: TokenId) -> u32 {
        let (joint, longest) = (self.next[&(state, token)], self.state(state).longest + 1);
        let State { longest: of_joint, shorter, first_end } = *self.state(joint);
        if of_joint == longest {
            return joint;
        }
        let parted = self.push_state(State { longest, shorter, first_end });
        let theirs = (joint, TokenId(0))..=(joint, TokenId(u32::MAX));
        let copied: Vec<(TokenId, u32)> = self.next.range(theirs).map(|(&(_, token), &to)| (token, to)).collect();
        self.next.extend(copied.into_iter().map(|(token, to)| ((parted, token), to)));
        let mut at = Some(state);
        while let Some(state) = at.filter(|&state| self.next.get(&(state, token)) == Some(&joint)) {
            self.next.insert((state, token), parted);
            at = self.state(state).shorter;
        }
        self.states[joint as usize].shorter = Some(parted);
        parted
    }

    fn push_state(&mut self, state: State) -> u32 {
        self.states.push(state);
        self.states.len() as u32 - 1
    }
}

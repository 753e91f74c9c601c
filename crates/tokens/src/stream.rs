//! Text that grows token by token.

use crate::characters::move_decided;
use crate::vocabulary::Leading;
use crate::{Beginning, Special, TokenId, Tokenizer};

/// Turns tokens into text as they come, never showing part of a character.
///
/// Bytes are held back while they may still become a character; bytes that cannot are shown as U+FFFD, one for each
/// stretch, as [`String::from_utf8_lossy`] does. The pieces joined are what [`Tokenizer::decode`] gives for all ids at
/// once, whatever the ids are.
///
/// A tokenizer whose decoder needs the whole text (WordPiece and the like, which no model here uses) gives all of it
/// from [`finish`](Self::finish).
#[derive(Clone, Debug)]
pub struct TextStream<'a> {
    tokenizer: &'a Tokenizer,
    state: TextState,
}

impl Tokenizer {
    /// A decoder that takes tokens one by one.
    pub fn stream(&self, special: Special, beginning: Beginning) -> TextStream<'_> {
        TextStream::new(self, special, beginning)
    }
}

impl<'a> TextStream<'a> {
    fn new(tokenizer: &'a Tokenizer, special: Special, beginning: Beginning) -> Self {
        Self { tokenizer, state: TextState::new(tokenizer, special, beginning) }
    }

    /// Takes one token; returns the text that is certain now, which may be empty.
    pub fn push(&mut self, id: TokenId) -> &str {
        self.state.push(self.tokenizer, id)
    }

    /// Ends the text; returns what was still held back.
    pub fn finish(&mut self) -> &str {
        self.state.finish(self.tokenizer)
    }
}

/// What a [`TextStream`] holds between two tokens, without the tokenizer: for who must own it. Every call takes the
/// tokenizer that it was made with.
#[derive(Clone, Debug)]
pub struct TextState {
    special: Special,
    /// What may still be dropped from the beginning.
    leading: Leading,
    /// Bytes of a character that is still coming.
    held: Vec<u8>,
    /// Where bytes do not decide: all ids so far.
    ids: Vec<TokenId>,
    /// What the last call gave out.
    out: String,
}

impl TextState {
    /// Before the first token.
    pub fn new(tokenizer: &Tokenizer, special: Special, beginning: Beginning) -> Self {
        let leading = match beginning {
            Beginning::Text => tokenizer.vocabulary().leading,
            Beginning::Continuation => Leading::Keep,
        };
        Self { special, leading, held: Vec::new(), ids: Vec::new(), out: String::new() }
    }

    /// Takes one token; returns the text that is certain now, which may be empty.
    pub fn push(&mut self, tokenizer: &Tokenizer, id: TokenId) -> &str {
        self.out.clear();
        let vocabulary = tokenizer.vocabulary();
        if self.special == Special::Drop && vocabulary.is_special(id) {
            return &self.out;
        }
        if !tokenizer.by_bytes() {
            self.ids.push(id);
            return &self.out;
        }
        let mut bytes = vocabulary.bytes(id);
        match self.leading {
            Leading::Keep => {}
            Leading::Strip(most) => {
                let spaces = bytes.iter().take(most).take_while(|&&b| b == b' ').count();
                bytes = &bytes[spaces..];
                self.leading = if bytes.is_empty() { Leading::Strip(most - spaces) } else { Leading::Keep };
            }
            Leading::FirstToken => {
                self.held.extend(bytes.iter().filter(|&&b| b != b' '));
                bytes = &[];
                self.leading = Leading::Keep;
            }
        }
        self.held.extend(bytes);
        move_decided(&mut self.held, &mut self.out);
        &self.out
    }

    /// Takes bytes as they are; returns the text that is certain now, which may be empty.
    pub fn push_bytes(&mut self, bytes: &[u8]) -> &str {
        self.out.clear();
        self.held.extend(bytes);
        move_decided(&mut self.held, &mut self.out);
        &self.out
    }

    /// Ends the text; returns what was still held back.
    pub fn finish(&mut self, tokenizer: &Tokenizer) -> &str {
        self.out.clear();
        if tokenizer.by_bytes() {
            self.out.push_str(&String::from_utf8_lossy(&self.held));
        } else {
            self.out = tokenizer.decode_whole(&self.ids);
        }
        self.held.clear();
        self.ids.clear();
        &self.out
    }
}

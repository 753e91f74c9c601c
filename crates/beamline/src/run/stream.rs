//! Text as it comes: whole characters, and never a part of a stop string that is to be cut.

use super::batch::Budget;
use super::engine::Engine;
use super::prompt::Prompt;
use super::session::Session;
use crate::error::Error;
use crate::observe::SessionId;
use crate::options::Plan;
use beamline_search::{FinishReason, NodeId, State, StopStrings, Tree};
use beamline_tokens::{Beginning, Special, TextState, TokenId, Tokenizer};
use std::collections::VecDeque;
use std::sync::Arc;

/// The text of one sequence, token by token. There is one rule for where it is cut, and it is that of the search that
/// ended it: the bytes from the stop string's first on are left out. While bytes may be the beginning of one they are held
/// back.
pub(crate) struct SequenceText {
    tokenizer: Arc<Tokenizer>,
    text: TextState,
    /// Stop strings to cut before, and the tokens' bytes that may be the beginning of one.
    held: Option<HeldBack>,
    out: String,
}

/// Bytes that are not given out yet.
struct HeldBack {
    stops: StopStrings,
    /// Each with whether it is text of the sequence: the prompt's bytes and the names of special tokens are not.
    bytes: VecDeque<(u8, bool)>,
}

impl SequenceText {
    pub(crate) fn new(tokenizer: &Arc<Tokenizer>, session: &Session) -> Self {
        let held = session.cut().map(|stops| {
            // A stop string may begin in the prompt.
            let bytes = stops.before(session.tree(), Tree::ROOT).into_iter().map(|byte| (byte, false)).collect();
            HeldBack { stops: stops.clone(), bytes }
        });
        let text = TextState::new(tokenizer, Special::Drop, Beginning::Continuation);
        Self { tokenizer: Arc::clone(tokenizer), text, held, out: String::new() }
    }

    /// Takes the tokens that follow, up to `last`, the last of them; gives the text that is certain now, which may be empty.
    pub(crate) fn extend(&mut self, tokens: &[TokenId], session: &Session, last: NodeId) -> String {
        let stopped = matches!(session.state(last), State::Finished(FinishReason::Stop(_)));
        let mut text = String::new();
        for (at, &token) in tokens.iter().enumerate() {
            // Of the token that a stop string ends in nothing is certain before `finish` has cut it.
            text += self.push(token, stopped && at + 1 == tokens.len());
        }
        text
    }

    /// Takes a token, to be held back as a whole or as far as it may begin a stop string.
    fn push(&mut self, token: TokenId, hold: bool) -> &str {
        let Some(held) = &mut self.held else { return self.text.push(&self.tokenizer, token) };
        let vocabulary = self.tokenizer.vocabulary();
        let visible = !vocabulary.is_special(token);
        held.bytes.extend(vocabulary.bytes(token).iter().map(|&byte| (byte, visible)));
        if !self.tokenizer.by_bytes() {
            return self.text.push(&self.tokenizer, token);
        }
        let certain = if hold {
            0
        } else {
            held.bytes.len() - held.stops.may_begin(held.bytes.iter().rev().map(|(byte, _)| *byte))
        };
        let bytes: Vec<u8> = held.bytes.drain(..certain).filter(|(_, shown)| *shown).map(|(byte, _)| byte).collect();
        self.text.push_bytes(&bytes)
    }

    /// Ends the text at a node, or where it stands now; gives what was still held back, but for a stop string.
    pub(crate) fn finish(&mut self, session: &Session, last: NodeId) -> &str {
        self.out.clear();
        if let Some(mut held) = self.held.take() {
            let stopped = matches!(session.state(last), State::Finished(FinishReason::Stop(_)));
            if !stopped && !self.tokenizer.by_bytes() {
                self.out.push_str(self.text.finish(&self.tokenizer));
                return &self.out;
            }
            if stopped {
                let node = session.tree().node(last);
                let found = node.parent.and_then(|parent| held.stops.found(session.tree(), parent, node.token));
                // One that began in the prompt has all of the text in it.
                held.bytes.truncate(held.bytes.len().saturating_sub(found.map_or(0, |found| found.back)));
            }
            let bytes: Vec<u8> = held.bytes.into_iter().filter(|(_, shown)| *shown).map(|(byte, _)| byte).collect();
            self.out.push_str(self.text.push_bytes(&bytes));
            if !self.tokenizer.by_bytes() {
                return &self.out;
            }
        }
        self.out.push_str(self.text.finish(&self.tokenizer));
        &self.out
    }
}

/// News of one sequence: what it has come to since the last time.
#[derive(Clone, PartialEq, Debug)]
pub struct TextDelta {
    /// The sequence's place among its session's, from 0.
    pub sequence: usize,
    /// New text, which may be empty: bytes of a character that is still coming, and what may be the beginning of a stop
    /// string that is to be cut, are held back.
    pub text: String,
    /// New tokens, the end token among them.
    pub token_ids: Vec<TokenId>,
    /// The node of the last token, for its numbers ([`Session::tree`]).
    pub node: NodeId,
    /// Why the sequence ended, with its last news; none while it goes on, and where it was interrupted.
    pub finish: Option<FinishReason>,
    /// The stop string that ended it.
    pub stop_string: Option<String>,
}

/// The texts of a session's sequences as they come, for any number of sequences. It owns what it needs, so it can be kept
/// beside the session, in another task or behind a foreign language's object.
///
/// All texts of a sequence joined are its text in a [`Completion`](crate::Completion), whatever the steps were. Of
/// searches whose texts may change until they end (beams), everything comes at the end.
///
/// ```
/// use beamline::{Budget, Engine, Options, TextDeltas};
/// let engine = Engine::open("builtin")?;
/// let options = Options::new().do_sample(true).seed(7).num_return_sequences(2).max_new_tokens(8);
/// let mut sessions = [engine.session("Once upon a time", &engine.plan(&options)?)?];
/// let mut deltas = TextDeltas::new(&engine, &sessions[0]);
/// let mut texts = [String::new(), String::new()];
/// while !sessions[0].is_done() {
///     engine.step(&mut sessions, Budget::ALL, &mut ())?;
///     for news in deltas.take(&sessions[0]) {
///         texts[news.sequence] += &news.text;
///     }
/// }
/// let whole = engine.completion(&sessions);
/// assert_eq!(texts, [whole.sequences[0].text.as_str(), whole.sequences[1].text.as_str()]);
/// # Ok::<(), beamline::Error>(())
/// ```
pub struct TextDeltas {
    session: SessionId,
    tokenizer: Arc<Tokenizer>,
    sequences: Vec<SequenceProgress>,
}

/// How much of a sequence has been given out.
struct SequenceProgress {
    text: SequenceText,
    last: NodeId,
    over: bool,
}

impl std::fmt::Debug for TextDeltas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let progress: Vec<(NodeId, bool)> =
            self.sequences.iter().map(|progress| (progress.last, progress.over)).collect();
        f.debug_struct("TextDeltas").field("sequences", &progress).finish_non_exhaustive()
    }
}

impl TextDeltas {
    /// Begins with nothing of a session given out.
    pub fn new(engine: &Engine, session: &Session) -> Self {
        Self { session: session.id(), tokenizer: Arc::clone(engine.tokenizer()), sequences: Vec::new() }
    }

    /// What is new since the last call, and what was held back: for a session that is interrupted. Nothing comes after it.
    ///
    /// # Panics
    /// When `session` is another than these began with.
    pub fn finish(&mut self, session: &Session) -> Vec<TextDelta> {
        self.news(session, true)
    }

    /// What is new since the last call, by sequence; nothing where nothing is. `session` is the one that this began with.
    /// Of a session that is done, each sequence's last news ends its text.
    ///
    /// # Panics
    /// When `session` is another than these began with.
    pub fn take(&mut self, session: &Session) -> Vec<TextDelta> {
        if session.streams() || session.is_done() { self.news(session, session.is_done()) } else { Vec::new() }
    }

    fn news(&mut self, session: &Session, last: bool) -> Vec<TextDelta> {
        assert_eq!(session.id(), self.session, "deltas are of one session");
        let mut news = Vec::new();
        for (sequence, found) in session.results().into_iter().enumerate() {
            if self.sequences.len() <= sequence {
                let text = SequenceText::new(&self.tokenizer, session);
                self.sequences.push(SequenceProgress { text, last: Tree::ROOT, over: false });
            }
            let progress = &mut self.sequences[sequence];
            if progress.over {
                continue;
            }
            let (tree, node) = (session.tree(), found.node);
            let new = tree.last_tokens(node, tree.depth(node) - tree.depth(progress.last));
            let mut text = progress.text.extend(&new, session, node);
            progress.last = node;
            let finish = match session.state(node) {
                State::Finished(reason) => Some(reason),
                State::Open => None,
            };
            progress.over = finish.is_some() || last;
            if progress.over {
                text += progress.text.finish(session, node);
            }
            if progress.over || !new.is_empty() {
                let stop_string = finish.and_then(|reason| session.plan().stop_string(reason)).map(str::to_owned);
                news.push(TextDelta { sequence, text, token_ids: new, node, finish, stop_string });
            }
        }
        news
    }
}

/// The text of a prompt's sequences, piece by piece; made by [`Engine::stream`]. Dropping it ends the generation.
#[derive(Debug)]
pub struct TextIter<'a> {
    engine: &'a Engine,
    session: [Session; 1],
    deltas: TextDeltas,
    ready: VecDeque<TextDelta>,
    over: bool,
}

impl TextIter<'_> {
    /// The session behind it: its tree, its numbers, its timings.
    pub fn session(&self) -> &Session {
        &self.session[0]
    }

    fn step(&mut self) -> Result<(), Error> {
        self.engine.step(&mut self.session, Budget::ALL, &mut ())?;
        self.ready.extend(self.deltas.take(&self.session[0]));
        Ok(())
    }
}

impl Iterator for TextIter<'_> {
    type Item = Result<TextDelta, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(news) = self.ready.pop_front() {
                return Some(Ok(news));
            }
            if self.over {
                return None;
            }
            if self.session[0].is_done() {
                self.over = true;
                return self.session[0].take_error().map(Err);
            }
            if let Err(error) = self.step() {
                self.over = true;
                return Some(Err(error));
            }
        }
    }
}

impl Engine {
    /// Continues a prompt and gives its text as it comes.
    ///
    /// ```
    /// use beamline::{Engine, Options};
    /// let engine = Engine::open("builtin")?;
    /// let plan = engine.plan(&Options::new().max_new_tokens(10))?;
    /// let mut text = String::new();
    /// for piece in engine.stream("Once upon a time", &plan)? {
    ///     text += &piece?.text;
    /// }
    /// assert_eq!(text, engine.complete("Once upon a time", &plan)?.sequences[0].text);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`session`](Self::session); what goes wrong later comes from the iterator, which then ends.
    pub fn stream(&self, prompt: impl Into<Prompt>, plan: &Plan) -> Result<TextIter<'_>, Error> {
        let session = self.session(prompt, plan)?;
        let deltas = TextDeltas::new(self, &session);
        let over = session.is_done();
        Ok(TextIter { engine: self, session: [session], deltas, ready: VecDeque::new(), over })
    }
}

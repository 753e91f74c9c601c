//! What a request hands to the scheduler, and what it is told.

use beamline::{Engine, Geometry, Observer, Session, TokenId, TokenStats};
use std::time::Instant;
use tokio::sync::oneshot;

/// Something to be done by the engine.
pub(crate) enum Work {
    /// Prompts to be continued.
    Generate(Generation),
    /// Texts to be scored.
    Score(Scores),
}

/// Prompts to be continued, of one request.
pub(crate) struct Generation {
    /// Sessions that have not begun. They are told apart by their places.
    pub(crate) sessions: Vec<Session>,
    /// Whether all must begin in the same step (they share one stream of random numbers).
    pub(crate) together: bool,
    /// Who is told.
    pub(crate) listener: Box<dyn Listener>,
    /// When the request came.
    pub(crate) arrived: Instant,
    /// When it is too late.
    pub(crate) deadline: Instant,
}

/// Who is told what becomes of a request's sessions, on the engine's thread: it must be quick. As an [`Observer`] it hears of its
/// own sessions alone, by their places in the request.
pub(crate) trait Listener: Observer + Send {
    /// Whether nobody waits for an answer any more.
    fn is_gone(&self) -> bool;
    /// Whether it has so much to hand on that the search should wait for its reader.
    fn is_behind(&self) -> bool {
        false
    }
    /// A step was taken in which the session at this place took part.
    fn stepped(&mut self, _engine: &Engine, _place: usize, _session: &Session) {}
    /// Nothing more comes. The sessions are in order of place; those that failed say why.
    fn ended(self: Box<Self>, engine: &Engine, sessions: Vec<Session>, end: Ended);
}

/// How a request's work ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// All sessions are done.
    Done,
    /// Its deadline passed.
    Late,
    /// The server ends.
    Stopped,
}

/// Texts to be scored, of one request.
pub(crate) struct Scores {
    /// The texts.
    pub(crate) texts: Vec<TextToScore>,
    /// How many of the best tokens to name at each place.
    pub(crate) top: usize,
    /// Who waits for the results, in the order of the texts.
    pub(crate) answer: oneshot::Sender<Result<Vec<ScoredText>, Ended>>,
    /// When the request came.
    pub(crate) arrived: Instant,
    /// When it is too late.
    pub(crate) deadline: Instant,
}

/// A text to be scored.
#[derive(Clone, Debug)]
pub(crate) struct TextToScore {
    /// Its tokens, all valid, as many as the context holds at most.
    pub(crate) tokens: Vec<TokenId>,
    /// The first token that wants numbers.
    pub(crate) from: usize,
    /// The place of a text of the same request that goes ahead, since this one may begin as it does and find that read.
    pub(crate) after: Option<usize>,
}

/// A text's numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScoredText {
    /// The first token that has numbers.
    pub(crate) from: usize,
    /// Of the tokens from there on.
    pub(crate) stats: Vec<TokenStats>,
    /// The best tokens at each of these places, with their log-probabilities.
    pub(crate) top: Vec<Vec<(TokenId, f64)>>,
    /// Why there are no more numbers, where it failed.
    pub(crate) error: Option<String>,
}

impl TextToScore {
    /// Blocks of keys and values that it takes.
    pub(super) fn blocks(&self) -> usize {
        self.tokens.len().div_ceil(Geometry::BLOCK)
    }
}

impl Work {
    /// The blocks of keys and values without which it cannot run: of its largest session, or of all that must run together.
    pub(super) fn least_blocks(&self) -> usize {
        match self {
            Self::Generate(work) if work.together => work.sessions.iter().map(Session::most_cache_blocks).sum(),
            Self::Generate(work) => work.sessions.iter().map(Session::most_cache_blocks).max().unwrap_or(0),
            Self::Score(work) => work.texts.iter().map(TextToScore::blocks).max().unwrap_or(0),
        }
    }
}

//! What an observer hears while searches run.

use beamline_search::{Outlook, SearchEvent, SearchObserver, Tip};
use beamline_shape::Logits;
use beamline_tokens::TokenId;
use std::fmt;

/// A session's number: no other session of its engine has it, and one that began later has a greater one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId(pub(crate) u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Something that happened in one session.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The session's place among those that were stepped: the prompt's number in its batch.
    pub session: usize,
    /// The session's number, which stays the same when others join and leave.
    pub id: SessionId,
    /// The step, from 0: how many times this session's search has grown before.
    pub step: usize,
    /// What happened.
    pub kind: EventKind<'a>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum EventKind<'a> {
    /// A processor has acted on the row that follows a tip.
    Stage {
        /// What it did.
        stage: Stage<'a>,
        /// The row as it left it.
        row: &'a Logits,
    },
    /// A row has been shaped and is about to be chosen from: the tokens it follows, and the row.
    Row {
        /// Prompt and path.
        tokens: &'a [TokenId],
        /// The row, raw and shaped.
        outlook: Outlook<'a>,
    },
    /// A candidate was considered, a number drawn, the pool changed, or the search ended.
    Search {
        /// What the search told.
        event: SearchEvent<'a>,
        /// The raw model's log-probability of the candidate or the drawn token.
        raw_logprob: Option<f64>,
    },
}

/// What one processor did to one row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stage<'a> {
    /// Whose row it is.
    pub tip: Tip,
    /// The processor's name.
    pub processor: &'a str,
    /// Tokens left.
    pub kept: usize,
    /// Tokens that it removed.
    pub removed: usize,
    /// The probability that those had just before.
    pub removed_probability: f64,
}

/// Watches searches while they run. `()` watches nothing, and then nothing is made for it.
pub trait Observer {
    /// Whether to make events of this kind for a session, given by its place among those that are stepped. Asked at every
    /// step: who watches one session costs its neighbours nothing.
    fn wants(&self, _session: usize, _interest: Interest) -> bool {
        false
    }
    /// Hears of an event.
    fn event(&mut self, _event: &Event<'_>) {}
}

/// Kinds of events, by what they cost to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interest {
    /// [`EventKind::Row`].
    Rows,
    /// [`EventKind::Stage`].
    Stages,
    /// [`EventKind::Search`].
    Search,
}

impl Observer for () {}

/// Looks at a row after each processor.
pub(crate) struct Stages {
    before: Logits,
}

impl Stages {
    pub(crate) fn new(row: &Logits) -> Self {
        Self { before: row.clone() }
    }

    pub(crate) fn after<'a>(&mut self, tip: Tip, processor: &'a str, row: &Logits) -> Stage<'a> {
        let sums = self.before.sums();
        let gone = |&(id, value): &(TokenId, f32)| value > f32::NEG_INFINITY && row.get(id).is_none();
        let p = |value: f32| libm::exp(f64::from(value) - sums.log_sum());
        let (removed, mass) =
            self.before.iter().filter(gone).fold((0, 0.0), |(n, mass), (_, value)| (n + 1, mass + p(value)));
        self.before.clone_from(row);
        Stage { tip, processor, kept: row.live(), removed, removed_probability: mass }
    }
}

/// Passes a search's own telling on to an observer.
pub(crate) struct Forward<'a, 'o> {
    pub(crate) observer: &'o mut dyn Observer,
    pub(crate) session: usize,
    pub(crate) id: SessionId,
    pub(crate) step: usize,
    pub(crate) outlooks: &'a [Outlook<'a>],
    /// What turns each outlook's raw logits into log-probabilities.
    pub(crate) log_sums: &'a [f64],
}

impl SearchObserver for Forward<'_, '_> {
    fn wants(&self) -> bool {
        self.observer.wants(self.session, Interest::Search)
    }

    fn on_event(&mut self, event: SearchEvent<'_>) {
        let of = |parent, token: TokenId| {
            let i = self.outlooks.iter().position(|outlook| outlook.tip.node == parent)?;
            self.outlooks[i].raw.get(token.index()).map(|&logit| f64::from(logit) - self.log_sums[i])
        };
        let raw_logprob = match &event {
            SearchEvent::Candidate(candidate) => of(candidate.parent, candidate.token),
            SearchEvent::Draw(draw) => of(draw.parent, draw.token),
            _ => None,
        };
        let kind = EventKind::Search { event, raw_logprob };
        self.observer.event(&Event { session: self.session, id: self.id, step: self.step, kind });
    }
}

//! Listeners: what a request hears of its sessions.

use crate::ranking::best;
use crate::scheduler::{Ended, Listener};
use beamline::{
    Engine, Event, EventKind, GeneratedToken, Interest, NodeId, Observer, Session, TextDelta, TextDeltas, TokenId,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// The best tokens of rows, each with its log-probability.
pub(crate) type Best = Vec<(TokenId, f64)>;

/// The best tokens of the rows that a request's sessions were chosen from: by the session's place, and the node that the row
/// follows.
pub(crate) struct Tops {
    engine: Arc<Engine>,
    count: usize,
    rows: BTreeMap<(usize, NodeId), Best>,
}

impl Tops {
    /// Gathers `count` tokens of each row; none for 0.
    pub(crate) fn new(engine: &Arc<Engine>, count: usize) -> Self {
        Self { engine: Arc::clone(engine), count, rows: BTreeMap::new() }
    }

    /// Those of the row that a node was chosen from.
    pub(crate) fn before(&self, place: usize, session: &Session, node: NodeId) -> Best {
        let parent = session.tree().node(node).parent;
        parent.and_then(|parent| self.rows.get(&(place, parent))).cloned().unwrap_or_default()
    }
}

impl Observer for Tops {
    fn wants(&self, _: usize, interest: Interest) -> bool {
        self.count > 0 && interest == Interest::Rows
    }

    fn event(&mut self, event: &Event<'_>) {
        if let EventKind::Row { outlook, .. } = &event.kind {
            let sums = self.engine.sums(outlook.raw);
            self.rows.entry((event.session, outlook.tip.node)).or_insert_with(|| best(outlook.raw, &sums, self.count));
        }
    }
}

/// What a request's sessions came to.
pub(crate) struct Answer {
    /// In the order of its prompts. They may have failed.
    pub(crate) sessions: Vec<Session>,
    /// The best tokens beside those that were chosen.
    pub(crate) tops: Tops,
    /// How it ended.
    pub(crate) ended: Ended,
}

/// Waits for the end.
pub(crate) struct Whole {
    pub(crate) answer: oneshot::Sender<Answer>,
    pub(crate) tops: Tops,
}

impl Observer for Whole {
    fn wants(&self, place: usize, interest: Interest) -> bool {
        self.tops.wants(place, interest)
    }
    fn event(&mut self, event: &Event<'_>) {
        self.tops.event(event);
    }
}

impl Listener for Whole {
    fn is_gone(&self) -> bool {
        self.answer.is_closed()
    }
    fn ended(self: Box<Self>, _: &Engine, sessions: Vec<Session>, ended: Ended) {
        // Whoever asked may be gone.
        let _ = self.answer.send(Answer { sessions, tops: self.tops, ended });
    }
}

/// Waits for the end, while an observer of the route's own watches.
pub(crate) struct Watching<O> {
    pub(crate) answer: oneshot::Sender<(O, Vec<Session>, Ended)>,
    pub(crate) observer: O,
}

impl<O: Observer> Observer for Watching<O> {
    fn wants(&self, place: usize, interest: Interest) -> bool {
        self.observer.wants(place, interest)
    }
    fn event(&mut self, event: &Event<'_>) {
        self.observer.event(event);
    }
}

impl<O: Observer + Send> Listener for Watching<O> {
    fn is_gone(&self) -> bool {
        self.answer.is_closed()
    }
    fn ended(self: Box<Self>, _: &Engine, sessions: Vec<Session>, ended: Ended) {
        // Whoever asked may be gone.
        let _ = self.answer.send((self.observer, sessions, ended));
    }
}

/// New text of one sequence, with its tokens.
#[derive(Debug)]
pub(crate) struct Delta {
    /// The session's place.
    pub(crate) place: usize,
    pub(crate) news: TextDelta,
    pub(crate) tokens: Vec<(GeneratedToken, Best)>,
}

/// What a stream hears.
pub(crate) enum News {
    /// Text.
    Text(Vec<Delta>),
    /// The end, with what text there still is.
    End(Vec<Delta>, Answer),
}

/// Hands text on as it comes. A reader that is slow holds nobody up: what it has not taken comes in one piece when it does. The
/// place of the last news is kept from the beginning, so the end never waits.
pub(crate) struct Stream {
    news: mpsc::Sender<News>,
    last: mpsc::OwnedPermit<News>,
    deltas: Vec<TextDeltas>,
    tops: Tops,
    /// Whether tokens are handed on too.
    tokens: bool,
}

/// News that wait for their reader, the last ones apart.
const WAITING: usize = 16;

impl Stream {
    /// A stream of sessions that have not begun, and where it is read.
    pub(crate) fn new(engine: &Engine, sessions: &[Session], tops: Tops, tokens: bool) -> (Self, mpsc::Receiver<News>) {
        let (news, receiver) = mpsc::channel(WAITING + 1);
        let last = news.clone().try_reserve_owned().expect("a new channel has room");
        let deltas = sessions.iter().map(|session| TextDeltas::new(engine, session)).collect();
        (Self { news, last, deltas, tops, tokens }, receiver)
    }

    /// Deltas with their tokens.
    fn told(&self, engine: &Engine, place: usize, session: &Session, news: Vec<TextDelta>) -> Vec<Delta> {
        let with = |news: TextDelta| {
            let tokens = if self.tokens && !news.token_ids.is_empty() {
                let branch = session.tree().branch(news.node);
                let new = &branch[branch.len() - news.token_ids.len()..];
                new.iter().map(|&n| (engine.generated_token(session, n), self.tops.before(place, session, n))).collect()
            } else {
                Vec::new()
            };
            Delta { place, news, tokens }
        };
        news.into_iter().map(with).collect()
    }
}

impl Observer for Stream {
    fn wants(&self, place: usize, interest: Interest) -> bool {
        self.tops.wants(place, interest)
    }
    fn event(&mut self, event: &Event<'_>) {
        self.tops.event(event);
    }
}

impl Listener for Stream {
    fn is_gone(&self) -> bool {
        self.news.is_closed()
    }

    fn stepped(&mut self, engine: &Engine, place: usize, session: &Session) {
        let Ok(permit) = self.news.clone().try_reserve_owned() else { return };
        let news = self.deltas[place].take(session);
        let told = self.told(engine, place, session, news);
        if !told.is_empty() {
            permit.send(News::Text(told));
        }
    }

    fn ended(mut self: Box<Self>, engine: &Engine, sessions: Vec<Session>, ended: Ended) {
        let mut rest = Vec::new();
        for (place, session) in sessions.iter().enumerate() {
            let news = if session.error().is_some() {
                self.deltas[place].finish(session)
            } else {
                self.deltas[place].take(session)
            };
            rest.extend(self.told(engine, place, session, news));
        }
        let Self { last, tops, .. } = *self;
        last.send(News::End(rest, Answer { sessions, tops, ended }));
    }
}

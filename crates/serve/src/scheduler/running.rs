//! One request's generation while it runs.

use super::turns::UNREAD;
use super::work::{Ended, Generation, Listener};
use crate::metrics::Metrics;
use beamline::{Asks, Engine, Session};
use std::collections::VecDeque;
use std::time::Instant;

/// A session's place in its request, and its times.
pub(super) struct Seat {
    /// Its place in the request.
    pub(super) place: usize,
    /// Blocks promised to it.
    blocks: usize,
    begun: Instant,
    /// When its first token came, if one did, and its last.
    first: Option<Instant>,
    last: Option<Instant>,
    /// Nodes that its tree had then.
    nodes: usize,
}

/// One request.
pub(super) struct Running {
    waiting: VecDeque<(usize, Session)>,
    pub(super) live: Vec<(Session, Seat)>,
    done: Vec<(usize, Session)>,
    together: bool,
    pub(super) listener: Box<dyn Listener>,
    pub(super) arrived: Instant,
    pub(super) deadline: Instant,
    /// Sessions that have begun.
    pub(super) begun: usize,
}

impl Running {
    pub(super) fn new(work: Generation) -> Self {
        let Generation { sessions, together, listener, arrived, deadline } = work;
        let waiting = sessions.into_iter().enumerate().collect();
        Self { waiting, live: Vec::new(), done: Vec::new(), together, listener, arrived, deadline, begun: 0 }
    }

    /// Whether a session of it may have its turn to begin.
    pub(super) fn may_begin(&self) -> bool {
        let Some(next) = self.next() else { return false };
        let unread = self.reading().map(|session| session.prompt().len()).sum::<usize>();
        unread == 0 || self.together || unread + next.prompt().len() <= UNREAD
    }

    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.live.is_empty()
    }

    /// The session that would begin next.
    pub(super) fn next(&self) -> Option<&Session> {
        self.waiting.front().map(|(_, session)| session)
    }

    /// Those whose prompts are being read.
    pub(super) fn reading(&self) -> impl Iterator<Item = &Session> {
        self.live.iter().filter(|(_, seat)| seat.first.is_none()).map(|(session, _)| session)
    }

    /// How many would begin together.
    fn group(&self) -> usize {
        if self.together { self.waiting.len() } else { 1 }
    }

    /// What those that would begin next need.
    pub(super) fn asks(&self) -> Asks {
        let group = || self.waiting.iter().take(self.group()).map(|(_, session)| session);
        Asks { blocks: group().map(Session::most_cache_blocks).sum(), sessions: group().count() }
    }

    /// Lets those next in turn begin; `ready` sees each before its first step.
    pub(super) fn begin(&mut self, metrics: &Metrics, mut ready: impl FnMut(&mut Session)) {
        if self.begun == 0 {
            metrics.queued(self.arrived.elapsed());
        }
        for _ in 0..self.group() {
            let Some((place, mut session)) = self.waiting.pop_front() else { break };
            self.begun += 1;
            if session.is_done() {
                self.done.push((place, session));
                continue;
            }
            ready(&mut session);
            let (blocks, nodes) = (session.most_cache_blocks(), session.tree().len());
            let seat = Seat { place, blocks, begun: Instant::now(), first: None, last: None, nodes };
            self.live.push((session, seat));
        }
    }

    /// Blocks promised to those that run.
    pub(super) fn promised(&self) -> usize {
        self.live.iter().map(|(_, seat)| seat.blocks).sum()
    }

    /// Tells the listener of a step, and takes out those that are done; `done` sees each of them, and each whose prompt has just
    /// been read.
    pub(super) fn after_step(&mut self, engine: &Engine, metrics: &Metrics, mut read: impl FnMut(&Session)) {
        let now = Instant::now();
        for (session, seat) in &mut self.live {
            let nodes = session.tree().len();
            if nodes == seat.nodes {
                continue;
            }
            match seat.last {
                None => {
                    seat.first = Some(now);
                    metrics.first_token(now - self.arrived, now - seat.begun);
                    read(session);
                }
                Some(last) => metrics.next_token(now - last),
            }
            (seat.last, seat.nodes) = (Some(now), nodes);
            self.listener.stepped(engine, seat.place, session);
        }
        for (mut session, seat) in self.live.extract_if(.., |(session, _)| session.is_done()) {
            // Others may begin with what it has read; its memory is theirs from now on.
            read(&session);
            session.free_cache();
            if let Some(first) = seat.first {
                metrics.decoded(now - first);
            }
            self.done.push((seat.place, session));
        }
    }

    /// Ends it.
    pub(super) fn end(mut self, engine: &Engine, metrics: &Metrics, end: Ended) {
        let rest = self.live.into_iter().map(|(session, seat)| (seat.place, session)).chain(self.waiting);
        self.done.extend(rest.map(|(place, mut session)| {
            session.cancel();
            (place, session)
        }));
        self.done.sort_by_key(|(place, _)| *place);
        let sessions: Vec<Session> = self.done.into_iter().map(|(_, session)| session).collect();
        metrics.finished(&sessions, self.arrived.elapsed());
        self.listener.ended(engine, sessions, end);
    }
}

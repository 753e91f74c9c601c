//! One turn after the other: who came, who is gone, who may begin, a step, a pass, answers.

use super::dispatch::Dispatch;
use super::running::Running;
use super::scoring::ScoreQueue;
use super::turns;
use super::work::{Ended, Work};
use super::{Capacity, IDLE};
use crate::metrics::{Load, Metrics};
use beamline::{Budget, Engine, PrefixStore, Room, Session};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Instant;

/// The scheduler's state, on its thread.
pub(super) struct Loop {
    engine: Arc<Engine>,
    capacity: Capacity,
    metrics: Arc<Metrics>,
    work: Receiver<Work>,
    /// Requests that have not begun.
    waiting: Arc<AtomicUsize>,
    /// How many more sessions may run.
    free: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    store: PrefixStore,
    block_bytes: usize,
    /// In the order in which they came.
    requests: Vec<Running>,
    scores: ScoreQueue,
}

impl Loop {
    pub(super) fn new(
        engine: Arc<Engine>,
        capacity: Capacity,
        metrics: Arc<Metrics>,
        work: Receiver<Work>,
        [waiting, free]: [Arc<AtomicUsize>; 2],
        stop: Arc<AtomicBool>,
    ) -> Self {
        let store = PrefixStore::new(&engine, capacity.cache_bytes);
        let block_bytes = engine.model().geometry().block_bytes();
        let (requests, scores) = (Vec::new(), ScoreQueue::default());
        Self { engine, capacity, metrics, work, waiting, free, stop, store, block_bytes, requests, scores }
    }

    /// Works until it is stopped, and nobody can hand anything in any more, or the model turns out to be broken.
    pub(super) fn run(mut self) {
        loop {
            let more = self.receive();
            if !more || self.stop.load(Ordering::SeqCst) {
                return self.end();
            }
            self.drop_gone();
            self.admit();
            if self.step().is_err() || self.score().is_err() {
                // The model is broken, and every session has been told so.
                return self.end();
            }
            self.answer();
        }
    }

    /// Takes what was handed in; waits for something where there is nothing else to do. False when nobody is left to hand
    /// anything in.
    fn receive(&mut self) -> bool {
        let idle = self.scores.is_empty() && self.requests.iter().all(|request| request.listener.is_behind());
        if idle {
            match self.work.recv_timeout(IDLE) {
                Ok(work) => self.take(work),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        loop {
            match self.work.try_recv() {
                Ok(work) => self.take(work),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return !self.requests.is_empty() || !self.scores.is_empty(),
            }
        }
    }

    fn take(&mut self, work: Work) {
        match work {
            Work::Generate(generation) => self.requests.push(Running::new(generation)),
            Work::Score(scores) => self.scores.push(scores),
        }
    }

    /// Lets go of requests whose clients have gone, and ends those that are late.
    fn drop_gone(&mut self) {
        let now = Instant::now();
        let over = |request: &mut Running| request.listener.is_gone() || now >= request.deadline;
        for request in self.requests.extract_if(.., over).collect::<Vec<_>>() {
            let gone = request.listener.is_gone();
            if gone {
                self.metrics.aborted();
            }
            request.end(&self.engine, &self.metrics, Ended::Late);
        }
        self.scores.drop_gone(now);
    }

    fn room(&self) -> Room {
        Room {
            blocks: self.capacity.session_blocks(self.block_bytes),
            promised: self.requests.iter().map(Running::promised).sum::<usize>() + self.scores.promised(),
            sessions: self.capacity.running,
            running: self.requests.iter().map(|request| request.live.len()).sum(),
        }
    }

    /// Lets those begin for whom there is room.
    fn admit(&mut self) {
        let mut room = self.room();
        loop {
            let may = |request: &Running| request.may_begin() && !self.follows(request);
            let waiting = self.requests.iter().enumerate().filter(|(_, request)| may(request));
            let Some(turn) = turns::next(waiting.map(|(i, request)| (i, request.begun))) else { break };
            let asks = self.requests[turn].asks();
            if !room.has(asks) {
                break;
            }
            room.take(asks);
            let store = &mut self.store;
            self.requests[turn].begin(&self.metrics, |session| store.lend(session));
        }
        self.scores.admit(&self.engine, &mut self.store, &mut room, &self.metrics);
        // What sessions may come to need is not there for beginnings.
        let kept = (self.capacity.cache_bytes / self.block_bytes.max(1)).saturating_sub(room.promised);
        self.store.set_limit(kept * self.block_bytes);
    }

    /// Whether a request's next prompt begins as one that is being read, beyond what is kept: it waits until that is read, and finds
    /// it kept.
    fn follows(&self, request: &Running) -> bool {
        let Some(prompt) = request.next().map(Session::prompt) else { return false };
        // Who waits for its reader reads nothing, and nobody is to wait for that.
        let reads = self.requests.iter().filter(|request| !request.listener.is_behind());
        self.store.will_have(prompt, reads.flat_map(Running::reading))
    }

    /// Takes all sessions a step on, but for those whose readers are behind.
    fn step(&mut self) -> Result<(), beamline::Error> {
        let (mut sessions, mut of): (Vec<Session>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
        let mut seats = Vec::new();
        for (i, request) in self.requests.iter_mut().enumerate().filter(|(_, request)| !request.listener.is_behind()) {
            for (session, seat) in request.live.drain(..) {
                sessions.push(session);
                of.push((i, seat.place));
                seats.push(seat);
            }
        }
        if sessions.is_empty() {
            return Ok(());
        }
        let mut observer = Dispatch { requests: &mut self.requests, of: &of };
        let budget = Budget::tokens(self.capacity.step_tokens);
        let stepped = self.engine.step(&mut sessions, budget, &mut observer);
        for ((session, seat), (request, _)) in sessions.into_iter().zip(seats).zip(of) {
            self.requests[request].live.push((session, seat));
        }
        let step = stepped?;
        self.metrics.stepped(step.tokens);
        let store = &mut self.store;
        for request in self.requests.iter_mut().filter(|request| !request.live.is_empty()) {
            request.after_step(&self.engine, &self.metrics, |session| store.keep(&self.engine, session));
        }
        Ok(())
    }

    /// A pass over texts to be scored.
    fn score(&mut self) -> Result<(), beamline::Error> {
        if self.scores.is_empty() {
            return Ok(());
        }
        let budget = Budget::tokens(self.capacity.step_tokens);
        let tokens = self.scores.step(&self.engine, &mut self.store, budget)?;
        self.metrics.stepped(tokens);
        Ok(())
    }

    /// Answers requests that are done. Before that they are counted as gone: who has an answer does not find itself among those that
    /// run.
    fn answer(&mut self) {
        let over: Vec<Running> = self.requests.extract_if(.., |request| request.is_over()).collect();
        self.report();
        for request in over {
            request.end(&self.engine, &self.metrics, Ended::Done);
        }
        self.scores.answer();
    }

    /// Tells how much is going on.
    fn report(&self) {
        let waiting = self.requests.iter().filter(|request| request.begun == 0).count() + self.scores.waiting();
        self.waiting.store(waiting, Ordering::SeqCst);
        let room = self.room();
        self.free.store(room.sessions.saturating_sub(room.running), Ordering::SeqCst);
        let stats = self.store.stats();
        self.metrics.load(&Load {
            running: self.requests.iter().filter(|request| request.begun > 0).count() + self.scores.running(),
            sessions: room.running,
            waiting,
            promised_bytes: room.promised * self.block_bytes,
            kept_bytes: stats.bytes,
            cache_bytes: self.capacity.cache_bytes,
            prefix: stats,
        });
    }

    /// Ends all that is left.
    fn end(mut self) {
        while let Ok(work) = self.work.try_recv() {
            self.take(work);
        }
        for request in std::mem::take(&mut self.requests) {
            request.end(&self.engine, &self.metrics, Ended::Stopped);
        }
        self.scores.stop();
        self.report();
    }
}

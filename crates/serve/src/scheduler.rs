//! Sessions in, one step after the other, what they come to out: continuous batching on a thread of its own.
//!
//! Requests of any strategy join and leave at every step. a session begins when there is room for it (`beamline::Room`), `turns` says whose,
//! `turn` is one turn of the loop (a step of all sessions, then a pass over texts to be scored), `work` is what a request hands
//! in, and `dispatch` tells each request what happened in its own sessions. Nothing here knows HTTP or JSON.

mod dispatch;
mod running;
mod scoring;
mod turn;
mod turns;
mod work;

pub(crate) use work::{Ended, Generation, Listener, ScoredText, Scores, TextToScore, Work};

use crate::metrics::Metrics;
use beamline::Engine;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use turn::Loop;

/// How much the scheduler takes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// Bytes of keys and values, of sessions and of beginnings kept for later together.
    pub(crate) cache_bytes: usize,
    /// Sessions that run together.
    pub(crate) running: usize,
    /// Requests that wait.
    pub(crate) waiting: usize,
    /// Tokens of a step.
    pub(crate) step_tokens: usize,
}

impl Capacity {
    /// Blocks that sessions may hold; the rest is always there for beginnings of prompts.
    fn session_blocks(&self, block_bytes: usize) -> usize {
        (self.cache_bytes - self.cache_bytes / 4) / block_bytes.max(1)
    }
}

/// Why a request is not taken on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// As many wait as may.
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// No new work is taken: the server is about to end.
    Draining,
    /// It could never fit.
    TooLarge {
        /// The bytes of keys and values that it may need.
        needs: usize,
        /// The bytes that there are for sessions.
        has: usize,
    },
}

/// The engine's thread, as others see it.
pub(crate) struct Scheduler {
    work: Sender<Work>,
    /// Requests that were handed in and have not begun, and how many more sessions may run.
    waiting: Arc<AtomicUsize>,
    free: Arc<AtomicUsize>,
    /// No new work, and what has not begun is refused.
    draining: AtomicBool,
    stop: Arc<AtomicBool>,
    capacity: Capacity,
    block_bytes: usize,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Scheduler {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(engine: Arc<Engine>, capacity: Capacity, metrics: Arc<Metrics>) -> std::io::Result<Self> {
        let (work, receiver) = mpsc::channel();
        let (waiting, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let free = Arc::new(AtomicUsize::new(capacity.running));
        let block_bytes = engine.model().geometry().block_bytes();
        let turns =
            Loop::new(engine, capacity, metrics, receiver, [&waiting, &free].map(Arc::clone), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("engine".to_owned()).spawn(move || turns.run())?;
        let (draining, thread) = (AtomicBool::new(false), Mutex::new(Some(thread)));
        Ok(Self { work, waiting, free, draining, stop, capacity, block_bytes, thread })
    }

    /// Hands work in.
    pub(crate) fn submit(&self, work: Work) -> Result<(), Refused> {
        if self.draining.load(Ordering::SeqCst) {
            return Err(Refused::Draining);
        }
        let (needs, has) = (work.least_blocks(), self.capacity.session_blocks(self.block_bytes));
        if needs > has {
            return Err(Refused::TooLarge {
                needs: needs.saturating_mul(self.block_bytes),
                has: has * self.block_bytes,
            });
        }
        // Those that come while a step runs wait for its end alone, as far as there are places for them.
        let most = self.capacity.waiting + self.free.load(Ordering::SeqCst);
        let taken = self.waiting.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| (n < most).then_some(n + 1));
        taken.map_err(|waiting| Refused::Busy { waiting })?;
        self.work.send(work).map_err(|_| Refused::Draining)
    }

    /// Takes no new work from now on.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Ends what still runs, and waits for the thread.
    pub(crate) fn stop(&self) {
        self.drain();
        self.stop.store(true, Ordering::SeqCst);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // What it was doing has been answered; a thread that broke has nothing to add.
            let _ = thread.join();
        }
    }

    /// Whether the thread is there: it ends when it is stopped, or when it broke.
    pub(crate) fn is_alive(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

/// How long the loop sleeps where nothing is to be done before it looks whether it is to end.
const IDLE: Duration = Duration::from_millis(50);

//! Threads that wait for work, awake for a moment after each job.
//!
//! A decoding step is a few hundred jobs of some ten microseconds each. Waking a sleeping thread takes as long as such a
//! job, so a worker looks out for the next one before it sleeps. The caller works too, and never waits for a worker that
//! has not begun: whoever comes late finds nothing left to do.
#![allow(unsafe_code)] // a job is borrowed from its caller, which no thread can be told of; see `Job`

use crate::foresight::{Asked, Foresight};
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a worker looks out for the next job before it sleeps: longer than what lies between the jobs of a step.
const AWAKE: Duration = Duration::from_micros(250);

/// Looks at the board between two at the clock.
const LOOKS: usize = 64;

/// Workers beside the caller's own thread.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held while a job runs; who finds it taken works alone.
    turn: Mutex<()>,
}

/// What is to be done: a function of the part's number, and the number of parts.
#[derive(Clone, Copy)]
struct Job {
    /// Borrowed from the caller of [`Pool::run`], which does not return while a worker holds it.
    work: &'static (dyn Fn(usize) + Sync),
    parts: usize,
}

struct Shared {
    board: Mutex<Board>,
    called: Condvar,
    /// Jobs so far, as on the board; looked at without the lock.
    round: AtomicUsize,
    /// The caller's first.
    shares: Vec<Share>,
    /// Workers that hold the job.
    busy: AtomicUsize,
    panicked: AtomicBool,
}

/// One thread's share of every job, on cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Share {
    /// The next part to be taken.
    next: AtomicUsize,
    foresight: Foresight,
}

#[derive(Default)]
struct Board {
    job: Option<Job>,
    round: usize,
    sleepers: usize,
    closed: bool,
}

impl Shared {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The parts that belong to thread `who`.
    fn share(&self, parts: usize, who: usize) -> Range<usize> {
        let start = |who: usize| (parts * who).div_ceil(self.shares.len());
        start(who)..start(who + 1)
    }

    /// Takes parts of a job until none is left: of thread `who`, which this is, then of those after it.
    fn work(&self, job: Job, who: usize) {
        let count = self.shares.len();
        for of in (who..who + count).map(|i| i % count) {
            let end = self.share(job.parts, of).end;
            loop {
                let part = self.shares[of].next.fetch_add(1, Ordering::Relaxed);
                if part >= end {
                    break;
                }
                (job.work)(part);
            }
        }
    }

    /// A worker's life.
    fn serve(&self, who: usize) {
        let (mut seen, mut asked) = (0, Asked::default());
        while let ControlFlow::Continue(job) = self.wait(&mut seen, who, &mut asked) {
            if let Some(job) = job {
                if catch_unwind(AssertUnwindSafe(|| self.work(job, who))).is_err() {
                    self.panicked.store(true, Ordering::Relaxed);
                }
                self.busy.fetch_sub(1, Ordering::Release);
            }
        }
    }

    /// Waits for a round that has not been seen; its job, if it is not over already.
    fn wait(&self, seen: &mut usize, who: usize, asked: &mut Asked) -> ControlFlow<(), Option<Job>> {
        let is_over = || self.round.load(Ordering::Acquire) != *seen;
        while !is_over() && self.shares[who].foresight.ask(asked) {}
        let since = Instant::now();
        while !is_over() && since.elapsed() < AWAKE {
            // To ask for the time takes longer than to look.
            for _ in 0..LOOKS {
                if is_over() {
                    break;
                }
                std::hint::spin_loop();
            }
        }
        let mut board = self.board();
        while board.round == *seen && !board.closed {
            board.sleepers += 1;
            board = self.called.wait(board).unwrap_or_else(PoisonError::into_inner);
            board.sleepers -= 1;
        }
        if board.closed {
            return ControlFlow::Break(());
        }
        *seen = board.round;
        // Counted under the lock: once the job is off the board, no worker can take it up.
        self.busy.fetch_add(usize::from(board.job.is_some()), Ordering::Relaxed);
        ControlFlow::Continue(board.job)
    }

    fn post(&self, job: Job) {
        for (who, share) in self.shares.iter().enumerate() {
            share.next.store(self.share(job.parts, who).start, Ordering::Relaxed);
        }
        let mut board = self.board();
        board.job = Some(job);
        board.round += 1;
        self.round.store(board.round, Ordering::Release);
        if board.sleepers > 0 {
            self.called.notify_all();
        }
    }

    /// Takes the job off the board, and waits until no worker holds it.
    fn recall(&self) {
        self.board().job = None;
        let mut looks = 0u32;
        while self.busy.load(Ordering::Acquire) > 0 {
            looks += 1;
            // A worker may have lost its core to another program.
            if looks.is_multiple_of(1024) { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
    }
}

/// Recalls the job when the caller is done with it, or panics.
struct Recall<'a>(&'a Shared);

impl Drop for Recall<'_> {
    fn drop(&mut self) {
        self.0.recall();
    }
}

impl Pool {
    /// Starts `workers` threads; `None` where the system gives none.
    pub(crate) fn new(workers: usize) -> Option<Self> {
        let shared = Arc::new(Shared {
            board: Mutex::default(),
            called: Condvar::new(),
            round: AtomicUsize::new(0),
            shares: (0..=workers).map(|_| Share::default()).collect(),
            busy: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
        });
        let mut pool = Self { shared, workers: Vec::new(), turn: Mutex::new(()) };
        for who in 1..=workers {
            let shared = Arc::clone(&pool.shared);
            let worker = std::thread::Builder::new().name("beamline".to_owned()).spawn(move || shared.serve(who));
            pool.workers.push(worker.ok()?);
        }
        Some(pool)
    }

    /// Which of a job's parts thread `who` begins with, the caller's being 0.
    pub(crate) fn share(&self, parts: usize, who: usize) -> Range<usize> {
        self.shared.share(parts, who)
    }

    /// What each thread will read next.
    pub(crate) fn foresights(&self) -> impl Iterator<Item = &Foresight> {
        self.shared.shares.iter().map(|share| &share.foresight)
    }

    /// Runs `work(0)`, ..., `work(parts - 1)` in any order on all threads, the caller's among them.
    ///
    /// Calls from several threads at once, or from inside `work`, run on their own thread alone.
    ///
    /// # Panics
    /// When `work` does.
    pub(crate) fn run(&self, parts: usize, work: &(dyn Fn(usize) + Sync)) {
        let Ok(_turn) = self.turn.try_lock() else {
            (0..parts).for_each(work);
            return;
        };
        // SAFETY: only the lifetime changes. Workers use the job only while they are counted as busy, and `Recall` takes
        // it off the board and waits for them before this call ends, also by a panic.
        let work = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(work) };
        let job = Job { work, parts };
        self.shared.post(job);
        let recall = Recall(&self.shared);
        let own = catch_unwind(AssertUnwindSafe(|| self.shared.work(job, 0)));
        drop(recall);
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        assert!(!self.shared.panicked.swap(false, Ordering::Relaxed), "a worker panicked; its message stands above");
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.board().closed = true;
        // A worker that looks out sees the board when it stops doing so.
        self.shared.called.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches its panics.
            let _ = worker.join();
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool({} workers)", self.workers.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_done_once_in_many_rounds() {
        let pool = Pool::new(2).unwrap();
        for round in 0..2000 {
            let parts = round % 9;
            let done: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
            pool.run(parts, &|part| {
                done[part].fetch_add(1, Ordering::Relaxed);
            });
            assert!(done.iter().all(|count| count.load(Ordering::Relaxed) == 1), "round {round}");
            if round % 500 == 0 {
                std::thread::sleep(2 * AWAKE); // the workers sleep, and are woken
            }
        }
    }

    #[test]
    fn jobs_inside_jobs_and_from_many_threads_are_done() {
        let pool = Pool::new(1).unwrap();
        let count = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        pool.run(3, &|_| {
                            pool.run(2, &|_| {
                                count.fetch_add(1, Ordering::Relaxed);
                            });
                        });
                    }
                });
            }
        });
        assert_eq!(count.into_inner(), 4 * 50 * 3 * 2);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_goes_on() {
        let pool = Pool::new(1).unwrap();
        let broken = catch_unwind(AssertUnwindSafe(|| pool.run(8, &|part| assert!(part < 4, "on purpose"))));
        assert!(broken.is_err());
        let count = AtomicUsize::new(0);
        pool.run(8, &|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 8);
    }
}

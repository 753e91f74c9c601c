//! Threads that wait for work, awake for a moment after each job.
//!
//! A decoding step is a few hundred jobs of some ten microseconds each. Waking a sleeping thread takes as long as such a
//! job, so a worker looks out for the next one before it sleeps. The caller works too, and never waits for a worker that
//! has not begun: whoever comes late finds nothing left to do.
//!
//! A cache line takes a quarter of a microsecond from one core to another where they share no cache, so a job is told in
//! one line, each thread takes its parts from a line of its own, and says what it has done in another. For the same reason
//! the closures of products hold what a part needs themselves: what has to be found first is fetched only then.
#![allow(unsafe_code)] // a job is borrowed from its caller, which no thread can be told of; see `Posted`

use crate::prefetch::{Cursor as Asked, NextWeights as Foresight};
use std::any::Any;
use std::cell::UnsafeCell;
use std::mem::forget;
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
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
    /// Jobs so far. Held while a job runs; who finds it taken works alone.
    turn: Mutex<u64>,
}

/// What is done with each part of a job, told by its number.
type Work<'a> = dyn Fn(usize) + Sync + 'a;

/// What a part panicked with.
type Panic = Box<dyn Any + Send>;

/// Keeps the first panic. A later one is not even dropped, which might panic in turn and leave a job that is not over.
fn keep(first: &mut Option<Panic>, later: Option<Panic>) {
    match (&first, later) {
        (None, later) => *first = later,
        (Some(_), later) => forget(later),
    }
}

/// A round, and a number of parts in it: of the job, the next to be taken, or those done. One word, so that no thread takes
/// one round's number for another's. Rounds only grow, and do not end in a lifetime.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Tally(u64);

impl Tally {
    const BITS: u32 = 16;
    /// The most parts of a round.
    const MOST: usize = (1 << Self::BITS) - 1;

    fn new(round: u64, parts: usize) -> Self {
        Self(round << Self::BITS | parts as u64)
    }

    fn round(self) -> u64 {
        self.0 >> Self::BITS
    }

    fn parts(self) -> usize {
        self.0 as usize & Self::MOST
    }
}

/// The latest job, on one cache line.
#[repr(align(128))]
struct Posted {
    /// Its round and number of parts.
    job: AtomicU64,
    /// Borrowed from the caller of [`Pool::run`], which does not return before all parts are done. So whoever has taken a part
    /// of this round may use it, and nobody else; between jobs its end has come.
    work: UnsafeCell<&'static Work<'static>>,
}

impl Default for Posted {
    fn default() -> Self {
        Self { job: AtomicU64::new(0), work: UnsafeCell::new(&|_| ()) }
    }
}

// SAFETY: `work` is written by who has the turn, before the job is told and while no part of an earlier one is left; and
// read by who has taken a part of that job.
unsafe impl Sync for Posted {}

/// One thread's share of every job, on cache lines of its own.
#[derive(Default)]
struct Share {
    /// The next part to be taken, or that of an earlier round.
    next: Apart<AtomicU64>,
    /// Parts that its thread has done, of its own share and others.
    done: Apart<AtomicU64>,
    foresight: Apart<Foresight>,
}

#[derive(Default)]
#[repr(align(128))]
struct Apart<T>(T);

#[derive(Default)]
struct Shared {
    posted: Posted,
    /// The caller's first.
    shares: Vec<Share>,
    sleepers: Apart<AtomicUsize>,
    /// Held by who falls asleep, or wakes others.
    bed: Mutex<()>,
    called: Condvar,
    closed: AtomicBool,
    panicked: AtomicBool,
}

impl Shared {
    fn bed(&self) -> MutexGuard<'_, ()> {
        self.bed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The parts that belong to thread `who`.
    fn share(&self, parts: usize, who: usize) -> Range<usize> {
        let start = |who: usize| (parts * who).div_ceil(self.shares.len());
        start(who)..start(who + 1)
    }

    /// Takes a part of the share of thread `of`, if one is left. The round cannot end before that part is done.
    fn take(&self, job: Tally, of: usize) -> Option<usize> {
        let Range { start, end } = self.share(job.parts(), of);
        let next = &self.shares[of].next.0;
        let mut seen = Tally(next.load(Ordering::Relaxed));
        loop {
            let part = if seen.round() < job.round() { start } else { seen.parts() };
            if seen.round() > job.round() || part >= end {
                return None;
            }
            let taken = Tally::new(job.round(), part + 1).0;
            match next.compare_exchange_weak(seen.0, taken, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(part),
                Err(now) => seen = Tally(now),
            }
        }
    }

    /// Parts of this round that thread `who` has done.
    fn done(&self, job: Tally, who: usize) -> usize {
        let done = Tally(self.shares[who].done.0.load(Ordering::Acquire));
        if done.round() == job.round() { done.parts() } else { 0 }
    }

    /// Takes parts of a job until none is left, of thread `who`, which this is, then of those after it. Hands each, and how
    /// many there were with it, to `work`.
    fn work(&self, job: Tally, who: usize, mut work: impl FnMut(usize, usize)) {
        let (count, mut taken) = (self.shares.len(), 0);
        for of in (who..who + count).map(|i| i % count) {
            // Who has done as much as was theirs has left nothing. To look at what they take from would slow them down.
            if of != who && self.done(job, of) >= self.share(job.parts(), of).len() {
                continue;
            }
            while let Some(part) = self.take(job, of) {
                taken += 1;
                work(part, taken);
            }
        }
    }

    /// A worker's life.
    fn serve(&self, who: usize) {
        let (mut seen, mut asked) = (Tally(0), Asked::default());
        while let ControlFlow::Continue(job) = self.wait(seen, who, &mut asked) {
            seen = job;
            self.work(job, who, |part, done| {
                // SAFETY: a part was taken and is not done, so the caller waits, its work is there, and nobody writes. It was
                // stored before the job that this thread has seen.
                let work = unsafe { *self.posted.work.get() };
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(part))) {
                    self.panicked.store(true, Ordering::Relaxed);
                    forget(panic);
                }
                self.shares[who].done.0.store(Tally::new(job.round(), done).0, Ordering::Release);
            });
        }
    }

    /// The latest job.
    fn latest(&self) -> Tally {
        Tally(self.posted.job.load(Ordering::Acquire))
    }

    /// Waits for a job that has not been seen, which may be over already.
    fn wait(&self, seen: Tally, who: usize, asked: &mut Asked) -> ControlFlow<(), Tally> {
        let is_over = || self.latest() != seen;
        while !is_over() && self.shares[who].foresight.0.ask(asked) {}
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
        if !is_over() {
            let mut bed = self.bed();
            self.sleepers.0.fetch_add(1, Ordering::SeqCst);
            while !is_over() && !self.closed.load(Ordering::Relaxed) {
                bed = self.called.wait(bed).unwrap_or_else(PoisonError::into_inner);
            }
            self.sleepers.0.fetch_sub(1, Ordering::SeqCst);
        }
        if self.closed.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(self.latest()) }
    }

    /// Tells everyone of a job. A worker that falls asleep at this moment may miss it: a later job wakes it.
    fn post(&self, job: Tally, work: &'static Work<'static>) {
        // SAFETY: all parts of earlier jobs are done, so nobody reads; and only who has the turn writes.
        unsafe { *self.posted.work.get() = work };
        self.posted.job.store(job.0, Ordering::Release);
        if self.sleepers.0.load(Ordering::Relaxed) > 0 {
            // Who is about to wait holds the bed, and has not looked again.
            drop(self.bed());
            self.called.notify_all();
        }
    }

    /// The caller's part in a job; what it panicked with, if it did.
    fn lead(&self, job: Tally, work: &Work<'_>) -> Option<Panic> {
        // SAFETY: only the lifetime changes. Workers use the work only for parts that they have taken, and this call does not
        // end before all parts are done, as no part's panic leaves it.
        let work = unsafe { std::mem::transmute::<&Work<'_>, &'static Work<'static>>(work) };
        self.post(job, work);
        let (mut own, mut broken) = (0, None);
        self.work(job, 0, |part, done| {
            own = done;
            keep(&mut broken, catch_unwind(AssertUnwindSafe(|| work(part))).err());
        });
        self.finish(job, own);
        broken
    }

    /// Waits until all parts are done, `own` of them by the caller.
    fn finish(&self, job: Tally, own: usize) {
        let others = || (1..self.shares.len()).map(|who| self.done(job, who)).sum::<usize>();
        let mut looks = 0u32;
        while own + others() < job.parts() {
            looks = looks.wrapping_add(1);
            // A worker may have lost its core to another program.
            if looks.is_multiple_of(1024) { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
    }
}

impl Pool {
    /// Starts `workers` threads; `None` where the system gives none.
    pub(crate) fn new(workers: usize) -> Option<Self> {
        let shares = (0..=workers).map(|_| Share::default()).collect();
        let shared = Arc::new(Shared { shares, ..Shared::default() });
        let mut pool = Self { shared, workers: Vec::new(), turn: Mutex::new(0) };
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
        self.shared.shares.iter().map(|share| &share.foresight.0)
    }

    /// Runs `work(0)`, ..., `work(parts - 1)` in any order on all threads, the caller's among them.
    ///
    /// Calls from several threads at once, or from inside `work`, run on their own thread alone.
    ///
    /// # Panics
    /// When `work` does; on several threads the other parts are done all the same.
    pub(crate) fn run(&self, parts: usize, work: &Work<'_>) {
        let Ok(mut rounds) = self.turn.try_lock() else {
            (0..parts).for_each(work);
            return;
        };
        let mut broken = None;
        for first in (0..parts).step_by(Tally::MOST) {
            *rounds += 1;
            let job = Tally::new(*rounds, (parts - first).min(Tally::MOST));
            // Almost always there is one round, and workers need not find their way through one more closure.
            let later = |part| work(first + part);
            keep(&mut broken, self.shared.lead(job, if first == 0 { work } else { &later }));
        }
        let panicked = self.shared.panicked.swap(false, Ordering::Relaxed);
        drop(rounds);
        if let Some(panic) = broken {
            resume_unwind(panic);
        }
        assert!(!panicked, "a worker panicked; its message stands above");
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let bed = self.shared.bed();
        self.shared.closed.store(true, Ordering::Relaxed);
        // A worker that looks out sees it when it stops doing so.
        self.shared.called.notify_all();
        drop(bed);
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
    fn more_parts_than_a_round_has_room_for_are_done_in_several() {
        let pool = Pool::new(2).unwrap();
        let parts = 2 * Tally::MOST + 3;
        let done: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
        pool.run(parts, &|part| {
            done[part].fetch_add(1, Ordering::Relaxed);
        });
        assert!(done.iter().all(|count| count.load(Ordering::Relaxed) == 1));
        assert_eq!(*pool.turn.lock().unwrap(), 3);
    }

    #[test]
    fn a_share_is_taken_in_its_own_round_alone() {
        let shared = Shared { shares: vec![Share::default(), Share::default()], ..Shared::default() };
        let (first, second) = (Tally::new(1, 4), Tally::new(2, 6));
        assert_eq!((shared.take(first, 1), shared.take(first, 1), shared.take(first, 1)), (Some(2), Some(3), None));
        assert_eq!(shared.take(second, 1), Some(3));
        assert_eq!(shared.take(first, 1), None, "a round that is over");
        assert_eq!([(); 3].map(|()| shared.take(second, 1)), [Some(4), Some(5), None]);
        shared.shares[1].done.0.store(Tally::new(1, 2).0, Ordering::Relaxed);
        assert_eq!((shared.done(first, 1), shared.done(second, 1)), (2, 0));
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

    /// Panics again when it is dropped.
    struct Evil;
    impl Drop for Evil {
        fn drop(&mut self) {
            panic!("on purpose, again");
        }
    }

    #[test]
    fn panics_reach_the_caller_and_the_pool_goes_on() {
        let pool = Pool::new(1).unwrap();
        let worker = AtomicBool::new(false);
        // The caller begins with part 0, and stays there until the worker has panicked.
        let broken = catch_unwind(AssertUnwindSafe(|| {
            pool.run(8, &|part| {
                let since = Instant::now();
                while part == 0 && !worker.load(Ordering::Relaxed) && since.elapsed() < Duration::from_secs(5) {
                    std::hint::spin_loop();
                }
                if part >= 4 {
                    worker.store(true, Ordering::Relaxed);
                    std::panic::panic_any(Evil);
                }
            });
        }));
        assert!(broken.is_err());
        forget(broken);
        let broken = catch_unwind(AssertUnwindSafe(|| {
            pool.run(8, &|part| if part == 0 { panic!("on purpose") } else { std::panic::panic_any(Evil) });
        }));
        assert_eq!(broken.unwrap_err().downcast_ref(), Some(&"on purpose"));
        let count = AtomicUsize::new(0);
        pool.run(8, &|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 8);
    }
}

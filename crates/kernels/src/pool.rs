//! A thread pool whose workers spin for a moment after each job before they park.
//!
//! A decoding step is a few hundred jobs of some ten microseconds each. To unpark a thread takes as long as such a job, so a
//! worker spins for the next one before it parks. The caller works too, and never waits for a worker that has not begun:
//! whoever comes late finds nothing left to do. There are no queues and nothing is stolen: a job is a number of parts, each
//! thread claims those of its own share first, then what others have left.
//!
//! A cache line takes a quarter of a microsecond from one core to another where they share no cache, so a job is told in
//! one line, each thread claims its parts from a line of its own, and says what it has done in another. For the same reason
//! the closures of products hold what a part needs themselves: what has to be found first is fetched only then.
//!
//! # Why the borrow is sound
//!
//! Workers outlive the closure they run, which [`Pool::run`] borrows from its caller. So it is kept as a raw pointer, and used
//! only where these steps, in their order, say that it is alive:
//!
//! 1. **Publish.** Who holds `caller` writes the pointer, then stores the job's [`Ticket`] with release. A thread that loads
//!    this ticket with acquire has the write of the pointer before it (happens-before).
//! 2. **Claim.** A part is claimed by a compare-exchange on a word that holds the round too. It acts on the latest value,
//!    whatever the ordering, so relaxed is enough: each part of a round is handed out once. The word never goes back to an
//!    earlier round, and a round that is over has left it at its end: a thread with an old ticket claims nothing.
//! 3. **Use.** The pointer is dereferenced only by the caller itself and by who has claimed a part of this round that is not
//!    done. Until it is done the caller waits (4): the closure is alive, and nobody writes the pointer.
//! 4. **Finish.** A worker stores how many parts it has done with release, after each. The caller's acquire loads of these
//!    counts, which together make up the whole job, have every part before them: what parts have written is visible when
//!    `run` returns, and all reads of the pointer happen before it is written again.
//! 5. **Panics** are caught where a part runs, so nothing unwinds past 4. The first one is resumed after it.
//!
//! Between jobs the pointer dangles, which a pointer may. A worker that parks just as a job is published may miss it
//! (`parked` is read relaxed): it does none of that job, and the next one unparks it. `pool/model.rs` has loom try this.
#![allow(unsafe_code)] // a job is borrowed from its caller, which no thread can be told of; see above

#[cfg(all(test, loom))]
mod model;
mod sync;
#[cfg(all(test, not(loom)))]
mod tests;

use crate::prefetch::{Cursor, NextWeights};
use std::any::Any;
use std::mem::forget;
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::PoisonError;
use std::time::Duration;
use sync::{Arc, AtomicBool, AtomicU64, AtomicUsize, Condvar, JoinHandle, Mutex, MutexGuard, Ordering, UnsafeCell};

/// How long a worker spins for the next job before it parks: longer than what lies between the jobs of a step.
const SPIN: Duration = Duration::from_micros(250);

/// Workers beside the caller's own thread.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Jobs so far. Held while a job runs; who finds it taken works alone.
    caller: Mutex<u64>,
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

/// A round (the number of a job), and a number of parts in it: of the job, the next to be claimed, or those done. One word,
/// so that no thread takes one round's number for another's. Rounds only grow, and do not end in a lifetime.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ticket(u64);

impl Ticket {
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
    /// Borrowed from the caller of [`Pool::run`]. Dereferenced only for a part that is claimed and not done; between jobs it
    /// may dangle.
    work: UnsafeCell<*const Work<'static>>,
}

impl Default for Posted {
    fn default() -> Self {
        let nothing: &'static Work<'static> = &|_| ();
        Self { job: AtomicU64::new(0), work: UnsafeCell::new(nothing) }
    }
}

// SAFETY: what `work` points at is `Sync`, and is used as the head of this file says, from whatever thread.
unsafe impl Send for Posted {}
// SAFETY: `work` is written by who holds `caller`, before the job is published and after all parts of earlier ones are done;
// and read by who has claimed a part of that job.
unsafe impl Sync for Posted {}

/// One thread's share of every job, on cache lines of its own.
#[derive(Default)]
struct Share {
    /// The next part to be claimed, or that of an earlier round.
    next: Apart<AtomicU64>,
    /// Parts that its thread has done, of its own share and others.
    done: Apart<AtomicU64>,
    next_weights: Apart<NextWeights>,
}

#[derive(Default)]
#[repr(align(128))]
struct Apart<T>(T);

#[derive(Default)]
struct Shared {
    posted: Posted,
    /// The caller's first.
    shares: Vec<Share>,
    /// Workers that are parked, or about to be.
    parked: Apart<AtomicUsize>,
    /// Held by who parks, or unparks others.
    park: Mutex<()>,
    unpark: Condvar,
    closed: AtomicBool,
    panicked: AtomicBool,
    /// A worker's panic, for the caller to resume.
    panic: Mutex<Option<Panic>>,
}

impl Shared {
    fn park(&self) -> MutexGuard<'_, ()> {
        self.park.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn panic(&self) -> MutexGuard<'_, Option<Panic>> {
        self.panic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The parts that belong to thread `who`.
    fn share(&self, parts: usize, who: usize) -> Range<usize> {
        let start = |who: usize| (parts * who).div_ceil(self.shares.len());
        start(who)..start(who + 1)
    }

    /// Claims a part of the share of thread `of`, if one is left. The round cannot end before that part is done.
    fn claim(&self, job: Ticket, of: usize) -> Option<usize> {
        let Range { start, end } = self.share(job.parts(), of);
        let next = &self.shares[of].next.0;
        let mut seen = Ticket(next.load(Ordering::Relaxed));
        loop {
            let part = if seen.round() < job.round() { start } else { seen.parts() };
            if seen.round() > job.round() || part >= end {
                return None;
            }
            let claimed = Ticket::new(job.round(), part + 1).0;
            match next.compare_exchange_weak(seen.0, claimed, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(part),
                Err(now) => seen = Ticket(now),
            }
        }
    }

    /// Parts of this round that thread `who` has done.
    fn done(&self, job: Ticket, who: usize) -> usize {
        let done = Ticket(self.shares[who].done.0.load(Ordering::Acquire));
        if done.round() == job.round() { done.parts() } else { 0 }
    }

    /// Claims parts of a job until none is left, of thread `who`, which this is, then of those after it. Hands each, and how
    /// many there were with it, to `work`.
    fn claim_all(&self, job: Ticket, who: usize, mut work: impl FnMut(usize, usize)) {
        let (count, mut claimed) = (self.shares.len(), 0);
        for of in (who..who + count).map(|i| i % count) {
            // Who has done as much as was theirs has left nothing. To look at what they claim from would slow them down.
            if of != who && self.done(job, of) >= self.share(job.parts(), of).len() {
                continue;
            }
            while let Some(part) = self.claim(job, of) {
                claimed += 1;
                work(part, claimed);
            }
        }
    }

    /// What a worker does until the pool closes: waits for a job, does its part, and so on.
    fn worker_loop(&self, who: usize) {
        let (mut seen, mut cursor) = (Ticket(0), Cursor::default());
        while let ControlFlow::Continue(job) = self.wait(seen, who, &mut cursor) {
            seen = job;
            self.claim_all(job, who, |part, done| {
                // SAFETY: this part is claimed and not done, so the caller waits, its closure is alive, and nobody writes the
                // pointer. It was written before the job that this thread has seen was published.
                let work = self.posted.work.with(|work| unsafe { &**work });
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(part))) {
                    keep(&mut self.panic(), Some(panic));
                    self.panicked.store(true, Ordering::Relaxed);
                }
                self.shares[who].done.0.store(Ticket::new(job.round(), done).0, Ordering::Release);
            });
        }
    }

    /// The latest job.
    fn latest(&self) -> Ticket {
        Ticket(self.posted.job.load(Ordering::Acquire))
    }

    /// Waits for a job that has not been seen, which may be over already: asks memory for weights, spins, then parks.
    fn wait(&self, seen: Ticket, who: usize, cursor: &mut Cursor) -> ControlFlow<(), Ticket> {
        let is_over = || self.latest() != seen;
        while !is_over() && self.shares[who].next_weights.0.ask(cursor) {}
        sync::spin(SPIN, is_over);
        if !is_over() {
            let mut park = self.park();
            self.parked.0.fetch_add(1, Ordering::SeqCst);
            while !is_over() && !self.closed.load(Ordering::Relaxed) {
                park = self.unpark.wait(park).unwrap_or_else(PoisonError::into_inner);
            }
            self.parked.0.fetch_sub(1, Ordering::SeqCst);
        }
        if self.closed.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(self.latest()) }
    }

    /// Publishes a job. A worker that parks at this moment may miss it: a later job unparks it.
    fn publish(&self, job: Ticket, work: *const Work<'static>) {
        // SAFETY: all parts of earlier jobs are done, so nobody reads; and only who holds `caller` writes.
        self.posted.work.with_mut(|posted| unsafe { *posted = work });
        self.posted.job.store(job.0, Ordering::Release);
        if self.parked.0.load(Ordering::Relaxed) > 0 {
            // Who is about to wait holds the lock, and has not looked again.
            drop(self.park());
            self.unpark.notify_all();
        }
    }

    /// Runs one job, the caller's part in it included; what the caller's part panicked with, if it did.
    fn run_job(&self, job: Ticket, work: &Work<'_>) -> Option<Panic> {
        #[allow(clippy::transmute_ptr_to_ptr)] // a cast may not make the lifetime of a `dyn` longer
        // SAFETY: only the lifetime in the type of a pointer changes; whoever dereferences it gives the reason.
        let shared = unsafe { std::mem::transmute::<*const Work<'_>, *const Work<'static>>(work) };
        self.publish(job, shared);
        let (mut own, mut broken) = (0, None);
        self.claim_all(job, 0, |part, done| {
            own = done;
            keep(&mut broken, catch_unwind(AssertUnwindSafe(|| work(part))).err());
        });
        // Until all parts are done, `own` of them here.
        let others = || (1..self.shares.len()).map(|who| self.done(job, who)).sum::<usize>();
        sync::spin_until(|| own + others() >= job.parts());
        broken
    }

    /// What a worker has panicked with since this was last asked.
    fn take_panic(&self) -> Option<Panic> {
        // It was stored before its part was done, and all parts are.
        if !self.panicked.load(Ordering::Relaxed) {
            return None;
        }
        self.panicked.store(false, Ordering::Relaxed);
        self.panic().take()
    }
}

impl Pool {
    /// Starts `workers` threads; `None` where the system gives none.
    pub(crate) fn new(workers: usize) -> Option<Self> {
        let shares = (0..=workers).map(|_| Share::default()).collect();
        let shared = Arc::new(Shared { shares, ..Shared::default() });
        let mut pool = Self { shared, workers: Vec::new(), caller: Mutex::new(0) };
        for who in 1..=workers {
            let shared = Arc::clone(&pool.shared);
            let worker = sync::Builder::new().name("beamline".to_owned()).spawn(move || shared.worker_loop(who));
            pool.workers.push(worker.ok()?);
        }
        Some(pool)
    }

    /// Which of a job's parts thread `who` begins with, the caller's being 0.
    pub(crate) fn share(&self, parts: usize, who: usize) -> Range<usize> {
        self.shared.share(parts, who)
    }

    /// What each thread will read next.
    pub(crate) fn next_weights(&self) -> impl Iterator<Item = &NextWeights> {
        self.shared.shares.iter().map(|share| &share.next_weights.0)
    }

    /// Runs `work(0)`, ..., `work(parts - 1)`, **each exactly once**, in any order on all threads, the caller's among them.
    /// What they have written is visible to the caller when this returns.
    ///
    /// Calls from several threads at once, or from inside `work`, run on their own thread alone.
    ///
    /// # Panics
    /// When `work` does, with what it panicked with; on several threads the other parts are done all the same.
    pub(crate) fn run(&self, parts: usize, work: &Work<'_>) {
        let Ok(mut rounds) = self.caller.try_lock() else {
            (0..parts).for_each(work);
            return;
        };
        let mut broken = None;
        for first in (0..parts).step_by(Ticket::MOST) {
            *rounds += 1;
            let job = Ticket::new(*rounds, (parts - first).min(Ticket::MOST));
            // Almost always there is one round, and workers need not find their way through one more closure.
            let later = |part| work(first + part);
            keep(&mut broken, self.shared.run_job(job, if first == 0 { work } else { &later }));
        }
        keep(&mut broken, self.shared.take_panic());
        drop(rounds);
        if let Some(panic) = broken {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let park = self.shared.park();
        self.shared.closed.store(true, Ordering::Relaxed);
        // A worker that spins sees it when it stops doing so.
        self.shared.unpark.notify_all();
        drop(park);
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

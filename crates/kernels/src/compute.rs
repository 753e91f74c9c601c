//! What the arithmetic runs on: an instruction set (SIMD) and a number of threads.

use crate::isa::Isa;
use crate::pool::Pool;
use crate::scratch::{Scratch, ScratchPool, ScratchPools};
use crate::tuning::{ALONE_COST, PART_COST, PARTS};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// An instruction set and a set of threads. Results never depend on either.
///
/// Two of them in one process are independent: each has threads and scratch memory of its own, which end with it, and nothing is
/// global but what was detected of the processor. One may also serve several engines at once, in an `Arc`: a job that finds
/// its threads busy with another caller's runs on its own caller's thread alone, with the same bits.
///
/// ```
/// use beamline_kernels::{Compute, Isa};
/// let compute = Compute::new(Isa::detect(), 2)?;
/// assert_eq!(compute.threads(), 2);
/// # Ok::<(), beamline_kernels::ComputeError>(())
/// ```
#[derive(Debug)]
#[doc(alias("ThreadPool", "Device", "num_threads"))]
pub struct Compute {
    isa: Isa,
    threads: usize,
    /// None: everything runs on the caller's thread.
    pool: Option<Pool>,
    scratch: ScratchPool<f32>,
    /// Of other numbers than f32, by the kernels that use them.
    kept: ScratchPools,
}

/// Why no [`Compute`] could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComputeError {
    /// A thread count of zero, or beyond [`Compute::MAX_THREADS`].
    #[error("threads must be in 1..={max}, got {0}; leave it out to use the cores this process may use", max = Compute::MAX_THREADS)]
    Threads(usize),
    /// A variable of the environment holds something else than its values.
    #[error("{variable} must be {allowed}, got {value:?}; unset it to let beamline choose")]
    Environment {
        /// Its name.
        variable: &'static str,
        /// What it held.
        value: String,
        /// What it may hold.
        allowed: String,
    },
    /// The system gave no threads.
    #[error("could not start {0} threads; try fewer")]
    Start(usize),
}

impl Compute {
    /// The most threads that can be asked for.
    pub const MAX_THREADS: usize = 1024;

    /// Uses `isa` on `threads` threads (1 to [`Self::MAX_THREADS`]).
    ///
    /// # Errors
    /// When the count is out of range, or the system gives no threads.
    pub fn new(isa: Isa, threads: usize) -> Result<Self, ComputeError> {
        if !(1..=Self::MAX_THREADS).contains(&threads) {
            return Err(ComputeError::Threads(threads));
        }
        let pool = match threads {
            1 => None,
            n => Some(Pool::new(n - 1).ok_or(ComputeError::Start(n))?),
        };
        Ok(Self { threads, pool, ..Self::alone(isa) })
    }

    /// One thread, plain Rust: for tests and examples.
    pub fn scalar() -> Self {
        Self::alone(Isa::scalar())
    }

    /// One thread.
    fn alone(isa: Isa) -> Self {
        Self { isa, threads: 1, pool: None, scratch: ScratchPool::default(), kept: ScratchPools::default() }
    }

    /// The best instruction set and the cores that the scheduler (affinity, cgroup) grants, unless
    /// `BEAMLINE_ISA` (`scalar`, `avx2`, `avxvnni`, `avx512`) or `BEAMLINE_THREADS` says otherwise. `threads`, where given,
    /// wins over the environment.
    ///
    /// # Errors
    /// When a value is out of its range.
    pub fn from_env(threads: Option<usize>) -> Result<Self, ComputeError> {
        let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        let isa = Isa::from_env().map_err(|value| ComputeError::Environment {
            variable: Isa::VARIABLE,
            value,
            allowed: Isa::available().into_iter().map(Isa::name).collect::<Vec<_>>().join(" or "),
        })?;
        let threads = match (threads, variable("BEAMLINE_THREADS")) {
            (Some(n), _) => n,
            (None, None) => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            (None, Some(value)) => {
                value.parse().ok().filter(|n| (1..=Self::MAX_THREADS).contains(n)).ok_or_else(|| {
                    ComputeError::Environment {
                        variable: "BEAMLINE_THREADS",
                        value,
                        allowed: format!("in 1..={}", Self::MAX_THREADS),
                    }
                })?
            }
        };
        Self::new(isa, threads)
    }

    /// The instructions used.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The threads, if there are several.
    pub(crate) fn pool(&self) -> Option<&Pool> {
        self.pool.as_ref()
    }

    /// A buffer of `len` numbers **with any content**: whoever asks for it must write all of it before reading.
    ///
    /// ```
    /// use beamline_kernels::Compute;
    /// let compute = Compute::scalar();
    /// let mut buffer = compute.scratch(3);
    /// buffer.copy_from_slice(&[1.0, 2.0, 3.0]);
    /// ```
    pub fn scratch(&self, len: usize) -> Scratch<'_> {
        self.scratch.take(len, 0.0)
    }

    /// A buffer that begins as a copy of `from`.
    pub fn copy(&self, from: &[f32]) -> Scratch<'_> {
        let mut buffer = self.scratch(from.len());
        self.for_pieces(&mut buffer, |range, to| to.copy_from_slice(&from[range]));
        buffer
    }

    /// A buffer of `len` numbers of another kind, as by [`scratch`](Self::scratch); `fill` where it has never been used.
    pub(crate) fn scratch_of<T: Clone + Send + 'static>(&self, len: usize, fill: T) -> Scratch<'_, T> {
        self.kept.of().take(len, fill)
    }

    /// Runs `work(0)`, ..., `work(parts - 1)`, **each exactly once**, in any order and on any thread. Not only results hang on
    /// that: `stripe.rs` hands out columns by these numbers, which are disjoint because no number comes twice.
    pub(crate) fn for_parts(&self, parts: usize, work: &(dyn Fn(usize) + Sync)) {
        match &self.pool {
            Some(pool) if parts > 1 => pool.run(parts, work),
            _ => (0..parts).for_each(work),
        }
    }

    /// How long the parts are that `n` neighbouring outputs should be cut into, a multiple of `grain`.
    ///
    /// A job whose `cost` (multiply-adds or the like) is small stays in one part: sharing it out would take longer.
    pub(crate) fn part(&self, n: usize, grain: usize, cost: usize) -> usize {
        if self.pool.is_none() || cost <= ALONE_COST {
            n.max(1)
        } else {
            let parts = (cost / self.threads / PART_COST).clamp(*PARTS.start(), *PARTS.end());
            n.div_ceil(self.threads * parts).next_multiple_of(grain)
        }
    }

    /// Cuts `0..n` into ranges, all but the last a multiple of `grain` long, and runs `work` on each. `cost` as in
    /// [`part`](Self::part).
    pub(crate) fn for_ranges(&self, n: usize, grain: usize, cost: usize, work: impl Fn(Range<usize>) + Sync) {
        let part = self.part(n, grain, cost);
        self.for_parts(n.div_ceil(part), &|i| work(i * part..((i + 1) * part).min(n)));
    }

    /// Runs `work` on each item with its index: on all threads, unless the `cost` of all together (multiply-adds or the
    /// like) is too small for that.
    pub fn for_items<T: Send>(&self, items: Vec<T>, cost: usize, work: impl Fn(usize, T) + Sync) {
        if cost <= ALONE_COST {
            return items.into_iter().enumerate().for_each(|(i, item)| work(i, item));
        }
        // A lock for each: threads take items that lie apart, and do not meet.
        let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
        self.for_parts(items.len(), &|i| {
            let item = items[i].lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(item) = item {
                work(i, item);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn ranges_cover_everything_once_and_keep_the_grain() {
        for threads in [1, 2, 3] {
            let compute = Compute::new(Isa::scalar(), threads).unwrap();
            for (n, grain) in [(1, 1), (7, 2), (64, 16), (50_257, 16)] {
                let seen = Mutex::new(vec![0u8; n]);
                compute.for_ranges(n, grain, usize::MAX, |range| {
                    assert!(range.start.is_multiple_of(grain));
                    range.for_each(|i| seen.lock().unwrap()[i] += 1);
                });
                assert!(seen.into_inner().unwrap().iter().all(|&count| count == 1), "{n} by {grain} on {threads}");
            }
        }
    }

    /// Two with threads of their own, and one that two callers share, all at once: every part is run once.
    #[test]
    fn two_are_independent_and_one_may_be_shared() {
        let [first, second] = [(); 2].map(|()| std::sync::Arc::new(Compute::new(Isa::scalar(), 2).unwrap()));
        let callers = [std::sync::Arc::clone(&first), first, second].map(|compute| {
            std::thread::spawn(move || {
                for _ in 0..50 {
                    let done: Vec<_> = (0..100).map(|_| std::sync::atomic::AtomicUsize::new(0)).collect();
                    compute.for_parts(100, &|i| _ = done[i].fetch_add(1, std::sync::atomic::Ordering::Relaxed));
                    assert!(done.iter().all(|done| done.load(std::sync::atomic::Ordering::Relaxed) == 1));
                }
            })
        });
        for caller in callers {
            caller.join().unwrap();
        }
    }

    #[test]
    fn thread_counts_out_of_range_are_refused() {
        assert!(Compute::new(Isa::scalar(), 0).is_err());
        let message = Compute::new(Isa::scalar(), 5000).unwrap_err().to_string();
        assert!(message.contains("5000") && message.contains("1..=1024"), "{message}");
    }
}

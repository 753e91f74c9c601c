//! The pool as a model: loom runs each test under every interleaving of its threads and every value that a relaxed load may
//! see, up to a number of preemptions. `scripts/loom` builds and runs them; ordinary builds know nothing of this file.
//!
//! What parts do is told by relaxed atomics. A load after [`Pool::run`] may see an old value unless the pool itself makes the
//! part happen before it, so these tests fail where an acquire or a release of `pool.rs` is missing.

use super::*;
use std::sync::Arc as Plain;

/// Explores `model`, with so many preemptions (`LOOM_MAX_PREEMPTIONS` wins): without a bound this would take days.
fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.check(model);
}

/// A pool of so many workers.
fn pool_of(workers: usize) -> Pool {
    Pool::new(workers).expect("loom gives as many threads as a model asks for")
}

/// A job's parts, counted.
struct Counted(Vec<AtomicUsize>);

impl Counted {
    fn new(parts: usize) -> Plain<Self> {
        Plain::new(Self((0..parts).map(|_| AtomicUsize::new(0)).collect()))
    }

    fn add(&self, part: usize) -> usize {
        self.0[part].fetch_add(1, Ordering::Relaxed)
    }

    fn all_once(&self) -> bool {
        self.0.iter().all(|count| count.load(Ordering::Relaxed) == 1)
    }
}

#[test]
fn loom_every_part_is_run_once_and_seen_by_the_caller() {
    explore(3, || {
        let pool = pool_of(1);
        let counted = Counted::new(2);
        pool.run(2, &|part| assert_eq!(counted.add(part), 0));
        assert!(counted.all_once());
    });
}

#[test]
fn loom_two_workers_and_the_caller_share_one_job() {
    explore(1, || {
        let pool = pool_of(2);
        let counted = Counted::new(3);
        pool.run(3, &|part| assert_eq!(counted.add(part), 0));
        assert!(counted.all_once());
    });
}

#[test]
fn loom_no_worker_takes_a_part_of_a_job_that_is_over() {
    explore(2, || {
        let pool = pool_of(1);
        for _ in 0..2 {
            let (counted, over) = (Counted::new(2), Plain::new(AtomicBool::new(false)));
            pool.run(2, &|part| {
                assert!(!over.load(Ordering::Relaxed), "the closure of a job that is over");
                assert_eq!(counted.add(part), 0);
            });
            over.store(true, Ordering::Relaxed);
            assert!(counted.all_once());
        }
    });
}

#[test]
fn loom_a_pool_closes_whether_its_worker_is_parked_or_not() {
    explore(3, || drop(pool_of(1)));
    explore(1, || drop(pool_of(2)));
}

#[test]
fn loom_a_panic_in_a_part_reaches_the_caller_after_all_parts_are_done() {
    explore(2, || {
        let pool = pool_of(1);
        let counted = Counted::new(2);
        let broken = catch_unwind(AssertUnwindSafe(|| {
            pool.run(2, &|part| {
                counted.add(part);
                if part == 1 {
                    // No message: there are thousands of these.
                    resume_unwind(Box::new("on purpose"));
                }
            });
        }));
        assert_eq!(broken.expect_err("the part panics").downcast_ref(), Some(&"on purpose"));
        assert!(counted.all_once());
        let after = Counted::new(1);
        pool.run(1, &|part| assert_eq!(after.add(part), 0));
        assert!(after.all_once());
    });
}

#[test]
fn loom_who_finds_the_pool_taken_works_alone() {
    explore(1, || {
        let pool = Arc::new(pool_of(1));
        let counted = Counted::new(4);
        let other = {
            let (pool, counted) = (Arc::clone(&pool), Plain::clone(&counted));
            loom::thread::spawn(move || pool.run(2, &|part| assert_eq!(counted.add(2 + part), 0)))
        };
        pool.run(2, &|part| assert_eq!(counted.add(part), 0));
        other.join().expect("the other caller's parts are run");
        assert!(counted.all_once());
    });
}

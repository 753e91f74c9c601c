//! The pool on real threads.

use super::*;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

#[test]
fn every_part_is_done_once_in_many_rounds() {
    let pool = Pool::new(2).unwrap();
    for round in 0..if cfg!(miri) { 40 } else { 2000 } {
        let parts = round % 9;
        let done: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
        pool.run(parts, &|part| {
            done[part].fetch_add(1, Ordering::Relaxed);
        });
        assert!(done.iter().all(|count| count.load(Ordering::Relaxed) == 1), "round {round}");
        if round % 500 == 20 {
            std::thread::sleep(2 * SPIN); // the workers park, and are unparked
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes an hour")]
fn more_parts_than_a_round_has_room_for_are_done_in_several() {
    let pool = Pool::new(2).unwrap();
    let parts = 2 * Ticket::MOST + 3;
    let done: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
    pool.run(parts, &|part| {
        done[part].fetch_add(1, Ordering::Relaxed);
    });
    assert!(done.iter().all(|count| count.load(Ordering::Relaxed) == 1));
    assert_eq!(*pool.caller.lock().unwrap(), 3);
}

#[test]
fn a_share_is_taken_in_its_own_round_alone() {
    let shared = Shared { shares: vec![Share::default(), Share::default()], ..Shared::default() };
    let (first, second) = (Ticket::new(1, 4), Ticket::new(2, 6));
    assert_eq!((shared.claim(first, 1), shared.claim(first, 1), shared.claim(first, 1)), (Some(2), Some(3), None));
    assert_eq!(shared.claim(second, 1), Some(3));
    assert_eq!(shared.claim(first, 1), None, "a round that is over");
    assert_eq!([(); 3].map(|()| shared.claim(second, 1)), [Some(4), Some(5), None]);
    shared.shares[1].done.0.store(Ticket::new(1, 2).0, Ordering::Relaxed);
    assert_eq!((shared.done(first, 1), shared.done(second, 1)), (2, 0));
}

/// Of each thread; Miri is slow.
const JOBS: usize = if cfg!(miri) { 5 } else { 50 };

#[test]
fn jobs_inside_jobs_and_from_many_threads_are_done() {
    let pool = Pool::new(1).unwrap();
    let count = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..JOBS {
                    pool.run(3, &|_| {
                        pool.run(2, &|_| {
                            count.fetch_add(1, Ordering::Relaxed);
                        });
                    });
                }
            });
        }
    });
    assert_eq!(count.into_inner(), 4 * JOBS * 3 * 2);
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
    // What the worker panicked with, which must not be dropped.
    let panic = broken.unwrap_err();
    assert!(panic.is::<Evil>());
    forget(panic);
    // Whichever parts the caller gets: the worker keeps one until the caller has had its own.
    let (caller, begun) = (std::thread::current().id(), AtomicBool::new(false));
    let broken = catch_unwind(AssertUnwindSafe(|| {
        pool.run(8, &|_| {
            if std::thread::current().id() == caller {
                begun.store(true, Ordering::Relaxed);
                panic!("on purpose");
            }
            while !begun.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
            std::panic::panic_any(Evil);
        });
    }));
    assert_eq!(broken.unwrap_err().downcast_ref(), Some(&"on purpose"));
    let count = AtomicUsize::new(0);
    pool.run(8, &|_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(count.into_inner(), 8);
}

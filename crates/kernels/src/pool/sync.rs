//! What the pool is made of: `std`'s threads, atomics and locks, or loom's, which tries their interleavings (`scripts/loom`).

#[cfg(all(test, loom))]
pub(super) use modelled::*;
#[cfg(not(all(test, loom)))]
pub(super) use real::*;

#[cfg(not(all(test, loom)))]
mod real {
    pub(in crate::pool) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
    pub(in crate::pool) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(in crate::pool) use std::thread::{Builder, JoinHandle};
    use std::time::{Duration, Instant};

    /// Looks at a condition between two at the clock.
    const LOOKS: usize = 64;

    /// `std`'s cell with loom's interface, which brackets each access.
    pub(in crate::pool) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(in crate::pool) fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        /// For a read: nobody may write meanwhile.
        #[inline(always)]
        pub(in crate::pool) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
            read(self.0.get())
        }

        /// For a write: nobody else may read or write meanwhile.
        #[inline(always)]
        pub(in crate::pool) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            write(self.0.get())
        }
    }

    /// Spins until `over`, or for so long.
    #[inline(always)]
    pub(in crate::pool) fn spin(most: Duration, over: impl Fn() -> bool) {
        let since = Instant::now();
        while !over() && since.elapsed() < most {
            // To ask for the time takes longer than to look.
            for _ in 0..LOOKS {
                if over() {
                    break;
                }
                std::hint::spin_loop();
            }
        }
    }

    /// Spins until `over`, however long that takes; now and then its core is free for others.
    #[inline(always)]
    pub(in crate::pool) fn spin_until(over: impl Fn() -> bool) {
        let mut looks = 0u32;
        while !over() {
            looks = looks.wrapping_add(1);
            // A worker may have lost its core to another program.
            if looks.is_multiple_of(1024) { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
    }
}

#[cfg(all(test, loom))]
mod modelled {
    pub(in crate::pool) use loom::cell::UnsafeCell;
    pub(in crate::pool) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
    pub(in crate::pool) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(in crate::pool) use loom::thread::{Builder, JoinHandle};
    use std::time::Duration;

    /// There is no clock in a model: one more look stands for any number of them.
    pub(in crate::pool) fn spin(_: Duration, over: impl Fn() -> bool) {
        over();
    }

    /// A thread that spins is passed over until another has moved.
    pub(in crate::pool) fn spin_until(over: impl Fn() -> bool) {
        while !over() {
            loom::thread::yield_now();
        }
    }
}

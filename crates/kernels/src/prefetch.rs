//! What each thread will read next: a cell for every thread, by which waiting threads prefetch weights.
//!
//! Between two products of a decoding step one thread norms, rounds and adds. The others wait, and so does memory, which is
//! what decoding takes its time from. A thread that waits prefetches the beginning of what it will read next, so that the
//! next product finds it near. These are hints: no result depends on them. `product::prefetch` fills the cells.

use crate::isa::prefetch;
use crate::tuning::{NEXT_BYTES, NEXT_STEP};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one thread will read next: set by the thread that plans, looked at by the one that waits.
///
/// Start and length are not read together, and the memory may be gone: whatever is prefetched then is not used.
#[derive(Default)]
pub(crate) struct NextWeights {
    start: AtomicUsize,
    bytes: AtomicUsize,
}

/// How much of it has been prefetched.
#[derive(Default)]
pub(crate) struct Cursor {
    start: usize,
    rest: Range<usize>,
}

impl NextWeights {
    pub(crate) fn set(&self, memory: Range<usize>) {
        self.bytes.store(memory.len().min(NEXT_BYTES), Ordering::Relaxed);
        self.start.store(memory.start, Ordering::Relaxed);
    }

    /// How many bytes there are.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Asks for a little more; false if there is none.
    pub(crate) fn ask(&self, cursor: &mut Cursor) -> bool {
        let start = self.start.load(Ordering::Relaxed);
        if start != cursor.start {
            *cursor = Cursor { start, rest: start..start + self.bytes.load(Ordering::Relaxed) };
        }
        let Range { start: now, end } = cursor.rest;
        cursor.rest.start = end.min(now + NEXT_STEP);
        (now..cursor.rest.start).step_by(64).for_each(|at| prefetch(std::ptr::without_provenance(at)));
        now < end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_asks_for_everything_once() {
        let (next, mut cursor) = (NextWeights::default(), Cursor::default());
        assert!(!next.ask(&mut cursor), "nothing foreseen");
        let memory = [0u8; 3 * NEXT_STEP / 2];
        let start = memory.as_ptr() as usize;
        next.set(start..start + memory.len());
        assert_eq!([(); 3].map(|()| next.ask(&mut cursor)), [true, true, false]);
        next.set(0..usize::MAX);
        assert_eq!(next.bytes.load(Ordering::Relaxed), NEXT_BYTES);
    }
}

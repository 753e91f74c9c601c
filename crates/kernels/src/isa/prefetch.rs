//! Prefetch: memory asked for before it is used. Hints: no result depends on them.
#![allow(unsafe_code)] // one intrinsic

/// Asks for the cache line at an address, which may be any.
#[inline(always)]
pub(crate) fn prefetch(at: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction, and any address will do for it.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Asks for what lies `ahead` bytes after `from`, all lines of it.
#[inline(always)]
pub(crate) fn prefetch_ahead<T>(from: &T, ahead: usize) {
    for line in 0..size_of::<T>().div_ceil(64) {
        prefetch_line(from, ahead, line);
    }
}

/// Asks for line `line` of what lies `ahead` bytes after `from`, if a `T` has that many.
#[inline(always)]
pub(crate) fn prefetch_line<T>(from: &T, ahead: usize, line: usize) {
    if line * 64 < size_of::<T>() {
        prefetch(std::ptr::from_ref(from).cast::<u8>().wrapping_add(ahead + line * 64));
    }
}

/// Memory to be asked for bit by bit, between other work: a burst would only wait for itself.
#[derive(Clone, Copy)]
pub(crate) struct PrefetchQueue {
    at: *const u8,
    lines: usize,
}

impl PrefetchQueue {
    pub(crate) const NONE: Self = Self { at: std::ptr::null(), lines: 0 };

    /// All of these.
    #[inline(always)]
    pub(crate) fn all<T>(of: &[T]) -> Self {
        Self { at: of.as_ptr().cast(), lines: size_of_val(of).div_ceil(64) }
    }

    /// Share `which` of `count`.
    #[inline(always)]
    pub(crate) fn share(self, which: usize, count: usize) -> Self {
        let share = self.lines.div_ceil(count);
        let start = (which * share).min(self.lines);
        Self { at: self.at.wrapping_add(start * 64), lines: share.min(self.lines - start) }
    }

    /// Lines that are still to be asked for.
    #[inline(always)]
    pub(crate) fn lines(&self) -> usize {
        self.lines
    }

    /// Asks for the next few lines.
    #[inline(always)]
    pub(crate) fn issue(&mut self, lines: usize) {
        if self.lines > 0 {
            for line in 0..lines {
                prefetch(self.at.wrapping_add(line * 64));
            }
            self.at = self.at.wrapping_add(lines * 64);
            self.lines = self.lines.saturating_sub(lines);
        }
    }
}

//! Memory, counted as it is taken: where it would be more than is granted, or the system has no more, the command ends with a line
//! and exit code 1, instead of being killed.
//!
//! The files of a model that are mapped do not count: the system can take their pages back.
#![allow(unsafe_code)] // an allocator's functions are unsafe; these count and hand on. The end is two system calls.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicPtr, Ordering};

/// The program's allocator: the system's, counted.
pub(crate) struct Counted;

/// Bytes taken, short of what threads have not reported yet.
static USED: AtomicIsize = AtomicIsize::new(0);
/// The most that may be.
static MOST: AtomicIsize = AtomicIsize::new(isize::MAX);
/// What is said where it would be more: made beforehand, since nothing can be made then.
static LINE: AtomicPtr<String> = AtomicPtr::new(std::ptr::null_mut());
static ENDS: AtomicBool = AtomicBool::new(false);

/// Bytes that a thread takes or gives back before it says so, so that threads do not wait for each other.
const BATCH: isize = 64 << 10;

/// Of the memory that this process is granted, this part (in percent) may be taken where nothing is asked for.
const USUAL: usize = 90;

thread_local! {
    static UNREPORTED: Cell<isize> = const { Cell::new(0) };
}

/// Allows so many bytes; none asks for the usual part of what this process is granted.
pub(crate) fn allow(bytes: Option<usize>) {
    let usual = || beamline::granted_memory().map(|granted| granted / 100 * USUAL);
    let Some(bytes) = bytes.or_else(usual) else { return };
    let line = format!(
        "error: this takes more than the {} MB of memory that it may have; ask for less (a shorter text, fewer sequences, a smaller model), or give --max-memory more\n",
        bytes / 1_000_000
    );
    // Kept for as long as the program runs: it may be wanted at any moment.
    LINE.store(Box::into_raw(Box::new(line)), Ordering::Release);
    MOST.store(isize::try_from(bytes).unwrap_or(isize::MAX), Ordering::Release);
}

/// Counts bytes that are taken, or given back.
fn count(bytes: isize) {
    let report = UNREPORTED.try_with(|unreported| {
        let sum = unreported.get() + bytes;
        let report = sum.abs() >= BATCH;
        unreported.set(if report { 0 } else { sum });
        if report { sum } else { 0 }
    });
    let report = report.unwrap_or(bytes);
    if report != 0 {
        let used = USED.fetch_add(report, Ordering::Relaxed) + report;
        if report > 0 && used > MOST.load(Ordering::Relaxed) {
            // SAFETY: what is stored there is null, or was leaked for this.
            let line = unsafe { LINE.load(Ordering::Acquire).as_ref() };
            end(line.map_or(b"error: this takes more memory than it may have\n", String::as_bytes));
        }
    }
}

/// Ends the program with a line, without taking any memory.
#[cold]
fn end(line: &[u8]) -> ! {
    if ENDS.swap(true, Ordering::SeqCst) {
        // Another thread is on its way out.
        loop {
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
    }
    last_words(line, 1)
}

/// Writes a line to standard error and ends the program at once: takes no memory and no lock, so that it may be called from an
/// allocator and from the handler of a signal.
pub(crate) fn last_words(line: &[u8], code: i32) -> ! {
    #[cfg(unix)]
    // SAFETY: `write` reads the bytes of the slice and no more; `_exit` ends the process and runs nothing of it.
    unsafe {
        libc::write(2, line.as_ptr().cast(), line.len());
        libc::_exit(code)
    }
    #[cfg(not(unix))]
    {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line);
        std::process::exit(code)
    }
}

/// Memory that the system has given; where it has none left that is the end.
fn given(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        end(b"error: the system gives no more memory; ask for less (a shorter text, fewer sequences, a smaller model), or raise its limit\n");
    }
    memory
}

// SAFETY: every call is handed on to the system's allocator with what it was called with, and its answer is given back.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        given(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        given(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: as the caller promises.
        given(unsafe { System.realloc(memory, layout, size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_counted_and_given_back() {
        let before = USED.load(Ordering::Relaxed);
        let large = vec![0u8; 64 << 20];
        let mut small: Vec<Box<[u8; 1000]>> = (0..20_000).map(|_| Box::new([1; 1000])).collect();
        let taken = USED.load(Ordering::Relaxed) - before;
        assert!((80 << 20..400 << 20).contains(&taken), "{taken}");
        small.clear();
        small.shrink_to_fit();
        drop((large, small));
        assert!(USED.load(Ordering::Relaxed) - before < 40 << 20);
    }
}

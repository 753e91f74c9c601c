//! A stack of its own for a template.
//!
//! A template can make a list within a list within a list; what looks at such a value, and what gives it back, takes a little
//! stack a level. How many levels there can be is bounded by the fuel, and what they need together is here. Pages of a stack that
//! nobody touches cost nothing.

use std::panic::resume_unwind;
use std::thread::{Builder, scope};

/// Bytes of stack: the most fuel makes some hundred thousand levels, each of which takes below two kilobytes.
const STACK: usize = 256 << 20;

/// Runs a job on a large stack; none where there is no room for one.
pub(crate) fn large<T: Send>(job: impl FnOnce() -> T + Send) -> Option<T> {
    scope(|threads| {
        let thread =
            Builder::new().name("chat template".to_owned()).stack_size(STACK).spawn_scoped(threads, job).ok()?;
        Some(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

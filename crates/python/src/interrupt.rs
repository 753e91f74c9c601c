//! Whether the user wants a call to end: Python's signals, asked for between steps.

use pyo3::{PyErr, Python};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Exceptions that came while the interpreter was let go of, kept until somebody can raise them.
#[derive(Clone, Default)]
pub(crate) struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    /// Keeps an exception; of several the first.
    pub(crate) fn keep(&self, error: PyErr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Whether there is one.
    pub(crate) fn is_some(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The one that was kept, given away.
    pub(crate) fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Milliseconds between two looks at Python's signals. Each may have to wait for other threads of the interpreter.
const EVERY: u64 = 10;

/// What an engine asks before every step: true where Python has been interrupted. The exception is kept in `raised`.
pub(crate) fn asks_python(raised: Raised) -> impl Fn() -> bool + Send + Sync {
    let (begun, last) = (Instant::now(), AtomicU64::new(0));
    move || {
        let now = begun.elapsed().as_millis() as u64;
        if now < last.load(Ordering::Relaxed) + EVERY {
            return false;
        }
        last.store(now, Ordering::Relaxed);
        // Only the main thread hears of signals; on others this is nothing.
        #[allow(clippy::redundant_closure_for_method_calls)] // the method itself is not general enough in its lifetime
        let heard = Python::attach(|py| py.check_signals());
        match heard {
            Ok(()) => false,
            Err(error) => {
                raised.keep(error);
                true
            }
        }
    }
}

//! Ctrl-C: the first lets the step under way end, the second does not.

use crate::failure::Failure;
use std::sync::atomic::{AtomicBool, Ordering};

static PRESSED: AtomicBool = AtomicBool::new(false);

/// Begins to watch for it.
pub(crate) fn watch() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        if PRESSED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    })
    .map_err(|error| Failure { code: 1, message: Some(format!("cannot watch for Ctrl-C: {error}")) })
}

/// Whether it was pressed.
pub(crate) fn pressed() -> bool {
    PRESSED.load(Ordering::SeqCst)
}

//! Ctrl-C, and being told to end or hung up on (SIGTERM, SIGHUP): ends the command at once, but for `generate`, which first prints what it has, and `chat`, where it ends an answer.

use crate::destination;
use crate::failure::Failure;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

static PRESSED: AtomicBool = AtomicBool::new(false);
static ON_INTERRUPT: AtomicU8 = AtomicU8::new(OnInterrupt::AtOnce as u8);
static TOLD: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// What the first Ctrl-C does; the second always ends the command at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnInterrupt {
    /// Ends it.
    AtOnce,
    /// Ends it, with the line that text stands on.
    EndLine,
    /// Lets the step under way end; [`pressed`] then says so.
    AfterStep,
}

/// Begins to watch for it.
pub(crate) fn watch() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        let again = PRESSED.swap(true, Ordering::SeqCst);
        let action = ON_INTERRUPT.load(Ordering::SeqCst);
        if action == OnInterrupt::AfterStep as u8 && !again {
            if let Some(told) = TOLD.get() {
                told();
            }
            return;
        }
        if action == OnInterrupt::EndLine as u8 {
            let _ = writeln!(std::io::stdout());
        }
        destination::abandon();
        std::process::exit(130);
    })
    .map_err(|error| Failure { code: 1, message: Some(format!("cannot watch for Ctrl-C: {error}")) })
}

/// Says what the next Ctrl-C is to do.
pub(crate) fn set(action: OnInterrupt) {
    ON_INTERRUPT.store(action as u8, Ordering::SeqCst);
}

/// From now on the first Ctrl-C calls this, once in a process: for what does not look by itself whether it was pressed. However early
/// it comes, it is heard.
pub(crate) fn tell(told: impl Fn() + Send + Sync + 'static) {
    let _ = TOLD.set(Box::new(told));
    set(OnInterrupt::AfterStep);
}

/// Forgets that it was pressed: what it ended has ended.
pub(crate) fn forget() {
    PRESSED.store(false, Ordering::SeqCst);
}

/// Whether it was pressed.
pub(crate) fn pressed() -> bool {
    PRESSED.load(Ordering::SeqCst)
}

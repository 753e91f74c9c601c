//! What the system tells a process: that a mapped file has been cut short under it; that standard output was closed before it began.
#![allow(unsafe_code)] // handlers of signals, and what is asked before Rust begins

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Standard output, if it was open when the program began. (Where it was not, Rust puts a device in its place that takes anything and
/// keeps nothing.)
pub(crate) fn standard_output() -> io::Result<()> {
    if CLOSED.load(Ordering::Relaxed) {
        return Err(io::Error::other("it is closed, so the result cannot be written; give it a place, such as a file"));
    }
    Ok(())
}

#[cfg(target_os = "linux")]
mod before_main {
    use super::{CLOSED, Ordering};

    /// Run by the loader before `main`.
    #[used]
    // SAFETY: what lies in this section is called once, before anything else runs, with arguments that may be left unread.
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;

    extern "C" fn look() {
        // SAFETY: asks about a number; it need not be an open file's.
        CLOSED.store(unsafe { libc::fcntl(1, libc::F_GETFD) } == -1, Ordering::Relaxed);
    }
}

/// Sees to it that a mapped file that is cut short ends the command with a line and exit code 3, and that a hangup that was to be
/// passed over, as under `nohup`, still is once `watch_interrupts` has been called.
#[cfg(unix)]
pub(crate) fn watch<E>(watch_interrupts: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    bus::watch();
    // SAFETY: only asks: the new action is null.
    let hangup = unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGHUP, std::ptr::null(), &raw mut now);
        now.sa_sigaction
    };
    watch_interrupts()?;
    if hangup == libc::SIG_IGN {
        // SAFETY: to pass over a signal runs nothing.
        unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    }
    Ok(())
}

/// There are no such signals.
#[cfg(not(unix))]
pub(crate) fn watch<E>(watch_interrupts: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    watch_interrupts()
}

#[cfg(unix)]
mod bus {
    use crate::memory::last_words;
    use std::sync::OnceLock;

    /// What was done about the signal before.
    static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

    /// What is said behind the file's name.
    const TOLD: &[u8] =
        b": the file was cut short while it was in use; leave the files of a model as they are, or give --no-map\n";

    pub(super) fn watch() {
        // SAFETY: a handler with the arguments that its flag asks for, on the stack that Rust gives each of its threads for
        // handlers; all zeros are a valid action, whose mask is empty.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            let mut before: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handle as extern "C" fn(_, _, _) as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            if libc::sigaction(libc::SIGBUS, &raw const action, &raw mut before) == 0 {
                let _ = BEFORE.set(before);
            }
        }
    }

    /// Called on the thread that read what is not there. Takes no memory and no lock.
    extern "C" fn handle(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the system hands in what it knows; the file that is mapped there is being read, so it is mapped still.
        let path = unsafe { beamline::mapped_file_at((*info).si_addr() as usize) };
        let Some(path) = path else {
            // Another's: the same read again, with what was done about it before.
            // SAFETY: what the system gave.
            unsafe {
                match BEFORE.get() {
                    Some(before) => libc::sigaction(libc::SIGBUS, &raw const *before, std::ptr::null_mut()),
                    None => libc::_exit(128 + libc::SIGBUS),
                }
            };
            return;
        };
        let mut line = [0; 4096 + 256];
        let mut end = 0;
        for part in [b"error: ", path.get(..4096).unwrap_or(path), TOLD] {
            line[end..end + part.len()].copy_from_slice(part);
            end += part.len();
        }
        last_words(&line[..end], 3)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)] // tests may

    use beamline::{Holding, OpenOptions, Options, TrustedFiles};
    use std::path::Path;
    use std::process::Command;

    /// The child of the test below: a signal is the whole process'.
    #[test]
    #[ignore = "the child of a test"]
    fn reads_a_file_that_is_cut_short() {
        super::watch(|| Ok::<(), ()>(())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/checkpoints/tiny-gpt2");
        for file in ["config.json", "model.safetensors", "tokenizer.json"] {
            std::fs::copy(from.join(file), folder.path().join(file)).unwrap();
        }
        let weights = folder.path().join("model.safetensors");
        // SAFETY: the promise is broken on purpose, to see what comes of it: nothing is read from the map but by what is tested.
        let trusted = unsafe { TrustedFiles::promise_unchanged() };
        let engine =
            OpenOptions::new().holding(Holding::Mapped(trusted)).open(folder.path().to_str().unwrap()).unwrap();
        std::fs::OpenOptions::new().write(true).open(&weights).unwrap().set_len(4096).unwrap();
        let plan = engine.plan(&Options::new().max_new_tokens(4)).unwrap();
        let _ = engine.generate(&["Once".into()], &plan);
    }

    #[test]
    fn a_mapped_file_that_is_cut_short_is_named_in_one_line() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "--nocapture", "signals::tests::reads_a_file_that_is_cut_short"]);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        let line = said.lines().last().unwrap();
        assert!(line.starts_with("error: /") && line.contains("/model.safetensors: the file was cut short"), "{said}");
        assert!(line.ends_with("or give --no-map") && said.ends_with('\n'), "{said}");
    }
}

//! Panics, which are defects: told in one line with their place, then with a backtrace if `RUST_BACKTRACE` asks for one.

use crate::failure::Failure;
use crate::output;
use std::any::Any;
use std::backtrace::Backtrace;
use std::panic::{PanicHookInfo, catch_unwind, set_hook};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

/// The latest panics of any thread. Not each is an end: libraries' may be caught, and of a job's the first is resumed.
static SEEN: Mutex<Vec<Broken>> = Mutex::new(Vec::new());

/// How many of them are kept.
const KEPT: usize = 16;

/// A panic that nobody caught.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    message: String,
    /// File and line.
    place: Option<String>,
    backtrace: Option<String>,
}

impl Broken {
    /// Tells of it, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let place = self.place.map(|place| format!(" ({place})")).unwrap_or_default();
        let code = Failure::internal(&format!("{}{place}", self.message)).report();
        if let Some(backtrace) = self.backtrace {
            output::note(backtrace.trim_end());
        }
        code
    }
}

/// Runs the whole command; a panic that comes through is no longer one.
pub(crate) fn caught<R>(run: fn() -> R) -> Result<R, Broken> {
    set_hook(Box::new(remember));
    catch_unwind(run).map_err(|payload| {
        let message = text(payload.as_ref());
        let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        let found = seen.iter().rev().find(|broken| broken.message == message).cloned();
        found.unwrap_or(Broken { message, place: None, backtrace: None })
    })
}

/// Keeps what a panic says and where it was, whichever thread's it is; only the hook is told the place.
fn remember(info: &PanicHookInfo<'_>) {
    let backtrace = match std::env::var("RUST_BACKTRACE").as_deref() {
        Err(_) | Ok("0") => None,
        Ok("full") => Some(format!("{:#}", Backtrace::force_capture())),
        Ok(_) => Some(Backtrace::force_capture().to_string()),
    };
    let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.len() == KEPT {
        seen.remove(0);
    }
    seen.push(Broken { message: text(info.payload()), place, backtrace });
}

/// What was panicked with.
fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use beamline::Compute;
    use std::process::{Command, Output};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Runs one of the ignored tests below in a process of its own: a hook is the whole process'.
    fn child(name: &str, backtrace: &str) -> Output {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "--nocapture", &format!("panics::tests::{name}")]);
        command.env("RUST_BACKTRACE", backtrace).output().unwrap()
    }

    /// Ends as the command does.
    fn ends(run: fn() -> Result<(), crate::failure::Failure>) {
        assert_eq!(format!("{:?}", crate::ended(run)), format!("{:?}", std::process::ExitCode::from(1)));
    }

    #[test]
    #[ignore = "the child of a test"]
    fn breaks() {
        ends(|| {
            // Caught, as in a library: not what ends the command.
            let _ = std::panic::catch_unwind(|| panic!("another"));
            let number = 7;
            panic!("{number} is\n  odd");
        });
    }

    #[test]
    #[ignore = "the child of a test"]
    fn breaks_in_a_worker() {
        static BROKEN: AtomicBool = AtomicBool::new(false);
        ends(|| {
            let compute = Compute::from_env(Some(2)).map_err(beamline::Error::from)?;
            compute.for_items(vec![(); 64], usize::MAX, |_, ()| {
                let since = Instant::now();
                if thread::current().name() == Some("beamline") {
                    BROKEN.store(true, Ordering::Relaxed);
                    panic!("a worker broke");
                }
                // The caller leaves it something to do.
                while !BROKEN.load(Ordering::Relaxed) && since.elapsed() < Duration::from_secs(20) {
                    thread::sleep(Duration::from_millis(1));
                }
            });
            Ok(())
        });
    }

    #[test]
    fn a_panic_is_one_line_with_its_message_and_place() {
        for (name, message) in [("breaks", "7 is odd"), ("breaks_in_a_worker", "a worker broke")] {
            let output = child(name, "0");
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{name}: {told}");
            let rest =
                told.strip_prefix(&format!("error: internal error: {message} (")).unwrap_or_else(|| panic!("{told}"));
            let (place, end) = rest.split_once(')').unwrap();
            let (file, line) = place.rsplit_once(':').unwrap();
            assert!(file.ends_with("panics.rs") && line.parse::<u32>().unwrap() > 70, "{told}");
            assert_eq!(end, "; please report it\n");
        }
    }

    #[test]
    fn a_backtrace_follows_where_it_is_asked_for() {
        for asked in ["1", "full"] {
            let told = String::from_utf8(child("breaks", asked).stderr).unwrap();
            let (line, backtrace) = told.split_once('\n').unwrap();
            assert!(
                line.starts_with("error: internal error: 7 is odd (") && line.ends_with("please report it"),
                "{told}"
            );
            assert!(backtrace.contains("panics::tests::breaks"), "{told}");
        }
    }
}

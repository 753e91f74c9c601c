//! What goes on, on standard error: downloads, loading, counts. Nothing where that is no terminal.

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::LazyLock;
use std::time::Duration;

/// All bars, so that none is drawn over another.
static SHOWN: LazyLock<MultiProgress> = LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));

/// How often a clock goes on by itself.
const TICK: Duration = Duration::from_millis(500);

/// Does something with all bars out of the way: what it writes stays where it is.
pub(crate) fn aside<T>(act: impl FnOnce() -> T) -> T {
    SHOWN.suspend(act)
}

fn bar(of: Option<u64>, template: &str) -> ProgressBar {
    let bar = SHOWN.add(ProgressBar::with_draw_target(of, ProgressDrawTarget::hidden()));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Draws a bar for each file, and passes on what is to be said.
pub(crate) struct Bars {
    bar: Option<ProgressBar>,
    say: fn(&str),
}

impl Bars {
    /// Bars; lines go to `say`.
    pub(crate) fn new(say: fn(&str)) -> Self {
        Self { bar: None, say }
    }
}

impl beamline::Progress for Bars {
    fn notice(&mut self, line: &str) {
        (self.say)(&format!("note: {line}"));
    }

    fn begin(&mut self, file: &str, done: u64, total: Option<u64>) {
        let template = match total {
            Some(_) => "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{msg} {bytes} {bytes_per_sec}",
        };
        let bar = bar(total, template);
        bar.enable_steady_tick(TICK);
        bar.set_message(file.to_owned());
        bar.set_position(done);
        self.bar = Some(bar);
    }

    fn advance(&mut self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Counts what is done of long work; shown where standard error is a terminal.
pub(crate) struct Count {
    what: &'static str,
    bar: Option<ProgressBar>,
}

impl Count {
    /// A count of these things.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, bar: None }
    }

    /// So many are done, of so many.
    pub(crate) fn set(&mut self, done: usize, of: usize) {
        let bar = self.bar.get_or_insert_with(|| {
            let bar = bar(Some(of as u64), &format!("{{bar:30}} {{pos}}/{{len}} {} {{elapsed}}", self.what));
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_position(done as u64);
        if done == of {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Counts rows of a long run, with its pace and the time that is left.
pub(crate) struct RowBar(Option<ProgressBar>);

impl RowBar {
    /// Nothing is drawn before the first row.
    pub(crate) fn new() -> Self {
        Self(None)
    }

    /// So many rows are done, of so many where that is known; `seconds` are left.
    pub(crate) fn set(&mut self, done: u64, of: Option<u64>, pace: String, seconds: Option<f64>) {
        let bar = self.0.get_or_insert_with(|| {
            let template = match of {
                Some(_) => "{bar:30} {pos}/{len} rows {msg}",
                None => "{pos} rows {elapsed} {msg}",
            };
            let bar = bar(of, template);
            bar.enable_steady_tick(TICK);
            bar
        });
        let left =
            seconds.map_or(String::new(), |left| format!(", {} left", HumanDuration(Duration::from_secs_f64(left))));
        bar.set_message(pace + &left);
        bar.set_position(done);
    }
}

impl Drop for RowBar {
    fn drop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// Says that something goes on, from the moment when one would begin to wonder; gone when dropped.
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    /// Begins to wait for this.
    pub(crate) fn begin(what: &'static str) -> Self {
        let bar = bar(None, "{msg} {elapsed}");
        bar.set_message(what);
        bar.enable_steady_tick(TICK);
        Self(bar)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

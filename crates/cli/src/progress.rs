//! What goes on, on standard error: downloads, loading, counts. Nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// Draws a bar for each file.
#[derive(Default)]
pub(crate) struct Bars(Option<ProgressBar>);

impl beamline::Progress for Bars {
    fn begin(&mut self, file: &str, done: u64, total: Option<u64>) {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = match total {
            Some(_) => "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{msg} {bytes} {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(file.to_owned());
        bar.set_position(done);
        self.0 = Some(bar);
    }

    fn advance(&mut self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.0.take() {
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
            let bar = ProgressBar::with_draw_target(Some(of as u64), ProgressDrawTarget::stderr());
            if let Ok(style) =
                ProgressStyle::with_template(&format!("{{bar:30}} {{pos}}/{{len}} {} {{elapsed}}", self.what))
            {
                bar.set_style(style);
            }
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

/// Says that something goes on, from the moment when one would begin to wonder; gone when dropped.
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    /// Begins to wait for this.
    pub(crate) fn begin(what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(500));
        Self(bar)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

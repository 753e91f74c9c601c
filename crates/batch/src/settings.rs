//! How a run is to be.

use beamline::{ChatTemplate, Options, granted_memory};

/// What holds for all rows of a run.
///
/// ```
/// use beamline::Options;
/// use beamline_batch::Settings;
/// let settings = Settings { options: Options::new().do_sample(true).seed(7), ..Settings::default() };
/// assert!(settings.bounds.sessions > 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Decoding options, which a row's own go before. Their seed is the run's: rows draw by seeds made of it and of their keys
    /// ([`row_seed`](crate::row_seed)); one is chosen where there is none.
    pub options: Options,
    /// The chat template for rows with messages; the model's own where there is none.
    pub template: Option<ChatTemplate>,
    /// How much is taken on at a time. No result depends on it, but for a row that could never fit.
    pub bounds: Bounds,
}

/// How much is taken on at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Rows that are continued together, 1 or more.
    pub sessions: usize,
    /// Bytes of keys and values, of rows and of beginnings that they share. A row that may need more has an error.
    pub cache_bytes: usize,
    /// Tokens that go through the model in one step: how long an interruption waits.
    pub step_tokens: usize,
    /// How far rows may be ahead of the oldest one that has not come out, 1 or more: so much is held in memory.
    pub window: usize,
}

impl Default for Bounds {
    /// 64 rows together, a quarter of the memory that this process is granted, 512 tokens a step, 4096 rows ahead.
    fn default() -> Self {
        const UNKNOWN: usize = 2 << 30;
        let cache_bytes = granted_memory().map_or(UNKNOWN, |granted| granted / 4);
        Self { sessions: 64, cache_bytes, step_tokens: 512, window: 4096 }
    }
}

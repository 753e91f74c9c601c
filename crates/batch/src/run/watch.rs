//! What is told of a run.

use crate::journal::Kept;
use crate::queue::Counts;

/// Hears how a run goes on, and may end it.
pub trait Watch {
    /// A line that whoever began the run should read.
    fn note(&mut self, _line: &str) {}
    /// How far it is; told before every step.
    fn progress(&mut self, _progress: &Progress) {}
    /// Whether to go on; asked before every step.
    fn goes_on(&mut self) -> bool {
        true
    }
}

/// Nobody watches.
impl Watch for () {}

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Rows that are done, those of the journal among them.
    pub rows: u64,
    /// Rows that there are, where the input can be read twice.
    pub total: Option<u64>,
    /// Rows that were found in the journal.
    pub resumed: u64,
    /// Rows with an error.
    pub errors: u64,
    /// Rows that are being continued.
    pub running: usize,
    /// What this process has done itself.
    pub here: Counts,
}

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Rows in the output.
    pub rows: u64,
    /// Those of them with an error in place of a completion.
    pub errors: u64,
    /// Rows that were found in the journal, and not computed again.
    pub resumed: u64,
    /// Tokens of all prompts.
    pub prompt_tokens: u64,
    /// New tokens of all rows.
    pub new_tokens: u64,
    /// What this process has done itself.
    pub here: Counts,
}

impl Progress {
    /// Nothing done, of so many rows.
    pub(super) fn of(total: Option<u64>) -> Self {
        Self { total, ..Self::default() }
    }

    /// Counts in what the journal holds.
    pub(super) fn resume(&mut self, kept: &Kept) {
        (self.resumed, self.rows, self.errors) = (kept.rows, kept.rows, kept.errors);
    }

    /// This, and what has been done since.
    pub(super) fn and(self, here: Counts, running: usize) -> Self {
        Self { rows: self.resumed + here.rows, errors: self.errors + here.errors, running, here, ..self }
    }
}

impl Summary {
    /// What the journal holds.
    pub(super) fn resumed(kept: &Kept) -> Self {
        Self {
            rows: kept.rows,
            errors: kept.errors,
            resumed: kept.rows,
            prompt_tokens: kept.prompt_tokens,
            new_tokens: kept.new_tokens,
            here: Counts::default(),
        }
    }

    /// Counts in what this process has done.
    pub(super) fn add(&mut self, here: Counts) {
        self.rows += here.rows;
        self.errors += here.errors;
        self.prompt_tokens += here.prompt_tokens;
        self.new_tokens += here.new_tokens;
        self.here = here;
    }
}

//! Which page of help is asked for.

use std::ffi::OsString;

/// How much of a command a page shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Page {
    /// What most need.
    Short,
    /// Every option.
    All,
}

impl Page {
    /// `--help all` anywhere asks for all.
    pub(super) fn asked(words: &[OsString]) -> Self {
        let all = words.windows(2).any(|pair| (pair[0] == "--help" || pair[0] == "-h") && pair[1] == "all");
        if all { Self::All } else { Self::Short }
    }
}

//! Why a run does not begin, or does not go on.

use beamline::{Error, Fault};
use std::io;
use std::path::{Path, PathBuf};

/// Why a run does not begin, or does not go on. Each is one line. What is wrong with one row is never among them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The options of all rows are wrong, or the model is broken.
    #[error(transparent)]
    Engine(#[from] Error),
    /// An input that is none.
    #[error("{name}: {reason}")]
    Input {
        /// What was read.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Ways to ask that do not go together.
    #[error("{reason}")]
    Usage {
        /// What does not go together, and the remedy.
        reason: String,
    },
    /// The input could not be read.
    #[error("{name}: {source}")]
    Read {
        /// What was read.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("{}: {source}; give --output a file that can be written", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output could not be written to its end.
    #[error("{name}: {source}{}", kept(journal.as_deref()))]
    Write {
        /// What was written.
        name: String,
        /// Why.
        source: io::Error,
        /// Where finished rows are kept.
        journal: Option<PathBuf>,
    },
    /// The reader of the output has gone.
    #[error("nobody reads the output any more")]
    Unread,
    /// A journal that cannot be made or read.
    #[error("{}: {source}; the journal must lie where it can be written: give --journal another file", path.display())]
    NoJournal {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A journal that could not be written on.
    #[error("{}: {source}; rows that are finished are kept there: make room, and run the same command again to go on", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A journal that another run is writing.
    #[error("{}: another run is at work on it; wait for its end, or give another --output", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// A file in the journal's place that is no journal.
    #[error("{}: it is no journal of this version of beamline batch; move it away, or give --journal another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A journal of another run.
    #[error("{}: {what}; go on as it was begun, or delete the journal to begin anew", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What is another now.
        what: String,
    },
    /// A journal with a damaged record before whole ones.
    #[error("{}: record {record}, at byte {byte}, is damaged: {what}; --salvage goes on with the {whole} records that are whole and computes what is lost again, or delete the journal to begin anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The record's number, from 1; the head is 0.
        record: u64,
        /// Where it begins.
        byte: u64,
        /// What is wrong with it.
        what: &'static str,
        /// Records that are whole.
        whole: u64,
    },
    /// An input that changed while it was read.
    #[error("{name}: it was changed while it was read{}", kept(journal.as_deref()))]
    Changed {
        /// The file.
        name: String,
        /// Where finished rows are kept.
        journal: Option<PathBuf>,
    },
    /// The caller would not go on.
    #[error("interrupted after {rows} rows{}", kept(journal.as_deref()))]
    Interrupted {
        /// Rows that were finished.
        rows: u64,
        /// Where they are kept.
        journal: Option<PathBuf>,
    },
}

/// What is left, and how to go on.
fn kept(journal: Option<&Path>) -> String {
    match journal {
        Some(path) => {
            format!("; what is finished is kept in {}: run the same command again to go on", path.display())
        }
        None => String::new(),
    }
}

impl BatchError {
    /// The input could not be read.
    pub(crate) fn read(name: &str, source: io::Error) -> Self {
        Self::Read { name: name.to_owned(), source }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Engine(error) => error.fault(),
            Self::Input { .. }
            | Self::Usage { .. }
            | Self::Read { .. }
            | Self::Output { .. }
            | Self::NoJournal { .. }
            | Self::Busy { .. }
            | Self::Foreign { .. }
            | Self::Other { .. }
            | Self::Damaged { .. } => Fault::Usage,
            Self::Write { .. }
            | Self::Unread
            | Self::Journal { .. }
            | Self::Changed { .. }
            | Self::Interrupted { .. } => Fault::Run,
        }
    }
}

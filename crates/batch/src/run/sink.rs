//! Where output goes: a file that appears when it is whole, or a stream.

use super::Output;
use crate::error::BatchError;
use crate::files::Whole;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(crate) struct Sink {
    name: String,
    to: To,
    /// Where finished rows are kept, for errors.
    journal: Option<PathBuf>,
}

enum To {
    Whole(Whole),
    Stream(BufWriter<Box<dyn Write + Send>>),
}

impl Sink {
    /// Opens it.
    pub(super) fn begin(output: Output, journal: Option<&Path>) -> Result<Self, BatchError> {
        let journal = journal.map(Path::to_owned);
        let stream = |to: Box<dyn Write + Send>| To::Stream(BufWriter::with_capacity(1 << 16, to));
        let (name, to) = match output {
            Output::Stream(to) => ("standard output".to_owned(), stream(to)),
            Output::File(path) => {
                // A device or a pipe has no name to take.
                let is_file = std::fs::metadata(&path).map_or(true, |about| about.is_file() || about.is_dir());
                let to = if is_file {
                    To::Whole(Whole::begin(&path)?)
                } else {
                    let failed = |source| BatchError::Output { path: path.clone(), source };
                    stream(Box::new(OpenOptions::new().write(true).open(&path).map_err(failed)?))
                };
                (path.display().to_string(), to)
            }
        };
        Ok(Self { name, to, journal })
    }

    fn failed(&self, source: io::Error) -> BatchError {
        match source.kind() {
            ErrorKind::BrokenPipe => BatchError::Unread,
            _ => BatchError::Write { name: self.name.clone(), source, journal: self.journal.clone() },
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), BatchError> {
        let written = match &mut self.to {
            To::Whole(file) => file.write(bytes),
            To::Stream(stream) => stream.write_all(bytes),
        };
        written.map_err(|error| self.failed(error))
    }

    /// Hands on what a reader may wait for.
    pub(super) fn show(&mut self) -> Result<(), BatchError> {
        let shown = match &mut self.to {
            To::Whole(_) => Ok(()),
            To::Stream(stream) => stream.flush(),
        };
        shown.map_err(|error| self.failed(error))
    }

    /// All has been written.
    pub(super) fn finish(self) -> Result<(), BatchError> {
        let Self { name, to, journal } = self;
        match to {
            To::Whole(file) => file.finish().map_err(|source| BatchError::Write { name, source, journal }),
            To::Stream(stream) => Self { name, to: To::Stream(stream), journal }.show(),
        }
    }
}

//! Records added, written after every step and synced every second; and all of them, in the order of their rows.

use super::head::Head;
use super::reading::{Damage, Found, Scan, read};
use super::record::{Entry, MAGIC, append};
use crate::error::BatchError;
use crate::files::{Locked, lock, sync_folder};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a record may lie with the system before it is on the disk, and how many bytes.
const SYNC_AFTER: Duration = Duration::from_secs(1);
const SYNC_BYTES: usize = 4 << 20;

/// A journal that this run alone writes.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// Records not yet written.
    buffer: Vec<u8>,
    /// Bytes written and not yet synced, and when they were last.
    unsynced: usize,
    synced: Instant,
    /// Whether nothing is in it: it goes when it is dropped.
    empty: bool,
}

impl Journal {
    /// Opens a journal, or makes one, and reads what it holds; `first` is the first row of the run. What stands behind its last
    /// whole record is cut off.
    ///
    /// # Errors
    /// When it cannot be written, another run is at work on it, it is no journal, or has a damaged place and is not to be
    /// salvaged.
    pub(crate) fn open(path: &Path, first: u64, salvage: bool) -> Result<(Self, Found), BatchError> {
        let failed = |source| BatchError::NoJournal { path: path.to_owned(), source };
        let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = match lock(path, open).map_err(failed)? {
            Locked::Mine(file) => file,
            Locked::Busy => return Err(BatchError::Busy { path: path.to_owned() }),
        };
        let length = file.metadata().map_err(failed)?.len();
        let found = read(&file, length, first).map_err(failed)?;
        let found = found.ok_or_else(|| BatchError::Foreign { path: path.to_owned() })?;
        let mut journal = Self {
            path: path.to_owned(),
            file,
            buffer: Vec::new(),
            unsynced: 0,
            synced: Instant::now(),
            empty: found.head.is_none() && found.damaged.is_empty(),
        };
        if let Some(Damage { record, begin, what, .. }) = found.damaged.first().copied() {
            if !salvage || found.head.is_none() {
                let (path, whole) = (path.to_owned(), found.kept.rows);
                return Err(BatchError::Damaged { path, record, byte: begin, what, whole });
            }
            journal.salvage(length).map_err(failed)?;
        } else {
            let end = if journal.empty { 0 } else { found.end };
            journal.file.set_len(end).map_err(failed)?;
        }
        journal.file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok((journal, found))
    }

    /// Copies all whole records to a new file, which takes this one's place.
    fn salvage(&mut self, length: u64) -> io::Result<()> {
        let mut beside = self.path.clone().into_os_string();
        beside.push(".salvaged");
        let beside = PathBuf::from(beside);
        let mut to = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&beside)?;
        // Nobody else knows of it.
        let _ = to.try_lock();
        to.write_all(MAGIC)?;
        let mut all = Vec::new();
        if let Some(mut scan) = Scan::begin(&self.file, length)? {
            while let Some((_, payload)) = scan.next()? {
                append(&mut all, payload);
                if all.len() > SYNC_BYTES {
                    to.write_all(&all)?;
                    all.clear();
                }
            }
        }
        to.write_all(&all)?;
        to.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        sync_folder(&self.path)?;
        self.file = to;
        Ok(())
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, source: io::Error) -> BatchError {
        BatchError::Journal { path: self.path.clone(), source }
    }

    /// Begins a run, or goes on with the one that it holds.
    ///
    /// # Errors
    /// When it is another run's, or cannot be written.
    pub(crate) fn begin(&mut self, found: &Found, head: &Head) -> Result<(), BatchError> {
        if let Some((version, before)) = &found.head {
            return match head.differs(version, before) {
                Some(what) => Err(BatchError::Other { path: self.path.clone(), what }),
                None => Ok(()),
            };
        }
        self.buffer.extend_from_slice(MAGIC);
        append(&mut self.buffer, &head.payload());
        self.write()?;
        self.empty = false;
        self.sync()?;
        sync_folder(&self.path).map_err(|source| self.failed(source))
    }

    /// Adds a finished row.
    pub(crate) fn add(&mut self, entry: &Entry<'_>) {
        append(&mut self.buffer, &entry.payload());
    }

    /// Hands what was added to the system, where it outlives this process; and from time to time to the disk.
    ///
    /// # Errors
    /// When there is no room. What was there before stays whole.
    pub(crate) fn write(&mut self) -> Result<(), BatchError> {
        if !self.buffer.is_empty() {
            self.file.write_all(&self.buffer).map_err(|source| self.failed(source))?;
            self.unsynced += self.buffer.len();
            self.buffer.clear();
        }
        if self.unsynced > 0 && (self.synced.elapsed() >= SYNC_AFTER || self.unsynced >= SYNC_BYTES) {
            self.sync()?;
        }
        Ok(())
    }

    /// Sees to it that all that was written is on the disk.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn sync(&mut self) -> Result<(), BatchError> {
        self.file.sync_data().map_err(|source| self.failed(source))?;
        (self.unsynced, self.synced) = (0, Instant::now());
        Ok(())
    }

    /// Hands out the output of rows `first..last`, in order, whatever the order in which they were finished: holds in memory where
    /// rows lie that came too soon.
    ///
    /// # Errors
    /// When the journal cannot be read, a row is missing, or `take` fails.
    pub(crate) fn in_order(
        &self,
        first: u64,
        last: u64,
        mut take: impl FnMut(&[u8]) -> Result<(), BatchError>,
    ) -> Result<(), BatchError> {
        let failed = |source| self.failed(source);
        let length = self.file.metadata().map_err(failed)?.len();
        // Both have places of their own: one walks on, the other goes back.
        let again = || File::open(&self.path).map_err(failed);
        let mut back = again()?;
        let lost = || failed(io::Error::new(io::ErrorKind::InvalidData, "a row is missing"));
        let mut scan = Scan::begin(again()?, length).map_err(failed)?.ok_or_else(lost)?;
        let (mut next, mut early, mut payload) = (first, BTreeMap::new(), Vec::new());
        while let Some((span, bytes)) = scan.next().map_err(failed)? {
            let Some(entry) = Entry::read(bytes) else { continue }; // the head
            if entry.number != next {
                if entry.number > next {
                    early.insert(entry.number, span);
                }
                continue;
            }
            take(entry.output)?;
            next += 1;
            while let Some(span) = early.remove(&next) {
                payload.resize(span.length as usize, 0);
                back.seek(SeekFrom::Start(span.at)).and_then(|_| back.read_exact(&mut payload)).map_err(failed)?;
                let bytes = payload.get(super::record::FRAME..payload.len() - 1).unwrap_or_default();
                take(Entry::read(bytes).ok_or_else(lost)?.output)?;
                next += 1;
            }
        }
        if next == last { Ok(()) } else { Err(lost()) }
    }

    /// Takes it away, now that the output is there.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn remove(self) -> Result<(), BatchError> {
        std::fs::remove_file(&self.path).map_err(|source| self.failed(source))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if self.empty {
            let _ = std::fs::remove_file(&self.path); // it was only a try
        } else if !self.buffer.is_empty() {
            let _ = self.file.write_all(&self.buffer); // whoever ends early has another error to tell
        }
    }
}

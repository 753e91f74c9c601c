//! Files that one run alone writes, and that appear whole or not at all.

use crate::error::BatchError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that was to be locked.
pub(crate) enum Locked {
    /// It is this run's alone.
    Mine(File),
    /// Another run has it.
    Busy,
}

/// Opens a file and locks it. A file that another run has taken away meanwhile is opened anew.
pub(crate) fn lock(path: &Path, open: impl Fn() -> io::Result<File>) -> io::Result<Locked> {
    loop {
        let file = open()?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Locked::Busy),
            // Some file systems of networks know no locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if is_at(&file, path)? {
            return Ok(Locked::Mine(file));
        }
    }
}

/// Whether a path still leads to an open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let here = file.metadata()?;
    Ok(std::fs::metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (here.dev(), here.ino())))
}

/// Whether a path still leads to an open file: elsewhere open files cannot be taken away.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    Ok(path.exists())
}

/// Sees to it that a new name is on the disk.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A path with more behind its name.
pub(crate) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}

/// A file that takes its name when it is whole. What was there before stays until then.
pub(crate) struct Whole {
    /// Where it will lie: the file itself, where a link was given.
    path: PathBuf,
    partial: PathBuf,
    to: BufWriter<File>,
    done: bool,
}

impl Whole {
    /// Begins beside the file: so it is known at once whether it can be written.
    ///
    /// # Errors
    /// When it cannot, or another run writes it.
    pub(crate) fn begin(path: &Path) -> Result<Self, BatchError> {
        let failed = |source| BatchError::Output { path: path.to_owned(), source };
        let target = if path.is_symlink() { std::fs::canonicalize(path).map_err(failed)? } else { path.to_owned() };
        if target.is_dir() {
            return Err(failed(io::Error::other("it is a folder")));
        }
        if target.file_name().is_none() {
            return Err(failed(io::Error::other("it has no name")));
        }
        let partial = beside(&target, ".partial");
        let open = || OpenOptions::new().write(true).create(true).truncate(false).open(&partial);
        match lock(&partial, open).map_err(failed)? {
            Locked::Mine(file) => {
                file.set_len(0).map_err(failed)?;
                Ok(Self { path: target, partial, to: BufWriter::with_capacity(1 << 18, file), done: false })
            }
            Locked::Busy => Err(BatchError::Busy { path: path.to_owned() }),
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)
    }

    /// Gives it its name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.to.flush()?;
        self.to.get_ref().sync_all()?;
        std::fs::rename(&self.partial, &self.path)?;
        self.done = true;
        sync_folder(&self.path)
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.done {
            let _ = std::fs::remove_file(&self.partial); // nothing whole was in it
        }
    }
}

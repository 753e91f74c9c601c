//! A file of weights, open: read piece by piece, or mapped where that has been asked for.

use crate::error::{Defect, LoadError};
use crate::holding::Holding;
use crate::mapped::Mapped;
use beamline_kernels::WeightBytes;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A file with a known length, or bytes of the program.
///
/// It stays open from the first look at its header until the model has been loaded, so that a file that is replaced by
/// renaming meanwhile does not mix two models.
pub(crate) struct WeightFile {
    path: PathBuf,
    len: usize,
    source: Source,
}

/// How the few lines begin that git keeps in place of a large file (git-lfs).
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Whether bytes are what git keeps in place of a large file that has not been fetched (git-lfs).
///
/// ```
/// assert!(beamline_model::is_lfs_pointer(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"));
/// assert!(!beamline_model::is_lfs_pointer(b"{}"));
/// ```
pub fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(LFS_POINTER)
}

enum Source {
    File(Mutex<File>),
    Static(&'static [u8]),
    /// What had to be put into order first.
    Copied(Vec<u8>),
}

impl WeightFile {
    /// Opens a regular file that is not empty.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        let io = |error| LoadError::reading(path, error);
        // Asked before opening: to open a pipe is to wait for whoever writes into it.
        if !std::fs::metadata(path).map_err(io)?.is_file() {
            return Err(io(std::io::Error::other("not a regular file")));
        }
        let file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let len = usize::try_from(len).map_err(|_| io(std::io::Error::other("too large for this system")))?;
        if len == 0 {
            return Err(Defect::Empty.at(path));
        }
        let opened = Self { path: path.to_owned(), len, source: Source::File(Mutex::new(file)) };
        if is_lfs_pointer(&opened.beginning(LFS_POINTER.len())?) {
            Err(Defect::LfsPointer.at(path))
        } else {
            Ok(opened)
        }
    }

    /// Bytes that lie in the program.
    pub(crate) fn embedded(name: &str, bytes: &'static [u8]) -> Self {
        Self { path: PathBuf::from(name), len: bytes.len(), source: Source::Static(bytes) }
    }

    /// Weights of a file that had to be copied.
    pub(crate) fn copied(path: &Path, bytes: Vec<u8>) -> Self {
        Self { path: path.to_owned(), len: bytes.len(), source: Source::Copied(bytes) }
    }

    /// Where the file lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes in the file, when it was opened.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Reads bytes into `buffer`, whose length says how many.
    pub(crate) fn read(&self, start: usize, buffer: &mut [u8]) -> Result<(), LoadError> {
        let read = match &self.source {
            Source::Static(bytes) => {
                buffer.copy_from_slice(&bytes[start..start + buffer.len()]);
                Ok(())
            }
            Source::Copied(bytes) => {
                buffer.copy_from_slice(&bytes[start..start + buffer.len()]);
                Ok(())
            }
            Source::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(start as u64)).and_then(|_| file.read_exact(buffer))
            }
        };
        read.map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Defect::CutShort.at(&self.path),
            _ => LoadError::reading(&self.path, error),
        })
    }

    /// The first `len` bytes.
    pub(crate) fn beginning(&self, len: usize) -> Result<Vec<u8>, LoadError> {
        let mut bytes = vec![0; len.min(self.len)];
        self.read(0, &mut bytes)?;
        Ok(bytes)
    }

    /// The bytes of a program's own file.
    pub(crate) fn in_program(&self) -> Option<&'static [u8]> {
        match self.source {
            Source::Static(bytes) => Some(bytes),
            Source::File(_) | Source::Copied(_) => None,
        }
    }

    /// The file, ready for its tensors to be taken out.
    pub(crate) fn hold(&self, holding: Holding) -> Result<Held<'_>, LoadError> {
        let mapped = match (holding, &self.source) {
            (Holding::Packed, _) | (_, Source::Copied(_)) => return Ok(Held::Read(self)),
            (Holding::Mapped(_), Source::Static(bytes)) => Mapped::Static(bytes),
            (Holding::Mapped(promise), Source::File(file)) => {
                Mapped::map(&file.lock().unwrap_or_else(PoisonError::into_inner), &self.path, self.len, promise)?
            }
        };
        Ok(Held::Mapped(self, Arc::new(mapped)))
    }
}

/// A file whose tensors are being taken out.
pub(crate) enum Held<'a> {
    Read(&'a WeightFile),
    Mapped(&'a WeightFile, Arc<Mapped>),
}

impl Held<'_> {
    /// Where the file lies.
    pub(crate) fn path(&self) -> &Path {
        let (Self::Read(file) | Self::Mapped(file, _)) = self;
        &file.path
    }

    /// Shows some bytes to `see`, and lets go of them. `buffer` is memory that is used again and again.
    pub(crate) fn with<T>(
        &self,
        place: &Range<usize>,
        buffer: &mut Vec<u8>,
        see: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, LoadError> {
        match self {
            Self::Mapped(_, mapped) => {
                let seen = see(&mapped.bytes()[place.clone()]);
                mapped.release(place);
                Ok(seen)
            }
            Self::Read(file) => {
                if let Some(bytes) = file.in_program() {
                    return Ok(see(&bytes[place.clone()]));
                }
                buffer.resize(place.len(), 0);
                file.read(place.start, buffer)?;
                Ok(see(buffer))
            }
        }
    }

    /// Bytes to be kept where they are, if the file is mapped.
    pub(crate) fn lend(&self, place: &Range<usize>) -> Option<Box<dyn WeightBytes>> {
        match self {
            Self::Mapped(_, mapped) => Some(mapped.lend(place.clone())),
            Self::Read(_) => None,
        }
    }
}

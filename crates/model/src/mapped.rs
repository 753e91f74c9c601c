//! Files mapped into memory.
#![allow(unsafe_code)] // two calls: mapping a file, and giving up its pages

use crate::error::{Defect, LoadError};
use beamline_kernels::Lent;
use std::fs::File;
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::Arc;

/// The bytes of a file, or of a part of the program.
pub(crate) enum Mapped {
    File(memmap2::Mmap),
    Static(&'static [u8]),
}

impl Mapped {
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        let io = |error| LoadError::reading(path, error);
        // Asked before opening: to open a pipe is to wait for whoever writes into it.
        let metadata = std::fs::metadata(path).map_err(io)?;
        if !metadata.is_file() {
            return Err(io(std::io::Error::other("not a regular file")));
        }
        let file = File::open(path).map_err(io)?;
        if metadata.len() == 0 {
            return Err(Defect::Empty.at(path));
        }
        // SAFETY: the mapping is read-only and private to this process. Another program that cuts the file short while
        // it is open makes later reads fail (`Checkpoint` says so); writing into it in place could change weights, but
        // nothing is read through the mapping that is not checked when it is read.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(io)?;
        Ok(Self::File(map))
    }
}

impl Mapped {
    /// Where a part lies, if it is one of these bytes.
    fn place(&self, part: &[u8]) -> Option<Range<usize>> {
        let start = (part.as_ptr() as usize).wrapping_sub(self.as_ptr() as usize);
        (start <= self.len() && part.len() <= self.len() - start).then(|| start..start + part.len())
    }

    /// A part of these bytes, which keeps the file open; nothing for bytes from elsewhere.
    pub(crate) fn lend(self: &Arc<Self>, part: &[u8]) -> Box<dyn Lent> {
        let range = self.place(part).unwrap_or_default();
        Box::new(Part { of: self.clone(), range })
    }

    /// Says that a part has been read and will hardly be again, so that its memory may go to others.
    pub(crate) fn release(&self, part: &[u8]) {
        let (Self::File(map), Some(range)) = (self, self.place(part)) else { return };
        #[cfg(unix)]
        {
            // SAFETY: the map is of a file and never written to, so pages that are given up come back from the file,
            // with the same bytes, if they are read after all.
            let advice =
                unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, range.len()) };
            // Advice: where it is not taken, memory is larger and everything else is as it was.
            drop(advice);
        }
    }
}

/// Some bytes of a file, which stays open as long as they are wanted.
struct Part {
    of: Arc<Mapped>,
    range: Range<usize>,
}

impl Lent for Part {
    fn bytes(&self) -> &[u8] {
        &self.of[self.range.clone()]
    }
    fn release(&self) {
        self.of.release(self.bytes());
    }
}

impl Deref for Mapped {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::File(map) => map,
            Self::Static(bytes) => bytes,
        }
    }
}

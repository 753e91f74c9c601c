//! Files mapped into memory.
#![allow(unsafe_code)] // two calls: mapping a file, and giving up its pages

use crate::error::{Defect, LoadError};
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

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
    /// Says that a part has been read and will not be again, so that its memory may go to others.
    pub(crate) fn release(&self, part: &[u8]) {
        let Self::File(map) = self else { return };
        let start = (part.as_ptr() as usize).wrapping_sub(map.as_ptr() as usize);
        if start > map.len() || part.len() > map.len() - start {
            return;
        }
        #[cfg(unix)]
        {
            // SAFETY: the map is of a file and never written to, so pages that are given up come back from the file,
            // with the same bytes, if they are read after all.
            let advice = unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, start, part.len()) };
            // Advice: where it is not taken, memory is larger and everything else is as it was.
            drop(advice);
        }
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

//! Files mapped into memory.
#![allow(unsafe_code)] // one call: mapping a file

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

impl Deref for Mapped {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::File(map) => map,
            Self::Static(bytes) => bytes,
        }
    }
}

//! Files mapped into memory (mmap), for who asks for it: the only unsafe code of this crate.
#![allow(unsafe_code)] // mapping a file, giving up its pages, and the promise that is asked for

mod places;

pub use places::mapped_file_at;

use crate::error::{Defect, LoadError};
use beamline_kernels::WeightBytes;
use places::Known;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// A promise about the files of a model, without which none is mapped into memory (mmap).
///
/// A mapped file is memory that other programs can change or take away. Weights that are used in place, and those that
/// have not been packed yet, are read from it long after loading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[doc(alias = "mmap")]
pub struct TrustedFiles(());

impl TrustedFiles {
    /// Promises that nobody changes the files of a model while they are mapped.
    ///
    /// # Safety
    /// From the call of [`Checkpoint::load`](crate::Checkpoint::load) that is given this promise until the model is
    /// dropped, no program may write into the model's files or cut them short. Reading from a file that was cut short ends
    /// the process (SIGBUS on Unix), unless a handler that knows it by [`mapped_file_at`] does so with a word; one that is written into changes under a `&[u8]`, which is undefined behaviour.
    /// Deleting a file, or replacing it by renaming another over it, does no harm: the mapped one stays until it is let go.
    pub const unsafe fn promise_unchanged() -> Self {
        Self(())
    }
}

/// The bytes of a whole file, or of a part of the program.
pub(crate) enum Mapped {
    /// A map, and that its place is known: let go of in this order.
    File(#[allow(dead_code)] Known, memmap2::Mmap),
    Static(&'static [u8]),
}

impl Mapped {
    /// Maps a file that has at least `len` bytes.
    pub(crate) fn map(file: &File, path: &Path, len: usize, _promise: TrustedFiles) -> Result<Self, LoadError> {
        let io = |error| LoadError::reading(path, error);
        // SAFETY: the mapping is read-only, and whoever holds a `TrustedFiles` has promised that nobody changes the file
        // while it is mapped. Products read plain floats through it again and again until a matrix has been packed.
        let map = unsafe { memmap2::Mmap::map(file) }.map_err(io)?;
        if map.len() < len {
            return Err(Defect::CutShort.at(path));
        }
        Ok(Self::File(Known::new(&map, path.as_os_str().as_encoded_bytes().into()), map))
    }

    /// All bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::File(_, map) => map,
            Self::Static(bytes) => bytes,
        }
    }

    /// A part of these bytes, which keeps the file mapped.
    pub(crate) fn lend(self: &Arc<Self>, range: Range<usize>) -> Box<dyn WeightBytes> {
        Box::new(MappedRange { of: self.clone(), range })
    }

    /// Says that a part has been read and will hardly be again, so that its memory may go to others.
    pub(crate) fn release(&self, range: &Range<usize>) {
        let Self::File(_, map) = self else { return };
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

/// Some bytes of a file, which stays mapped as long as they are wanted.
struct MappedRange {
    of: Arc<Mapped>,
    range: Range<usize>,
}

impl WeightBytes for MappedRange {
    fn bytes(&self) -> &[u8] {
        &self.of.bytes()[self.range.clone()]
    }
    fn release(&self) {
        self.of.release(&self.range);
    }
}

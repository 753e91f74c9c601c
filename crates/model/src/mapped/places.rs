//! Where files are mapped, for a handler of signals to look up: fixed places, read and written without locks or memory.
#![allow(unsafe_code)] // a name is kept by its address

use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// A file's place in memory and its name; none where `end` is 0.
struct Place {
    start: AtomicUsize,
    end: AtomicUsize,
    name: AtomicPtr<u8>,
    length: AtomicUsize,
}

/// As many as a model has files at most; of more nothing is known.
const MOST: usize = 1100;

static PLACES: [Place; MOST] = [const {
    Place {
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        name: AtomicPtr::new(std::ptr::null_mut()),
        length: AtomicUsize::new(0),
    }
}; MOST];

/// The end of a place that is being written: no address lies before its start, which is set then.
const TAKEN: usize = 1;

/// A place that is known as long as this is kept.
pub(crate) struct Known {
    place: Option<&'static Place>,
    /// What the place names; its address stays the same.
    _name: Box<[u8]>,
}

impl Known {
    /// Makes a place known under a name.
    pub(super) fn new(memory: &[u8], name: Box<[u8]>) -> Self {
        let free = |place: &&Place| place.end.compare_exchange(0, TAKEN, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        let place = PLACES.iter().find(free);
        if let Some(place) = place {
            let start = memory.as_ptr() as usize;
            place.start.store(start, Ordering::Relaxed);
            place.name.store(name.as_ptr().cast_mut(), Ordering::Relaxed);
            place.length.store(name.len(), Ordering::Relaxed);
            place.end.store(start + memory.len(), Ordering::Release);
        }
        Self { place, _name: name }
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            place.end.store(0, Ordering::Release);
        }
    }
}

/// The path of the file that is mapped where an address points to; none where none is.
///
/// What reads from a mapped file that has been cut short gets a signal (SIGBUS on Unix), which says at which address. This takes
/// no lock and no memory, so that a handler may ask.
///
/// # Safety
/// The file must stay mapped as long as the path is used. It does in a handler of the signal that reading it has raised.
///
/// ```
/// // SAFETY: nothing is mapped there.
/// assert!(unsafe { beamline_model::mapped_file_at(16) }.is_none());
/// ```
pub unsafe fn mapped_file_at(address: usize) -> Option<&'static [u8]> {
    let here = |place: &&Place| {
        let end = place.end.load(Ordering::Acquire);
        end > TAKEN && (place.start.load(Ordering::Relaxed)..end).contains(&address)
    };
    let place = PLACES.iter().find(here)?;
    let (name, length) = (place.name.load(Ordering::Relaxed), place.length.load(Ordering::Relaxed));
    // SAFETY: a place is written before its end is, and its name lives as long as its file is mapped, which the caller promises.
    Some(unsafe { std::slice::from_raw_parts(name, length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_known_as_long_as_it_is_kept() {
        let memory = vec![0u8; 100];
        let at = |offset: usize| {
            // SAFETY: what is known is kept until it is dropped below.
            unsafe { mapped_file_at(memory.as_ptr() as usize + offset) }
        };
        let known = Known::new(&memory, Box::from(*b"a/file"));
        assert_eq!((at(0), at(99), at(100)), (Some(&b"a/file"[..]), Some(&b"a/file"[..]), None));
        drop(known);
        assert_eq!(at(50), None);
    }
}

//! Buffers that are used again: a forward pass asks for the same few sizes every time, and fresh memory costs page faults.

use crate::compute::Compute;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Buffers waiting to be used again.
#[derive(Debug)]
pub(crate) struct Shelf<T>(Mutex<Vec<Vec<T>>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// The most buffers kept, and the most bytes in one that is.
const MOST: usize = 16;
const LARGEST: usize = 1 << 26;

/// A borrowed buffer; it goes back where it came from when it is dropped.
#[derive(Debug)]
pub struct Scratch<'a, T = f32> {
    /// `len` of them are lent; what lies behind them has been used before.
    data: Vec<T>,
    len: usize,
    shelf: &'a Shelf<T>,
}

impl<T: Clone> Shelf<T> {
    /// A buffer of `len` numbers with any content; `fill` where it has never been used.
    pub(crate) fn take(&self, len: usize, fill: T) -> Scratch<'_, T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The smallest that is large enough, else the largest.
        let fits = |v: &Vec<T>| v.len() >= len;
        let best = (0..kept.len()).min_by_key(|&i| {
            (!fits(&kept[i]), if fits(&kept[i]) { kept[i].len() } else { usize::MAX - kept[i].len() })
        });
        let mut data = best.map(|i| kept.swap_remove(i)).unwrap_or_default();
        drop(kept);
        if data.len() < len {
            data.resize(len, fill);
        }
        Scratch { data, len, shelf: self }
    }
}

impl Compute {
    /// A buffer of `len` numbers **with any content**: whoever asks for it must write all of it before reading.
    ///
    /// ```
    /// use beamline_kernels::Compute;
    /// let compute = Compute::scalar();
    /// let mut buffer = compute.scratch(3);
    /// buffer.copy_from_slice(&[1.0, 2.0, 3.0]);
    /// ```
    pub fn scratch(&self, len: usize) -> Scratch<'_> {
        self.shelf.take(len, 0.0)
    }

    /// A buffer that begins as a copy of `from`.
    pub fn copy(&self, from: &[f32]) -> Scratch<'_> {
        let mut buffer = self.scratch(from.len());
        self.for_pieces(&mut buffer, |range, to| to.copy_from_slice(&from[range]));
        buffer
    }
}

impl<T> Drop for Scratch<'_, T> {
    fn drop(&mut self) {
        let mut kept = self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST && self.data.capacity() * size_of::<T>() <= LARGEST {
            kept.push(std::mem::take(&mut self.data));
        }
    }
}

impl<T> Deref for Scratch<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.data[..self.len]
    }
}

impl<T> DerefMut for Scratch<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.data[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back() {
        let compute = Compute::scalar();
        let at = compute.scratch(1000).as_ptr();
        let again = compute.scratch(900);
        assert_eq!((again.as_ptr(), again.len()), (at, 900));
        assert_ne!(compute.scratch(900).as_ptr(), at);
    }
}

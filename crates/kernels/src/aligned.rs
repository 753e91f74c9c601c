//! A vector whose first element lies on a cache line.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line; a row of sixteen `f32` fills exactly one.
const LINE: usize = 64;

/// `len` zeros, the first on a cache-line boundary.
///
/// The memory comes zeroed from the system, so pages are touched first by whoever fills them.
pub(crate) struct Aligned<T> {
    data: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + Default> Aligned<T> {
    pub(crate) fn zeros(len: usize) -> Self {
        // A vector of plain zeros is asked for as zeroed memory, without a pass over it.
        let data = vec![T::default(); len + LINE / size_of::<T>()];
        let start = data.as_ptr().align_offset(LINE).min(LINE / size_of::<T>());
        Self { data, start, len }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.data[self.start..][..self.len]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.data[self.start..][..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_on_a_line_and_has_the_length() {
        for len in [0, 1, 15, 16, 1000] {
            let v = Aligned::<f32>::zeros(len);
            assert_eq!((v.len(), v.as_ptr() as usize % LINE), (len, 0));
            let b = Aligned::<i8>::zeros(len);
            assert_eq!((b.len(), b.as_ptr() as usize % LINE), (len, 0));
        }
    }
}

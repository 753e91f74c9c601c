//! Memory for weights: zeros that begin on a cache line, in pages as large as the system gives.

use bytemuck::{Pod, cast_slice, cast_slice_mut};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// What large pages are aligned to; smaller buffers make do with ordinary ones.
const LARGE_PAGE: usize = 2 << 20;

/// `len` zeros, the first on a cache-line boundary.
///
/// The memory comes zeroed from the system, so pages are touched first by whoever fills them.
pub(crate) struct Aligned<T> {
    /// None where there is nothing to hold, or the system gives no such memory.
    map: Option<memmap2::MmapMut>,
    spare: Vec<T>,
    start: usize, // bytes
    len: usize,
    kind: PhantomData<T>,
}

impl<T: Pod> Aligned<T> {
    pub(crate) fn zeros(len: usize) -> Self {
        let bytes = len * size_of::<T>();
        let room = if bytes >= LARGE_PAGE { LARGE_PAGE } else { 0 };
        // Miri has no anonymous maps; there it is a vector, which may begin anywhere.
        let map = if bytes == 0 || cfg!(miri) { None } else { memmap2::MmapMut::map_anon(bytes + room).ok() };
        let spare = if map.is_none() { vec![T::zeroed(); len] } else { Vec::new() };
        let start = map.as_ref().filter(|_| room > 0).map_or(0, |map| map.as_ptr().align_offset(LARGE_PAGE).min(room));
        #[cfg(target_os = "linux")]
        if let Some(map) = map.as_ref().filter(|_| room > 0) {
            // Advice: where it is not taken, pages are small and everything else is as it was.
            let _ = map.advise(memmap2::Advice::HugePage);
        }
        Self { map, spare, start, len, kind: PhantomData }
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.len * size_of::<T>()
    }
}

impl<T: Pod> Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.map {
            Some(map) => cast_slice(&map[self.start..][..self.len * size_of::<T>()]),
            None => &self.spare,
        }
    }
}

impl<T: Pod> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.map {
            Some(map) => cast_slice_mut(&mut map[self.start..][..self.len * size_of::<T>()]),
            None => &mut self.spare,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_on_a_line_and_has_the_length() {
        for len in [0, 1, 15, 16, 1000, if cfg!(miri) { 5000 } else { 1 << 20 }] {
            let v = Aligned::<f32>::zeros(len);
            assert_eq!((v.len(), v.bytes()), (len, 4 * len));
            assert!(len == 0 || cfg!(miri) || (v.as_ptr() as usize).is_multiple_of(64));
            let mut b = Aligned::<i8>::zeros(len);
            b.fill(7);
            assert!(b.len() == len && b.iter().all(|&v| v == 7));
        }
    }
}

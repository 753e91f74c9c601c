//! A part of a stored tensor: one matrix of a stack, or some of its outputs in an order of our own.

use beamline_kernels::{Encoding, Layout, PackError, Source};
use std::ops::Range;

/// Which part of a tensor a matrix is.
#[derive(Clone, Copy)]
pub(crate) struct Slice<'a> {
    /// Which way round each matrix is stored.
    pub(crate) layout: Layout,
    /// Which matrix of how many, where they are stacked: `[which, count]`.
    pub(crate) of: Option<[usize; 2]>,
    /// Where each output lies among the stored ones, and how many those are; none for all of them as they are.
    pub(crate) rows: Option<(&'a [usize], usize)>,
}

impl Default for Slice<'_> {
    fn default() -> Self {
        Self { layout: Layout::OutIn, of: None, rows: None }
    }
}

impl Slice<'_> {
    /// The shape that the whole tensor must have, for a matrix `[outputs, inputs]`.
    pub(crate) fn stored_shape(&self, [outputs, inputs]: [usize; 2]) -> Vec<usize> {
        let outputs = self.rows.map_or(outputs, |(_, stored)| stored);
        let matrix = match self.layout {
            Layout::OutIn => [outputs, inputs],
            Layout::InOut => [inputs, outputs],
        };
        self.of.map(|[_, count]| count).into_iter().chain(matrix).collect()
    }

    /// Where its matrix lies in the tensor's bytes.
    pub(crate) fn place(&self, whole: &Range<usize>) -> Range<usize> {
        match self.of {
            None => whole.clone(),
            Some([which, count]) => {
                let each = whole.len() / count;
                whole.start + which * each..whole.start + (which + 1) * each
            }
        }
    }

    /// Shows the outputs as a source to pack, out of the bytes of the whole matrix.
    pub(crate) fn with_source<T>(
        &self,
        bytes: &[u8],
        encoding: Encoding,
        [outputs, inputs]: [usize; 2],
        pack: impl FnOnce(&Source<'_>) -> Result<T, PackError>,
    ) -> Result<T, PackError> {
        let source = |bytes, layout, order| Source { encoding, layout, bytes, outputs, inputs, order };
        match self.rows {
            None => pack(&source(bytes, self.layout, None)),
            Some((rows, stored)) if stored == outputs && self.layout == Layout::OutIn => {
                pack(&source(bytes, Layout::OutIn, Some(rows)))
            }
            Some((rows, stored)) => {
                let picked = self.picked(bytes, encoding, inputs, rows, stored);
                pack(&source(&picked, Layout::OutIn, None))
            }
        }
    }

    /// The bytes of some outputs, `[outputs, inputs]`.
    fn picked(&self, bytes: &[u8], encoding: Encoding, inputs: usize, rows: &[usize], stored: usize) -> Vec<u8> {
        match self.layout {
            Layout::OutIn => {
                let each = bytes.len() / stored;
                rows.iter().flat_map(|&row| &bytes[row * each..(row + 1) * each]).copied().collect()
            }
            Layout::InOut => {
                let each = encoding.bytes(1).unwrap_or(0); // quantised weights are never stored this way round
                let weight = |row: usize, input: usize| &bytes[(input * stored + row) * each..][..each];
                rows.iter().flat_map(|&row| (0..inputs).flat_map(move |input| weight(row, input))).copied().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_where_they_should() {
        // Two matrices of three outputs and two inputs, each number its place.
        let bytes: Vec<u8> = (0..12).flat_map(|n| (n as f32).to_le_bytes()).collect();
        let take = |slice: Slice<'_>, outputs: usize| {
            let place = slice.place(&(0..bytes.len()));
            let show = |source: &Source<'_>| {
                let numbers: Vec<f32> = source.bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
                Ok((numbers, source.layout, source.order.map(<[usize]>::to_vec)))
            };
            slice.with_source(&bytes[place], Encoding::F32, [outputs, 2], show).unwrap()
        };
        let second = Slice { of: Some([1, 2]), ..Slice::default() };
        assert_eq!(second.stored_shape([3, 2]), [2, 3, 2]);
        assert_eq!(take(second, 3), (vec![6.0, 7.0, 8.0, 9.0, 10.0, 11.0], Layout::OutIn, None));
        let picked = Slice { rows: Some((&[2, 0], 3)), ..second };
        assert_eq!(take(picked, 2).0, [10.0, 11.0, 6.0, 7.0]);
        assert_eq!(take(Slice { rows: Some((&[2, 0, 1], 3)), ..second }, 3).2, Some(vec![2, 0, 1]));
        let columns = Slice { layout: Layout::InOut, rows: Some((&[2, 0], 3)), of: Some([0, 2]) };
        assert_eq!(columns.stored_shape([2, 2]), [2, 2, 3]);
        assert_eq!(take(columns, 2).0, [2.0, 5.0, 0.0, 3.0]);
    }
}

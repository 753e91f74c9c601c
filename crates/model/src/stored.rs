//! A tensor as it lies in a file: its type, its sizes, its place.

use beamline_kernels::Encoding;
use std::borrow::Cow;
use std::ops::Range;

/// The type of a tensor's weights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One that can be decoded.
    Known(Encoding),
    /// Another, by what its format calls it.
    Other(&'static str),
    /// A number that GGUF had not defined when this was written.
    Unknown(u32),
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(encoding) => encoding.fmt(f),
            Self::Other(name) => f.write_str(name),
            Self::Unknown(number) => write!(f, "number {number}"),
        }
    }
}

/// A tensor as it lies in a file.
///
/// ```
/// use beamline_kernels::Encoding;
/// use beamline_model::gguf::{Kind, Stored};
/// let matrix = Stored::new(Kind::Known(Encoding::F32), vec![2, 3], 100..124);
/// assert_eq!(matrix.shape, [2, 3]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The weights' type.
    pub kind: Kind,
    /// Its sizes, the slowest first: `[outputs, inputs]` for a matrix.
    pub shape: Vec<usize>,
    /// Where the weights lie in the file, in bytes; nowhere for those of a type that cannot be decoded.
    pub place: Range<usize>,
    /// How many numbers it is from one to the next along each size, where they do not lie in row-major order: a view in a
    /// PyTorch file, until it has been copied.
    pub(crate) strides: Option<Vec<usize>>,
}

impl Stored {
    /// A tensor whose weights lie one after another, row by row (row-major, contiguous).
    pub fn new(kind: Kind, shape: Vec<usize>, place: Range<usize>) -> Self {
        Self { kind, shape, place, strides: None }
    }

    /// The weights in row-major order; `bytes` is what lies at its place. Only views are copied.
    pub(crate) fn in_order<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let (Some(strides), Kind::Known(encoding)) = (&self.strides, self.kind) else { return Cow::Borrowed(bytes) };
        let width = encoding.bytes(1).expect("views are of plain numbers");
        let mut all = Vec::with_capacity(self.shape.iter().product::<usize>() * width);
        // All places of the numbers, from the slowest size to the fastest.
        let (&last, outer) = self.shape.split_last().expect("a view has a size");
        let (&step, outer_strides) = strides.split_last().expect("as many as sizes");
        let mut index = vec![0; outer.len()];
        for _ in 0..outer.iter().product() {
            let start: usize = index.iter().zip(outer_strides).map(|(i, stride)| i * stride).sum();
            for i in 0..last {
                all.extend_from_slice(&bytes[(start + i * step) * width..][..width]);
            }
            for (i, &size) in index.iter_mut().zip(outer).rev() {
                *i = (*i + 1) % size;
                if *i > 0 {
                    break;
                }
            }
        }
        Cow::Owned(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_put_into_row_major_order() {
        let bytes: Vec<u8> = (0..24u16).flat_map(u16::to_le_bytes).collect();
        let view = |shape: &[usize], strides: &[usize]| {
            let stored = Stored::new(Kind::Known(Encoding::F16), shape.to_vec(), 0..48);
            let stored = Stored { strides: Some(strides.to_vec()), ..stored };
            let bytes = stored.in_order(&bytes).into_owned();
            bytes.chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect::<Vec<_>>()
        };
        assert_eq!(view(&[3, 2], &[1, 3]), [0, 3, 1, 4, 2, 5]);
        assert_eq!(view(&[2, 2, 3], &[12, 1, 4]), [0, 4, 8, 1, 5, 9, 12, 16, 20, 13, 17, 21]);
        assert_eq!(view(&[4], &[5]), [0, 5, 10, 15]);
    }
}

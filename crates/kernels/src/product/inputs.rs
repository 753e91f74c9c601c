//! Activations made ready for the products that read them.

use super::block_i8::BlockI8;
use super::block_i16::BlockI16;
use super::quantized::QuantizedBlock;
use crate::compute::Compute;
use crate::encoding::ActivationFormat;
use crate::isa::{Kernel, Lanes};
use crate::scratch::Scratch;
use crate::tuning::{ROUNDING_COST, TILE};

/// Activations in every form that some products want.
pub(super) struct Inputs<'a> {
    pub(super) rows: usize,
    /// Numbers in a row.
    pub(super) width: usize,
    /// One row as it is, or tiles of rows, `[rows / TILE][inputs][TILE]`.
    plain: Plain<'a>,
    pub(super) quantized: Quantized<'a>,
}

/// Activations as integers, `[rows][inputs / 32]`, if a matrix wants them.
pub(super) enum Quantized<'a> {
    None,
    I16(Scratch<'a, BlockI16>),
    I8(Scratch<'a, BlockI8>),
}

enum Plain<'a> {
    Row(&'a [f32]),
    Tiles(Scratch<'a>),
}

impl<'a> Inputs<'a> {
    /// Prepares `x`, `[rows, inputs]`, for matrices that take it in these formats.
    pub(super) fn new(
        x: &'a [f32],
        rows: usize,
        inputs: usize,
        formats: &[ActivationFormat],
        compute: &'a Compute,
    ) -> Self {
        let wants = |format| formats.contains(&format);
        let plain = if rows > 1 && wants(ActivationFormat::F32) {
            Plain::Tiles(tiles(x, rows, inputs, compute))
        } else {
            Plain::Row(x)
        };
        let format = formats.iter().copied().find(|&format| format != ActivationFormat::F32);
        let fits = |&wanted: &ActivationFormat| wanted == ActivationFormat::F32 || Some(wanted) == format;
        assert!(formats.iter().all(fits), "one format of integers");
        let quantized = match format {
            None => Quantized::None,
            Some(ActivationFormat::I8) => Quantized::I8(blocks(x, inputs, compute)),
            Some(_) => Quantized::I16(blocks(x, inputs, compute)),
        };
        Self { rows, width: inputs, plain, quantized }
    }

    /// Tile `tile` of the activations as f32, an entry for each input.
    #[inline(always)]
    pub(super) fn tile<const S: usize>(&self, tile: usize) -> &[[f32; S]] {
        let x: &[f32] = match &self.plain {
            Plain::Row(x) => x,
            Plain::Tiles(x) => x,
        };
        x[tile * self.width * S..][..self.width * S].as_chunks().0
    }
}

/// Rows laid side by side, `[rows / TILE][inputs][TILE]`, so that a tile is read front to back; the last tile is
/// filled up with anything, which no result reads.
fn tiles<'a>(x: &[f32], rows: usize, inputs: usize, compute: &'a Compute) -> Scratch<'a> {
    let mut out = compute.scratch(rows.div_ceil(TILE) * TILE * inputs);
    compute.for_chunks(&mut out, inputs * TILE, inputs * TILE, |tile, out| {
        for (m, row) in x.chunks_exact(inputs).skip(tile * TILE).take(TILE).enumerate() {
            out.as_chunks_mut::<TILE>().0.iter_mut().zip(row).for_each(|(to, &v)| to[m] = v);
        }
    });
    out
}

/// Every row in integers; the last block of a row is filled up with zeros.
fn blocks<'a, X: QuantizedBlock>(x: &[f32], inputs: usize, compute: &'a Compute) -> Scratch<'a, X> {
    let per_row = inputs.div_ceil(32);
    let mut all = compute.scratch_of(x.len() / inputs * per_row, X::ZERO);
    let rows: Vec<_> = all.chunks_mut(per_row).zip(x.chunks(inputs)).collect();
    compute.for_items(rows, ROUNDING_COST * x.len() * usize::from(x.len() > inputs), |_, (to, x)| {
        compute.isa().run(Round { x, to });
    });
    all
}

/// Rounds one row to integers.
struct Round<'a, X> {
    x: &'a [f32],
    to: &'a mut [X],
}

impl<X: QuantizedBlock> Kernel for Round<'_, X> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        for (to, x) in self.to.iter_mut().zip(self.x.chunks(32)) {
            let mut padded = [0.0; 32];
            let x = <&[f32; 32]>::try_from(x).unwrap_or_else(|_| {
                padded[..x.len()].copy_from_slice(x);
                &padded
            });
            to.round(l, x);
        }
    }
}

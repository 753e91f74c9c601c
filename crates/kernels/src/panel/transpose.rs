//! From stored rows of plain floats to panels of `f32`, in registers.

use super::{SLAB, WIDTH};
use crate::encoding::Encoding;
use crate::isa::{Kernel, Lanes, prefetch};
use crate::source::{Layout, Source};
use crate::tuning::PACK_ROWS_AHEAD;

/// Fills some neighbouring panels with the weights of plain floats that a file keeps in its own order.
pub(crate) struct TransposePack<'a, 'b> {
    /// Floats of any width.
    pub(crate) source: &'a Source<'a>,
    /// The first panel.
    pub(crate) first: usize,
    /// `[inputs / 16][16 inputs][16 outputs]` each; all of it is written, with zeros where there are no weights.
    pub(crate) to: &'a mut [&'b mut [f32]],
}

impl Kernel for TransposePack<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        let Self { source, first, to } = self;
        match source.layout {
            Layout::OutIn => to.iter_mut().zip(first..).for_each(|(to, panel)| transposed(l, source, panel, to)),
            Layout::InOut => across(l, source, first, to),
        }
    }
}

/// Up to sixteen floats as `f32`, zeros after them.
#[inline(always)]
fn sixteen<L: Lanes>(l: L, encoding: Encoding, bytes: &[u8]) -> [f32; SLAB] {
    let mut out = [0.0; SLAB];
    match encoding {
        Encoding::F32 => out = whole(bytes).map(f32::from_le_bytes),
        Encoding::F16 => l.row_store(l.row_f16(&whole(bytes).map(u16::from_le_bytes)), &mut out),
        _ => l.row_store(l.row_bf16(&whole(bytes).map(u16::from_le_bytes)), &mut out),
    }
    out
}

/// Up to sixteen numbers of `N` bytes, zeros after them. A length that is known, nearly always, is what makes it fast.
#[inline(always)]
fn whole<const N: usize>(bytes: &[u8]) -> [[u8; N]; SLAB] {
    let numbers = bytes.as_chunks().0;
    if let Some(sixteen) = numbers.first_chunk() {
        return *sixteen;
    }
    let mut padded = [[0; N]; SLAB];
    padded[..numbers.len()].copy_from_slice(numbers);
    padded
}

/// One panel whose outputs are rows: sixteen inputs of all of them at a time become rows of the panel.
#[inline(always)]
fn transposed<L: Lanes>(l: L, source: &Source<'_>, panel: usize, to: &mut [f32]) {
    let width = source.encoding.block_bytes();
    let stride = source.inputs * width;
    let mut rows = [&[][..]; WIDTH];
    for (row, output) in rows.iter_mut().zip(panel * WIDTH..source.outputs) {
        let at = source.order.map_or(output, |order| order[output]);
        *row = &source.bytes[at * stride..][..stride];
    }
    let mut tile = [[0.0; SLAB]; WIDTH]; // [outputs][inputs]
    for (slab, to) in to.as_chunks_mut::<{ SLAB * WIDTH }>().0.iter_mut().enumerate() {
        for (tile, row) in tile.iter_mut().zip(&rows) {
            let part = (slab * SLAB * width).min(row.len())..((slab + 1) * SLAB * width).min(row.len());
            // The next panel's part of the file: sixteen rows side by side are more than a processor foresees.
            prefetch(row.as_ptr().wrapping_add(part.start + WIDTH * stride));
            *tile = sixteen(l, source.encoding, &row[part]);
        }
        for input in [0, 8] {
            for output in [0, 8] {
                let mut eight = [l.splat(0.0); 8];
                for i in 0..8 {
                    eight[i] = l.load(&tile[output + i].as_chunks().0[input / 8]);
                }
                let eight = l.transpose(eight);
                for i in 0..8 {
                    l.store(eight[i], &mut to.as_chunks_mut().0[((input + i) * WIDTH + output) / 8]);
                }
            }
        }
    }
}

/// Panels whose inputs are rows: parts of rows become rows of panels as they are, those of neighbours together.
#[inline(always)]
fn across<L: Lanes>(l: L, source: &Source<'_>, first: usize, panels: &mut [&mut [f32]]) {
    let width = source.encoding.block_bytes();
    let outputs = first * WIDTH..((first + panels.len()) * WIDTH).min(source.outputs);
    for input in 0..panels.first().map_or(0, |panel| panel.len() / WIDTH) {
        let start = (input * source.outputs + outputs.start) * width;
        let row = if input < source.inputs { &source.bytes[start..][..outputs.len() * width] } else { &[] };
        for (p, panel) in panels.iter_mut().enumerate() {
            let part = (p * WIDTH * width).min(row.len())..((p + 1) * WIDTH * width).min(row.len());
            prefetch(row.as_ptr().wrapping_add(part.start + PACK_ROWS_AHEAD * source.outputs * width));
            panel.as_chunks_mut().0[input] = sixteen(l, source.encoding, &row[part]);
        }
    }
}

//! From stored rows to a packed panel.

use super::{PanelMut, WIDTH};
use crate::encoding::{Block, Encoding, unpack};
use crate::matrix::{Layout, Source};
use std::borrow::Cow;

/// The stored bytes of a panel's outputs (up to sixteen), in the target's encoding.
pub(crate) fn rows<'a>(source: &Source<'a>, target: Encoding, panel: usize) -> Vec<Cow<'a, [u8]>> {
    let outputs = panel * WIDTH..((panel + 1) * WIDTH).min(source.outputs);
    let convert = |values: &[f32]| {
        let mut bytes = Vec::new();
        target.encode(values, &mut bytes);
        Cow::Owned(bytes)
    };
    match source.layout {
        Layout::OutIn => {
            let stride = source.encoding.bytes(source.inputs).expect("checked by pack");
            let mut values = vec![0.0; if target == source.encoding { 0 } else { source.inputs }];
            let stored = |output: usize| {
                let at = source.order.map_or(output, |order| order[output]);
                &source.bytes[at * stride..][..stride]
            };
            outputs
                .map(|output| {
                    if target == source.encoding {
                        return Cow::Borrowed(stored(output));
                    }
                    source.encoding.decode(stored(output), &mut values);
                    convert(&values)
                })
                .collect()
        }
        Layout::InOut => {
            let (width, count) = (source.encoding.block_bytes(), outputs.len());
            let mut columns = vec![0.0; count * source.inputs];
            let mut line = [0.0; WIDTH];
            for input in 0..source.inputs {
                let at = (input * source.outputs + outputs.start) * width;
                source.encoding.decode(&source.bytes[at..][..count * width], &mut line[..count]);
                line[..count].iter().enumerate().for_each(|(j, &v)| columns[j * source.inputs + input] = v);
            }
            columns.chunks_exact(source.inputs).map(convert).collect()
        }
    }
}

impl PanelMut<'_> {
    /// Packs the rows of up to sixteen outputs; `Err` names the first that holds NaN or infinity.
    pub(crate) fn fill(&mut self, encoding: Encoding, rows: &[Cow<'_, [u8]>], inputs: usize) -> Result<(), usize> {
        for (lane, row) in rows.iter().enumerate() {
            let finite = match self {
                Self::F32(to) => floats(row, to, lane),
                Self::Half(to) => half_floats(row, to, lane, encoding == Encoding::Bf16),
                Self::Bytes(to, params) => {
                    quants(encoding, row, inputs, lane, params, |at, q| to[at * WIDTH + lane] = q)
                }
                Self::Nibbles(to, params) => quants(encoding, row, inputs, lane, params, |at, q| {
                    to[at * WIDTH / 2 + lane % 8] |= (q as u8) << (4 * (lane / 8));
                }),
            };
            if !finite {
                return Err(lane);
            }
        }
        Ok(())
    }
}

/// Scatters one row of f32 into a lane; false when a number is not finite.
fn floats(row: &[u8], to: &mut [f32], lane: usize) -> bool {
    let mut finite = true;
    for (to, &bytes) in to.chunks_exact_mut(WIDTH).zip(row.as_chunks::<4>().0) {
        to[lane] = f32::from_le_bytes(bytes);
        finite &= to[lane].is_finite();
    }
    finite
}

/// Scatters one row of 16-bit floats into a lane; false when a number is not finite (all bits of its exponent set).
fn half_floats(row: &[u8], to: &mut [u16], lane: usize, brain: bool) -> bool {
    let exponent = if brain { 0x7f80 } else { 0x7c00 };
    let mut finite = true;
    for (to, &bytes) in to.chunks_exact_mut(WIDTH).zip(row.as_chunks::<2>().0) {
        to[lane] = u16::from_le_bytes(bytes);
        finite &= to[lane] & exponent != exponent;
    }
    finite
}

/// Takes one row's blocks apart into a lane: quants through `put`, scales and minima into `params`.
fn quants(
    encoding: Encoding,
    row: &[u8],
    inputs: usize,
    lane: usize,
    params: &mut [f32],
    mut put: impl FnMut(usize, i8),
) -> bool {
    let mut block = Block::default();
    let mut finite = true;
    for (b, bytes) in row.chunks_exact(encoding.block_bytes()).enumerate() {
        unpack(encoding, bytes, &mut block);
        from_zero(encoding, &mut block);
        let start = b * encoding.block();
        let count = encoding.block().min(inputs - start);
        block.quant[..count].iter().enumerate().for_each(|(i, &q)| put(start + i, q));
        let per = 1 + usize::from(block.has_min);
        for g in 0..count.div_ceil(block.group) {
            let at = (start / block.group + g) * per * WIDTH + lane;
            params[at] = block.scale[g];
            finite &= block.scale[g].is_finite();
            if block.has_min {
                params[at + WIDTH] = block.min[g];
                finite &= block.min[g].is_finite();
            }
        }
    }
    finite
}

/// Gives centred nibbles a minimum, so that they count from zero: `scale * (q - c)` is `scale * q + (-c * scale)`, and
/// every step of that is exact for scales of at most 17 bits.
fn from_zero(encoding: Encoding, block: &mut Block) {
    let centre: i8 = match encoding {
        Encoding::Q4_0 => 8,
        Encoding::Q3K => 4,
        _ => return,
    };
    block.quant.iter_mut().for_each(|q| *q = q.wrapping_add(centre));
    block.has_min = true;
    for g in 0..16 {
        block.min[g] = -f32::from(centre) * block.scale[g];
    }
}

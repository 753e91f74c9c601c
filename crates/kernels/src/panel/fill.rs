//! From stored rows to packed panels.

use super::{Kind, PanelMut, Params, SLAB, Sixes, TransposePack, WIDTH};
use crate::encoding::{Block, Encoding, MAX_BLOCK, unpack};
use crate::isa::Isa;
use crate::source::{Layout, Source};
use std::borrow::Cow;

/// Packs some neighbouring panels, the first of which is panel `first`; `Err` names an output that holds NaN or infinity,
/// the first of its panel.
pub(crate) fn fill(
    source: &Source<'_>,
    target: Encoding,
    first: usize,
    panels: &mut [PanelMut<'_>],
    isa: Isa,
) -> Result<(), usize> {
    if target == Encoding::F32 && source.encoding.is_float() && source.encoding != Encoding::F64 {
        return floats(source, first, panels, isa);
    }
    if source.layout == Layout::InOut && target == source.encoding {
        return across(source, first, panels);
    }
    for (p, panel) in (first..).zip(panels) {
        panel.fill(target, &rows(source, target, p), source.inputs).map_err(|lane| p * WIDTH + lane)?;
    }
    Ok(())
}

/// Packs floats as f32.
fn floats(source: &Source<'_>, first: usize, panels: &mut [PanelMut<'_>], isa: Isa) -> Result<(), usize> {
    let plain =
        panels.iter_mut().filter_map(|panel| if let PanelMut::F32(to) = panel { Some(&mut **to) } else { None });
    let mut to: Vec<&mut [f32]> = plain.collect();
    isa.run(TransposePack { source, first, to: &mut to });
    (first..).zip(&to).try_for_each(|(p, panel)| finite(panel).map_err(|lane| p * WIDTH + lane))
}

/// `Err` names the first output of a panel that holds NaN or infinity.
fn finite(panel: &[f32]) -> Result<(), usize> {
    let mut finite = [true; WIDTH];
    for row in panel.as_chunks::<WIDTH>().0 {
        finite.iter_mut().zip(row).for_each(|(finite, v)| *finite &= v.is_finite());
    }
    finite.iter().position(|finite| !finite).map_or(Ok(()), Err)
}

/// The stored bytes of a panel's outputs (up to sixteen), in the target's encoding.
fn rows<'a>(source: &Source<'a>, target: Encoding, panel: usize) -> Vec<Cow<'a, [u8]>> {
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

/// Packs halves whose rows are inputs: parts of rows become rows of panels as they are.
fn across(source: &Source<'_>, first: usize, panels: &mut [PanelMut<'_>]) -> Result<(), usize> {
    let exponent = exponent(source.encoding == Encoding::Bf16);
    let outputs = first * WIDTH..((first + panels.len()) * WIDTH).min(source.outputs);
    for input in 0..source.inputs {
        let line = &source.bytes[(input * source.outputs + outputs.start) * 2..][..outputs.len() * 2];
        for (p, (panel, part)) in panels.iter_mut().zip(line.chunks(WIDTH * 2)).enumerate() {
            let PanelMut::Half(to) = panel else { unreachable!("panels of another width than their source") };
            let to = &mut to[input * WIDTH..][..part.len() / 2];
            to.iter_mut().zip(part.as_chunks().0).for_each(|(to, &from)| *to = u16::from_le_bytes(from));
            if let Some(lane) = to.iter().position(|v| v & exponent == exponent) {
                return Err((first + p) * WIDTH + lane);
            }
        }
    }
    Ok(())
}

/// The bits of a 16-bit float's exponent: all set in NaN and infinity, in nothing else.
fn exponent(brain: bool) -> u16 {
    if brain { 0x7f80 } else { 0x7c00 }
}

impl PanelMut<'_> {
    /// Packs the rows of up to sixteen outputs; `Err` names the first that holds NaN or infinity.
    fn fill(&mut self, encoding: Encoding, rows: &[Cow<'_, [u8]>], inputs: usize) -> Result<(), usize> {
        match self {
            Self::F32(to) => transposed(rows, to, f32::from_le_bytes, f32::is_finite),
            Self::Half(to) => {
                let exponent = exponent(encoding == Encoding::Bf16);
                transposed(rows, to, u16::from_le_bytes, |v| v & exponent != exponent)
            }
            Self::Quants { lines, kind, small, large } => {
                for (lane, row) in rows.iter().enumerate() {
                    let mut output = Lane { lines, kind: *kind, small, large, at: lane };
                    if !output.fill(encoding, row, inputs) {
                        return Err(lane);
                    }
                }
                Ok(())
            }
        }
    }
}

/// Rows of outputs made rows of inputs, sixteen inputs at a time so that what is written stays near.
fn transposed<T: Copy, const N: usize>(
    rows: &[Cow<'_, [u8]>],
    to: &mut [T],
    read: impl Fn([u8; N]) -> T,
    is_finite: impl Fn(T) -> bool,
) -> Result<(), usize> {
    let mut finite = [true; WIDTH];
    for (at, to) in to.chunks_mut(SLAB * WIDTH).enumerate() {
        for (lane, row) in rows.iter().enumerate() {
            let from = &row.as_chunks::<N>().0[at * SLAB..];
            for (to, &bytes) in to.chunks_exact_mut(WIDTH).zip(from) {
                let value = read(bytes);
                to[lane] = value;
                finite[lane] &= is_finite(value);
            }
        }
    }
    finite.iter().position(|finite| !finite).map_or(Ok(()), Err)
}

/// One output's place in a panel of quantised weights.
struct Lane<'a> {
    lines: &'a mut [u32],
    kind: Kind,
    small: &'a mut [i8],
    large: &'a mut [u16],
    at: usize,
}

impl Lane<'_> {
    /// Takes one row's blocks apart; false when a scale or minimum is not finite.
    fn fill(&mut self, encoding: Encoding, row: &[u8], inputs: usize) -> bool {
        let mut block = Block::default();
        let zero_point = Params::zero_point_of(encoding) as i8;
        let mut finite = true;
        for (b, bytes) in row.chunks_exact(encoding.block_bytes()).enumerate() {
            unpack(encoding, bytes, &mut block);
            let start = b * encoding.block();
            let count = encoding.block().min(inputs - start);
            for (i, slab) in block.quant[..encoding.block()].as_chunks::<SLAB>().0.iter().enumerate() {
                self.put(start / SLAB + i, slab.map(|q| q.wrapping_add(zero_point) as u8));
            }
            let nested = encoding.block() == MAX_BLOCK;
            for which in 0..=usize::from(block.has_min) {
                for g in 0..count.div_ceil(block.group) {
                    let input = start + g * block.group;
                    let [large, small] = Params::places(block.group, block.has_min, nested, input);
                    let lane = which * WIDTH + self.at;
                    self.large[large + lane] = block.large[which];
                    if nested {
                        self.small[small + lane] = block.small[which][g];
                    }
                }
            }
            finite &= block.is_finite();
        }
        finite
    }

    /// Puts sixteen weights where their storage has them.
    fn put(&mut self, slab: usize, q: [u8; SLAB]) {
        let words: [u32; 4] =
            std::array::from_fn(|i| u32::from_le_bytes([q[4 * i], q[4 * i + 1], q[4 * i + 2], q[4 * i + 3]]));
        let at = slab * self.kind.words() + self.at;
        let nibbles = |i: usize| (words[i] & 0x0f0f_0f0f) | ((words[i + 1] & 0x0f0f_0f0f) << 4);
        match self.kind {
            Kind::Nibbles => (0..2).for_each(|i| self.lines[at + i * WIDTH] = nibbles(2 * i)),
            Kind::Sixes => (0..).zip(Sixes::lines(words)).for_each(|(i, line)| self.lines[at + i * WIDTH] = line),
            _ => (0..4).for_each(|i| self.lines[at + i * WIDTH] = words[i]),
        }
    }
}

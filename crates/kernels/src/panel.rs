//! Weights in panels: sixteen outputs side by side, sixteen inputs at a time.
//!
//! A panel is a list of slabs, one for each sixteen inputs: `[inputs / 16][16 inputs][16 outputs]` for floats. Quantised
//! weights lie in words of four inputs of one output, so that a word meets four activations at once; see [`storage`].
//! One chain of multiply-adds along the inputs for each of sixteen outputs thus reads memory front to back. Panels and
//! slabs that are not full are padded with zeros, which no result reads.

mod fill;
mod params;
pub(crate) mod storage;
mod transpose;

pub(crate) use params::{Params, ScaleMin};
pub(crate) use storage::{Bytes, Floats, Halves, Integers, Nibbles, Sixes, Storage, slabs};
pub(crate) use transpose::TransposePack;

use crate::aligned::Aligned;
use crate::compute::Compute;
use crate::encoding::Encoding;
use crate::isa::Lanes;
use crate::source::Source;
use crate::tuning::PACKED_TOGETHER;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Outputs in a panel.
pub(crate) const WIDTH: usize = 16;

/// Inputs in a slab; every group of weights that share a scale is one or two.
pub(crate) const SLAB: usize = 16;

/// Sixteen words: of four inputs for each output of a panel.
pub(crate) type Line = [u32; WIDTH];

/// All panels of a matrix.
pub(crate) struct Panels {
    pub(crate) inputs: usize,
    pub(crate) data: Data,
    pub(crate) params: Params,
}

/// The weights themselves, `[panel][slab]...`.
pub(crate) enum Data {
    F32(Aligned<f32>),
    F16(Aligned<u16>),
    Bf16(Aligned<u16>),
    Bytes(Aligned<u32>),
    Nibbles(Aligned<u32>),
    Sixes(Aligned<u32>),
}

/// Where the weights of one panel go while it is packed.
pub(crate) enum PanelMut<'a> {
    F32(&'a mut [f32]),
    Half(&'a mut [u16]),
    Quants { lines: &'a mut [u32], kind: Quants, small: &'a mut [i8], large: &'a mut [u16] },
}

/// How whole-number weights lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quants {
    Bytes,
    Nibbles,
    Sixes,
}

impl Quants {
    fn of(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Q4_0 | Encoding::Q4_1 | Encoding::Q2K | Encoding::Q3K | Encoding::Q4K => Self::Nibbles,
            Encoding::Q6K => Self::Sixes,
            _ => Self::Bytes,
        }
    }

    /// Words of a slab.
    fn words(self) -> usize {
        WIDTH
            * match self {
                Self::Bytes => Bytes::LINES,
                Self::Nibbles => Nibbles::<2>::LINES,
                Self::Sixes => Sixes::LINES,
            }
    }
}

impl Panels {
    /// Zeroed panels for weights that are stored as `encoding`.
    pub(crate) fn new(encoding: Encoding, panels: usize, inputs: usize) -> Self {
        let slabs = panels * slabs(inputs, !encoding.is_float());
        let quants = |kind: Quants| Aligned::zeros(slabs * kind.words());
        let data = match (encoding, Quants::of(encoding)) {
            (Encoding::F32, _) => Data::F32(Aligned::zeros(slabs * SLAB * WIDTH)),
            (Encoding::F16, _) => Data::F16(Aligned::zeros(slabs * SLAB * WIDTH)),
            (Encoding::Bf16, _) => Data::Bf16(Aligned::zeros(slabs * SLAB * WIDTH)),
            (_, kind @ Quants::Bytes) => Data::Bytes(quants(kind)),
            (_, kind @ Quants::Nibbles) => Data::Nibbles(quants(kind)),
            (_, kind @ Quants::Sixes) => Data::Sixes(quants(kind)),
        };
        Self { inputs, data, params: Params::new(encoding, panels, inputs) }
    }

    /// The weights of `source`, whose bytes are what its shape takes, stored as `target`; and an output that holds NaN or
    /// infinity, if one does.
    pub(crate) fn pack(source: &Source<'_>, target: Encoding, compute: &Compute) -> (Self, Option<usize>) {
        let mut panels = Self::new(target, source.outputs.div_ceil(WIDTH), source.inputs);
        let mut rest = panels.each().into_iter();
        let groups = std::iter::from_fn(|| Some(rest.by_ref().take(PACKED_TOGETHER).collect::<Vec<_>>()));
        let groups = groups.take_while(|group| !group.is_empty()).collect();
        let bad = AtomicUsize::new(usize::MAX);
        compute.for_items(groups, source.outputs * source.inputs, |g, mut group| {
            if let Err(output) = fill::fill(source, target, g * PACKED_TOGETHER, &mut group, compute.isa()) {
                bad.fetch_min(output, Ordering::Relaxed);
            }
        });
        (panels, Some(bad.into_inner()).filter(|&output| output != usize::MAX))
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.params.bytes()
            + match &self.data {
                Data::F32(d) => d.bytes(),
                Data::F16(d) | Data::Bf16(d) => d.bytes(),
                Data::Bytes(d) | Data::Nibbles(d) | Data::Sixes(d) => d.bytes(),
            }
    }

    /// Where the weights of some panels lie, without scales.
    pub(crate) fn memory(&self, panels: Range<usize>) -> Range<usize> {
        let (slabs, floats) = (slabs(self.inputs, true), slabs(self.inputs, false) * SLAB * WIDTH);
        let (start, panel) = match &self.data {
            Data::F32(d) => (d.as_ptr() as usize, floats * 4),
            Data::F16(d) | Data::Bf16(d) => (d.as_ptr() as usize, floats * 2),
            Data::Bytes(d) => (d.as_ptr() as usize, slabs * Quants::Bytes.words() * 4),
            Data::Nibbles(d) => (d.as_ptr() as usize, slabs * Quants::Nibbles.words() * 4),
            Data::Sixes(d) => (d.as_ptr() as usize, slabs * Quants::Sixes.words() * 4),
        };
        start + panels.start * panel..start + panels.end * panel
    }

    /// Every panel, to be filled.
    pub(crate) fn each(&mut self) -> Vec<PanelMut<'_>> {
        let (slabs, len) = (slabs(self.inputs, true), slabs(self.inputs, false) * SLAB * WIDTH);
        let (d, kind) = match &mut self.data {
            Data::F32(d) => return d.chunks_mut(len).map(PanelMut::F32).collect(),
            Data::F16(d) | Data::Bf16(d) => return d.chunks_mut(len).map(PanelMut::Half).collect(),
            Data::Bytes(d) => (d, Quants::Bytes),
            Data::Nibbles(d) => (d, Quants::Nibbles),
            Data::Sixes(d) => (d, Quants::Sixes),
        };
        let panel = |(lines, (small, large))| PanelMut::Quants { lines, kind, small, large };
        d.chunks_mut(slabs * kind.words()).zip(self.params.each(self.inputs)).map(panel).collect()
    }

    /// The weights of one output, widened.
    #[inline(always)]
    pub(crate) fn row<L: Lanes>(&self, l: L, output: usize, out: &mut [f32]) {
        match &self.data {
            Data::F32(d) => self.widened(l, Floats(d), output, out),
            Data::F16(d) => self.widened(l, Halves::<false>(d), output, out),
            Data::Bf16(d) => self.widened(l, Halves::<true>(d), output, out),
            Data::Bytes(d) => self.widened(l, Bytes(d), output, out),
            Data::Nibbles(d) => self.widened(l, Nibbles::<2>(d), output, out),
            Data::Sixes(d) => self.widened(l, Sixes(d), output, out),
        }
    }

    #[inline(always)]
    fn widened<L: Lanes, S: Storage>(&self, l: L, storage: S, output: usize, out: &mut [f32]) {
        let (panel, lane) = (output / WIDTH, output % WIDTH);
        let params = self.params.panel(panel, self.inputs);
        for (s, slab) in storage.slabs(panel, self.inputs).iter().enumerate().take(self.inputs.div_ceil(SLAB)) {
            let scale_min = params.scale_min(l, s);
            for k in s * SLAB..((s + 1) * SLAB).min(out.len()) {
                let mut row = [0.0; WIDTH];
                l.row_store(storage::widen::<L, S>(l, slab, k % SLAB, scale_min), &mut row);
                out[k] = row[lane];
            }
        }
    }
}

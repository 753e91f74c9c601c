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
use storage::{Bytes, Halves, Nibbles, Sixes};
pub(crate) use storage::{Floats, Integers, Storage, Visit, VisitIntegers, slabs};
pub(crate) use transpose::TransposePack;

use crate::aligned::Aligned;
use crate::compute::Compute;
use crate::encoding::Encoding;
use crate::isa::Lanes;
use crate::source::Source;
use crate::tuning::PACKED_TOGETHER;
use bytemuck::{cast_slice, cast_slice_mut};
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
    kind: Kind,
    /// The weights themselves, `[panel][slab]...`.
    words: Aligned<u32>,
    pub(crate) params: Params,
}

/// How weights lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    F32,
    F16,
    Bf16,
    Bytes,
    Nibbles,
    Sixes,
}

/// Where the weights of one panel go while it is packed.
pub(crate) enum PanelMut<'a> {
    F32(&'a mut [f32]),
    Half(&'a mut [u16]),
    Quants { lines: &'a mut [u32], kind: Kind, small: &'a mut [i8], large: &'a mut [u16] },
}

impl Kind {
    fn of(encoding: Encoding) -> Self {
        match encoding {
            Encoding::F32 | Encoding::F64 => Self::F32,
            Encoding::F16 => Self::F16,
            Encoding::Bf16 => Self::Bf16,
            Encoding::Q4_0 | Encoding::Q4_1 | Encoding::Q2K | Encoding::Q3K | Encoding::Q4K => Self::Nibbles,
            Encoding::Q6K => Self::Sixes,
            _ => Self::Bytes,
        }
    }

    /// Words of a slab.
    fn words(self) -> usize {
        let bytes = match self {
            Self::F32 => size_of::<<Floats as Storage>::Slab>(),
            Self::F16 | Self::Bf16 => size_of::<<Halves<false> as Storage>::Slab>(),
            Self::Bytes => size_of::<<Bytes as Storage>::Slab>(),
            Self::Nibbles => size_of::<<Nibbles<2> as Storage>::Slab>(),
            Self::Sixes => size_of::<<Sixes as Storage>::Slab>(),
        };
        bytes / size_of::<u32>()
    }

    /// Words of a panel.
    fn panel(self, inputs: usize) -> usize {
        self.words() * slabs(inputs, !matches!(self, Self::F32 | Self::F16 | Self::Bf16))
    }
}

impl Panels {
    /// Zeroed panels for weights that are stored as `encoding`.
    pub(crate) fn new(encoding: Encoding, panels: usize, inputs: usize) -> Self {
        let kind = Kind::of(encoding);
        let words = Aligned::zeros(panels * kind.panel(inputs));
        Self { inputs, kind, words, params: Params::new(encoding, panels, inputs) }
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
        self.params.bytes() + self.words.bytes()
    }

    /// Where the weights of some panels lie, without scales.
    pub(crate) fn memory(&self, panels: Range<usize>) -> Range<usize> {
        let (start, panel) = (self.words.as_ptr() as usize, self.kind.panel(self.inputs) * size_of::<u32>());
        start + panels.start * panel..start + panels.end * panel
    }

    /// Every panel, to be filled.
    pub(crate) fn each(&mut self) -> Vec<PanelMut<'_>> {
        let kind = self.kind;
        let panels = self.words.chunks_mut(kind.panel(self.inputs));
        match kind {
            Kind::F32 => panels.map(|words| PanelMut::F32(cast_slice_mut(words))).collect(),
            Kind::F16 | Kind::Bf16 => panels.map(|words| PanelMut::Half(cast_slice_mut(words))).collect(),
            _ => {
                let quants = |(lines, (small, large))| PanelMut::Quants { lines, kind, small, large };
                panels.zip(self.params.each(self.inputs)).map(quants).collect()
            }
        }
    }

    /// The weights as floats are made of them.
    #[inline(always)]
    pub(crate) fn visit(&self, visitor: impl Visit) {
        let words = &*self.words;
        match self.kind {
            Kind::F32 => visitor.visit::<Floats>(cast_slice(words)),
            Kind::F16 => visitor.visit::<Halves<false>>(cast_slice(words)),
            Kind::Bf16 => visitor.visit::<Halves<true>>(cast_slice(words)),
            Kind::Bytes => visitor.visit::<Bytes>(cast_slice(words)),
            Kind::Nibbles => visitor.visit::<Nibbles<2>>(cast_slice(words)),
            Kind::Sixes => visitor.visit::<Sixes>(cast_slice(words)),
        }
    }

    /// The weights as integers; nothing happens with floats, which are none.
    pub(crate) fn visit_integers(&self, visitor: impl VisitIntegers) {
        let words = &*self.words;
        match self.kind {
            Kind::F32 | Kind::F16 | Kind::Bf16 => {}
            Kind::Bytes => visitor.visit::<Bytes>(cast_slice(words)),
            Kind::Nibbles if self.params.group == SLAB => visitor.visit::<Nibbles<1>>(cast_slice(words)),
            Kind::Nibbles => visitor.visit::<Nibbles<2>>(cast_slice(words)),
            Kind::Sixes => visitor.visit::<Sixes>(cast_slice(words)),
        }
    }

    /// The weights of one output, widened.
    #[inline(always)]
    pub(crate) fn row<L: Lanes>(&self, l: L, output: usize, out: &mut [f32]) {
        self.visit(Widen { l, panels: self, output, out });
    }
}

/// Widens the weights of one output.
struct Widen<'a, L> {
    l: L,
    panels: &'a Panels,
    output: usize,
    out: &'a mut [f32],
}

impl<L: Lanes> Visit for Widen<'_, L> {
    #[inline(always)]
    fn visit<S: Storage>(self, weights: &[S::Slab]) {
        let Self { l, panels, output, out } = self;
        let (panel, lane, inputs) = (output / WIDTH, output % WIDTH, panels.inputs);
        let params = panels.params.panel(panel, inputs);
        for (s, slab) in S::slabs(weights, panel, inputs).iter().enumerate().take(inputs.div_ceil(SLAB)) {
            let scale_min = params.scale_min(l, s);
            for k in s * SLAB..((s + 1) * SLAB).min(out.len()) {
                let mut row = [0.0; WIDTH];
                l.row_store(storage::widen::<L, S>(l, slab, k % SLAB, scale_min), &mut row);
                out[k] = row[lane];
            }
        }
    }
}

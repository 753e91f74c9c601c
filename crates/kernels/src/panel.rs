//! Weights in panels: sixteen outputs side by side, one row of sixteen for each input.
//!
//! The layout of a panel is `[inputs][16]`, so one chain of multiply-adds along the inputs for each of sixteen outputs
//! reads memory front to back. A last panel that is not full is padded with zeros, which no result reads.

mod fill;
mod format;

pub(crate) use fill::rows;
pub(crate) use format::{Bytes, Floats, Format, Halves, K_BLOCK, Nibbles, PanelRow, halves};

use crate::aligned::Aligned;
use crate::encoding::Encoding;
use crate::isa::Lanes;

/// Outputs in a panel.
pub(crate) const WIDTH: usize = 16;

/// All panels of a matrix.
pub(crate) struct Panels {
    pub(crate) inputs: usize,
    pub(crate) data: Data,
    /// Scales (and minima) of quantised weights: `[panel][group][1 or 2][16]`.
    pub(crate) params: Aligned<f32>,
    /// Inputs that share a scale.
    pub(crate) group: usize,
    pub(crate) has_min: bool,
}

/// The weights themselves, `[panel][inputs][16]`.
pub(crate) enum Data {
    F32(Aligned<f32>),
    F16(Aligned<u16>),
    Bf16(Aligned<u16>),
    /// One byte a weight.
    Bytes(Aligned<i8>),
    /// A row is 8 bytes: output `j` in the low half of byte `j`, output `j + 8` in its high half.
    Nibbles(Aligned<u8>),
}

/// Where the weights of one panel go while it is packed.
pub(crate) enum PanelMut<'a> {
    F32(&'a mut [f32]),
    Half(&'a mut [u16]),
    Bytes(&'a mut [i8], &'a mut [f32]),
    Nibbles(&'a mut [u8], &'a mut [f32]),
}

impl Panels {
    /// Zeroed panels for weights that are stored as `encoding`.
    pub(crate) fn new(encoding: Encoding, panels: usize, inputs: usize) -> Self {
        use Encoding::{Bf16, F16, F32, Q2K, Q3K, Q4_0, Q4_1, Q4K, Q5_1, Q5K, Q6K};
        let (count, nibbles) = (panels * inputs * WIDTH, matches!(encoding, Q4_0 | Q4_1 | Q2K | Q3K | Q4K));
        let has_min = nibbles || matches!(encoding, Q5_1 | Q5K);
        let group = if matches!(encoding, Q2K | Q3K | Q6K) { 16 } else { 32 };
        let data = match encoding {
            F32 => Data::F32(Aligned::zeros(count)),
            F16 => Data::F16(Aligned::zeros(count)),
            Bf16 => Data::Bf16(Aligned::zeros(count)),
            _ if nibbles => Data::Nibbles(Aligned::zeros(count / 2)),
            _ => Data::Bytes(Aligned::zeros(count)),
        };
        let mut all = Self { inputs, data, has_min, params: Aligned::zeros(0), group };
        if !encoding.is_float() {
            all.params = Aligned::zeros(panels * all.params_len());
        }
        all
    }

    /// Scales and minima of one panel.
    fn params_len(&self) -> usize {
        self.inputs.div_ceil(self.group) * (1 + usize::from(self.has_min)) * WIDTH
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        let data = match &self.data {
            Data::F32(d) => size_of_val(&**d),
            Data::F16(d) | Data::Bf16(d) => size_of_val(&**d),
            Data::Bytes(d) => size_of_val(&**d),
            Data::Nibbles(d) => size_of_val(&**d),
        };
        data + size_of_val(&*self.params)
    }

    /// Every panel, to be filled.
    pub(crate) fn each(&mut self) -> Vec<PanelMut<'_>> {
        let (len, params) = (self.inputs * WIDTH, self.params_len());
        match &mut self.data {
            Data::F32(d) => d.chunks_mut(len).map(PanelMut::F32).collect(),
            Data::F16(d) | Data::Bf16(d) => d.chunks_mut(len).map(PanelMut::Half).collect(),
            Data::Bytes(d) => {
                d.chunks_mut(len).zip(self.params.chunks_mut(params)).map(|(q, p)| PanelMut::Bytes(q, p)).collect()
            }
            Data::Nibbles(d) => d
                .chunks_mut(len / 2)
                .zip(self.params.chunks_mut(params))
                .map(|(q, p)| PanelMut::Nibbles(q, p))
                .collect(),
        }
    }

    /// The weights of one output, widened.
    pub(crate) fn row<L: Lanes>(&self, l: L, output: usize, out: &mut [f32]) {
        match &self.data {
            Data::F32(d) => format::row(l, &Floats(d), output, out),
            Data::F16(d) => format::row(l, &Halves::<false>(d), output, out),
            Data::Bf16(d) => format::row(l, &Halves::<true>(d), output, out),
            Data::Bytes(d) if self.has_min => format::row(l, &Bytes::<true>(d, &self.params, self.group), output, out),
            Data::Bytes(d) => format::row(l, &Bytes::<false>(d, &self.params, self.group), output, out),
            Data::Nibbles(d) => format::row(l, &Nibbles(d, &self.params, self.group), output, out),
        }
    }
}

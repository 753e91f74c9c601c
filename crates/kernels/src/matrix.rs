//! A matrix of weights, packed for multiplication.

use crate::compute::Compute;
use crate::encoding::Encoding;
use crate::isa;
use crate::panel::{self, Panels};
use crate::product::ActivationFormat;
use std::sync::Mutex;

/// Which index of a stored matrix runs fastest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// A row per output, `[outputs, inputs]`: most checkpoints.
    OutIn,
    /// A row per input, `[inputs, outputs]`: GPT-2's. Plain floats only.
    InOut,
}

/// A matrix as it lies in a file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// How the weights are stored.
    pub encoding: Encoding,
    /// Which way round.
    pub layout: Layout,
    /// The stored weights, little-endian.
    pub bytes: &'a [u8],
    /// Numbers that come out of a product.
    pub outputs: usize,
    /// Numbers that go in.
    pub inputs: usize,
    /// Where each output is stored, for files that keep them in another order; with [`Layout::OutIn`] only.
    pub order: Option<&'a [usize]>,
}

/// Why a matrix could not be packed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The bytes are not what the shape takes.
    #[error("{outputs} x {inputs} weights in {encoding} do not take {bytes} bytes")]
    Length {
        /// Outputs asked for.
        outputs: usize,
        /// Inputs asked for.
        inputs: usize,
        /// The format.
        encoding: Encoding,
        /// Bytes found.
        bytes: usize,
    },
    /// A weight, or a block's scale, is NaN or infinite.
    #[error("NaN or infinity among the weights of output {output}")]
    NotFinite {
        /// The first such output.
        output: usize,
    },
    /// The conversion asked for is none that can be written.
    #[error("cannot convert weights to {0}; choose one of {names}", names = Encoding::WRITABLE.map(Encoding::name).join(", "))]
    Target(Encoding),
}

/// Weights `[outputs, inputs]`, repacked for products: panels of sixteen outputs, inputs running fastest but one.
///
/// Plain floats keep their width, quantised weights their whole numbers and scales: memory is what the file's is (five
/// bits take eight). What each weight means does not change.
pub struct Matrix {
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
    pub(crate) panels: Panels,
    encoding: Encoding,
    activations: ActivationFormat,
}

impl std::fmt::Debug for Matrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Matrix({} x {}, {})", self.outputs, self.inputs, self.encoding)
    }
}

impl Matrix {
    /// Packs a stored matrix, converting it to `target` first where one is given.
    ///
    /// Memory is asked for after the bytes have been found to be there, never on the shape's word alone.
    ///
    /// # Errors
    /// When bytes and shape disagree, a weight is NaN or infinite (also after conversion: f16 holds nothing beyond
    /// 65,504), or the target cannot be written.
    pub fn pack(source: &Source<'_>, target: Option<Encoding>, compute: &Compute) -> Result<Self, PackError> {
        let Source { encoding, outputs, inputs, bytes, .. } = *source;
        let stored = match source.layout {
            Layout::OutIn => encoding.bytes(inputs).and_then(|row| row.checked_mul(outputs)),
            Layout::InOut if encoding.is_float() => inputs.checked_mul(outputs).and_then(|n| encoding.bytes(n)),
            Layout::InOut => None,
        };
        let order_fits = source.order.is_none_or(|o| o.len() == outputs && o.iter().all(|&i| i < outputs));
        if stored != Some(bytes.len()) || outputs == 0 || inputs == 0 || !order_fits {
            return Err(PackError::Length { outputs, inputs, encoding, bytes: bytes.len() });
        }
        let target = target.unwrap_or(encoding);
        if target != encoding && !Encoding::WRITABLE.contains(&target) {
            return Err(PackError::Target(target));
        }
        let mut panels = Panels::new(target, outputs.div_ceil(panel::WIDTH), inputs);
        let bad = Mutex::new(None::<usize>);
        let mut rest = panels.each().into_iter();
        let groups = std::iter::from_fn(|| Some(rest.by_ref().take(panel::TOGETHER).collect::<Vec<_>>()));
        let groups = groups.take_while(|group| !group.is_empty()).collect();
        compute.for_items(groups, outputs * inputs, |g, mut group| {
            if let Err(output) = panel::fill(source, target, g * panel::TOGETHER, &mut group) {
                let mut first = bad.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                *first = Some(first.map_or(output, |seen| seen.min(output)));
            }
        });
        match bad.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(output) => Err(PackError::NotFinite { output }),
            None => Ok(Self { outputs, inputs, panels, encoding: target, activations: ActivationFormat::F32 }),
        }
    }

    /// The same weights, to be met by activations in this format; plain floats keep to f32.
    #[must_use]
    pub fn with_activations(mut self, format: ActivationFormat) -> Self {
        if !self.encoding.is_float() {
            self.activations = format;
        }
        self
    }

    /// The format in which products take their activations.
    pub fn activations(&self) -> ActivationFormat {
        self.activations
    }

    /// Numbers that come out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Numbers that go in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The format whose values the weights have.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Bytes of memory that one product reads.
    pub fn bytes(&self) -> usize {
        self.panels.bytes()
    }

    /// Widens the weights of one output (a row of an embedding table) into `out`, of length `inputs`.
    ///
    /// # Panics
    /// When `output` or the length of `out` is out of range.
    pub fn row(&self, output: usize, out: &mut [f32]) {
        assert!(output < self.outputs && out.len() == self.inputs, "row {output} of {self:?} into {}", out.len());
        // Not worth a faster instruction set: a row is read once a token.
        self.panels.row(isa::reference(), output, out);
    }
}

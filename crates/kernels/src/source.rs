//! A matrix of weights as it lies in a file, and why it may be refused.

use crate::encoding::Encoding;

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
#[doc(alias = "tensor")]
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
        /// Such an output.
        output: usize,
    },
    /// Only f32, f16 and bf16 can be used as they lie.
    #[error("weights stored as {0} cannot be used in place: repack them with Matrix::pack")]
    Quantised(Encoding),
    /// The conversion asked for is none that can be written.
    #[error("cannot convert weights to {0}; choose one of {names}", names = Encoding::WRITABLE.map(Encoding::name).join(", "))]
    Target(Encoding),
}

impl Source<'_> {
    /// Whether bytes, shape and order fit together.
    pub(crate) fn check(&self) -> Result<(), PackError> {
        let Self { encoding, outputs, inputs, bytes, order, .. } = *self;
        let stored = match self.layout {
            Layout::OutIn => encoding.bytes(inputs).and_then(|row| row.checked_mul(outputs)),
            Layout::InOut if encoding.is_float() => inputs.checked_mul(outputs).and_then(|n| encoding.bytes(n)),
            Layout::InOut => None,
        };
        let order_fits =
            order.is_none_or(|o| self.layout == Layout::OutIn && o.len() == outputs && o.iter().all(|&i| i < outputs));
        if stored != Some(bytes.len()) || outputs == 0 || inputs == 0 || !order_fits {
            return Err(PackError::Length { outputs, inputs, encoding, bytes: bytes.len() });
        }
        Ok(())
    }
}

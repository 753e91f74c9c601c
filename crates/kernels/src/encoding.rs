//! How weights are stored, and the one `f32` that each stored weight means.

mod activations;
mod encode;
mod unpack;

pub use activations::{ActivationFormat, UnknownActivations};
pub(crate) use unpack::{Block, MAX_BLOCK, unpack};

use std::fmt;
use std::str::FromStr;

/// A storage format of weights: plain floats, or the blocks of GGUF.
///
/// A block holds [`block`](Self::block) weights of one row with their scales. The decoded value follows ggml's
/// reference decoder to the bit, each operation rounded to f32: `scale * quant`, or `scale * quant + minimum`.
///
/// ```
/// use beamline_kernels::Encoding;
/// let q8: Encoding = "q8_0".parse()?;
/// assert_eq!((q8.block(), q8.block_bytes(), q8.bytes(64)), (32, 34, Some(68)));
/// assert_eq!(q8.bytes(33), None); // not a whole number of blocks
/// # Ok::<(), beamline_kernels::UnknownEncoding>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encoding {
    /// 32-bit floats.
    F32,
    /// 64-bit floats. A matrix holds them as f32, rounded once.
    F64,
    /// 16-bit IEEE floats.
    F16,
    /// 16-bit floats with the exponent of f32.
    Bf16,
    /// 8 bits, one f16 scale per 32 weights.
    Q8_0,
    /// 4 bits, one f16 scale per 32 weights.
    Q4_0,
    /// 4 bits, f16 scale and minimum per 32 weights.
    Q4_1,
    /// 5 bits, one f16 scale per 32 weights.
    Q5_0,
    /// 5 bits, f16 scale and minimum per 32 weights.
    Q5_1,
    /// 2 bits, 4-bit scales and minima per 16 weights, super-blocks of 256.
    Q2K,
    /// 3 bits, 6-bit scales per 16 weights, super-blocks of 256.
    Q3K,
    /// 4 bits, 6-bit scales and minima per 32 weights, super-blocks of 256.
    Q4K,
    /// 5 bits, 6-bit scales and minima per 32 weights, super-blocks of 256.
    Q5K,
    /// 6 bits, 8-bit scales per 16 weights, super-blocks of 256.
    Q6K,
    /// 4 bits, each one of sixteen fixed numbers, one f16 scale per 32 weights.
    Iq4Nl,
    /// The numbers of [`Iq4Nl`](Self::Iq4Nl), 6-bit scales per 32 weights, super-blocks of 256.
    Iq4Xs,
    /// 4-bit floats, one power of two per 32 weights.
    Mxfp4,
}

/// A name that is no [`Encoding`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown weight format {0:?}; known are {names}", names = Encoding::ALL.map(Encoding::name).join(", "))]
pub struct UnknownEncoding(pub String);

impl Encoding {
    /// Every format, in the order of the list above.
    pub const ALL: [Self; 17] = [
        Self::F32,
        Self::F64,
        Self::F16,
        Self::Bf16,
        Self::Q8_0,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q2K,
        Self::Q3K,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
        Self::Iq4Nl,
        Self::Iq4Xs,
        Self::Mxfp4,
    ];

    /// The formats that [`encode`](Self::encode) can write.
    pub const WRITABLE: [Self; 8] =
        [Self::F32, Self::F16, Self::Bf16, Self::Q8_0, Self::Q4_0, Self::Q4_1, Self::Q5_0, Self::Q5_1];

    /// Weights per block; 1 for plain floats.
    pub fn block(self) -> usize {
        match self {
            Self::F32 | Self::F64 | Self::F16 | Self::Bf16 => 1,
            Self::Q8_0 | Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 | Self::Iq4Nl | Self::Mxfp4 => 32,
            Self::Q2K | Self::Q3K | Self::Q4K | Self::Q5K | Self::Q6K | Self::Iq4Xs => MAX_BLOCK,
        }
    }

    /// Bytes per block.
    pub fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
            Self::F16 | Self::Bf16 => 2,
            Self::Q8_0 => 34,
            Self::Q4_0 | Self::Iq4Nl => 18,
            Self::Q4_1 => 20,
            Self::Q5_0 => 22,
            Self::Q5_1 => 24,
            Self::Q2K => 84,
            Self::Q3K => 110,
            Self::Q4K => 144,
            Self::Q5K => 176,
            Self::Q6K => 210,
            Self::Iq4Xs => 136,
            Self::Mxfp4 => 17,
        }
    }

    /// Bytes that `count` weights of one row take; none when they are not a whole number of blocks, or too many to
    /// count.
    pub fn bytes(self, count: usize) -> Option<usize> {
        count.is_multiple_of(self.block()).then(|| (count / self.block()).checked_mul(self.block_bytes())).flatten()
    }

    /// True for f32, f64, f16 and bf16.
    pub fn is_float(self) -> bool {
        self.block() == 1
    }

    /// The format in which a [`Matrix`](crate::Matrix) holds these weights unless it is told to convert them: their own, or
    /// f32 for 64-bit floats.
    ///
    /// ```
    /// use beamline_kernels::Encoding;
    /// assert_eq!((Encoding::F64.held(), Encoding::Q8_0.held()), (Encoding::F32, Encoding::Q8_0));
    /// ```
    #[must_use]
    pub fn held(self) -> Self {
        if self == Self::F64 { Self::F32 } else { self }
    }

    /// The name used on the command line: `f32`, `q8_0`, `q4_k`, ...
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Q8_0 => "q8_0",
            Self::Q4_0 => "q4_0",
            Self::Q4_1 => "q4_1",
            Self::Q5_0 => "q5_0",
            Self::Q5_1 => "q5_1",
            Self::Q2K => "q2_k",
            Self::Q3K => "q3_k",
            Self::Q4K => "q4_k",
            Self::Q5K => "q5_k",
            Self::Q6K => "q6_k",
            Self::Iq4Nl => "iq4_nl",
            Self::Iq4Xs => "iq4_xs",
            Self::Mxfp4 => "mxfp4",
        }
    }

    /// Decodes whole blocks into `out`.
    ///
    /// # Panics
    /// When `bytes` is not what `out.len()` weights take.
    ///
    /// ```
    /// use beamline_kernels::Encoding;
    /// let mut out = [0.0; 2];
    /// Encoding::Bf16.decode(&[0x80, 0x3f, 0x00, 0xc0], &mut out);
    /// assert_eq!(out, [1.0, -2.0]);
    /// ```
    pub fn decode(self, bytes: &[u8], out: &mut [f32]) {
        assert_eq!(self.bytes(out.len()), Some(bytes.len()), "{self}: {} weights", out.len());
        match self {
            Self::F32 => {
                let (words, _) = bytes.as_chunks::<4>();
                out.iter_mut().zip(words).for_each(|(o, &b)| *o = f32::from_le_bytes(b));
            }
            Self::F64 => {
                let (words, _) = bytes.as_chunks::<8>();
                out.iter_mut().zip(words).for_each(|(o, &b)| *o = f64::from_le_bytes(b) as f32);
            }
            Self::F16 | Self::Bf16 => {
                let (words, _) = bytes.as_chunks::<2>();
                let widen = if self == Self::F16 {
                    |b| half::f16::from_le_bytes(b).to_f32()
                } else {
                    |b| half::bf16::from_le_bytes(b).to_f32()
                };
                out.iter_mut().zip(words).for_each(|(o, &b)| *o = widen(b));
            }
            _ => {
                let mut block = Block::default();
                let rows = out.chunks_exact_mut(self.block()).zip(bytes.chunks_exact(self.block_bytes()));
                for (out, bytes) in rows {
                    unpack(self, bytes, &mut block);
                    block.values(out);
                }
            }
        }
    }

    /// Appends `values`, stored in this format, to `out`; a last block that is not full is padded with zeros.
    /// The rounding of the quantised formats is ggml's.
    ///
    /// # Panics
    /// For a format that is not [`WRITABLE`](Self::WRITABLE).
    pub fn encode(self, values: &[f32], out: &mut Vec<u8>) {
        match self {
            Self::F32 => values.iter().for_each(|v| out.extend(v.to_le_bytes())),
            Self::F16 => values.iter().for_each(|&v| out.extend(half::f16::from_f32(v).to_le_bytes())),
            Self::Bf16 => values.iter().for_each(|&v| out.extend(half::bf16::from_f32(v).to_le_bytes())),
            _ => {
                for part in values.chunks(32) {
                    let mut block = [0.0; 32];
                    block[..part.len()].copy_from_slice(part);
                    encode::block(self, &block, out);
                }
            }
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;
    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        let known = Self::ALL.into_iter().find(|e| e.name().eq_ignore_ascii_case(name));
        known.ok_or_else(|| UnknownEncoding(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_unknown_ones_list_the_known() {
        for e in Encoding::ALL {
            assert_eq!(e.name().parse::<Encoding>(), Ok(e));
        }
        let message = "q9_9".parse::<Encoding>().unwrap_err().to_string();
        assert!(message.contains("q9_9") && message.contains("q6_k"), "{message}");
    }

    #[test]
    fn encoding_a_decoded_row_changes_nothing() {
        // ggml's encoders are idempotent on their own output wherever the block's extreme is hit again.
        let row: Vec<f32> = (0..64).map(|i| (i as f32 * 0.37).sin() * 3.0).collect();
        for e in Encoding::WRITABLE {
            let mut bytes = Vec::new();
            e.encode(&row, &mut bytes);
            let mut once = vec![0.0; row.len()];
            e.decode(&bytes, &mut once);
            let worst = row.iter().zip(&once).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let bound = match e {
                Encoding::F32 => 0.0,
                Encoding::F16 => 0.002,
                Encoding::Bf16 | Encoding::Q8_0 => 0.013,
                Encoding::Q5_0 | Encoding::Q5_1 => 0.2,
                _ => 0.4,
            };
            assert!(worst <= bound, "{e}: {worst}");
        }
    }

    #[test]
    fn a_short_last_block_is_padded_with_zeros() {
        let mut bytes = Vec::new();
        Encoding::Q8_0.encode(&[1.0; 40], &mut bytes);
        let mut out = [9.0; 64];
        Encoding::Q8_0.decode(&bytes, &mut out);
        assert!(out[..40].iter().all(|v| (v - 1.0).abs() < 1e-3) && out[40..] == [0.0; 24]);
    }
}

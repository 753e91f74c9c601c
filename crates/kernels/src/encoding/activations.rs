//! How activations are stored while they meet quantised weights.

use std::fmt;
use std::str::FromStr;

/// The precision of activations in quantized matmuls. Plain floats always meet them as f32.
///
/// The integers share a scale among 32 activations, by which the largest becomes the format's largest number. A group of
/// weights (16 or 32) times its activations is then a sum of integers, which is exact; groups are added in f32, in
/// order: `acc = fma(sum, weight scale * activation scale, acc)`. So results depend on nothing else, as with f32. The product
/// of an activation that is kept apart ([`I16`](Self::I16)) is added to its group's sum last.
///
/// ```
/// use beamline_kernels::ActivationFormat;
/// assert_eq!("i16".parse(), Ok(ActivationFormat::I16));
/// assert!("i4".parse::<ActivationFormat>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ActivationFormat {
    /// As they are: the reference. Every weight is widened, and multiplied by itself.
    #[default]
    F32,
    /// 16 bits. Where one of the 32 is an outlier (more than eight times the mean size of all), it is kept apart in f32,
    /// over their scale, since it would leave them few bits of sixteen.
    I16,
    /// 8 bits, which is what other engines take: coarse, and faster than 16 where several rows share weights.
    I8,
}

/// A name that is no [`ActivationFormat`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("activations must be f32, i16 or i8, got {0:?}; leave it out for the default")]
pub struct UnknownActivations(pub String);

impl ActivationFormat {
    /// All of them, the most exact first.
    pub const ALL: [Self; 3] = [Self::F32, Self::I16, Self::I8];

    /// `f32`, `i16` or `i8`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::I16 => "i16",
            Self::I8 => "i8",
        }
    }
}

impl fmt::Display for ActivationFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ActivationFormat {
    type Err = UnknownActivations;
    fn from_str(name: &str) -> Result<Self, UnknownActivations> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| UnknownActivations(name.to_owned()))
    }
}

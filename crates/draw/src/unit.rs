//! What information is measured in.

use std::f64::consts::LN_2;

/// The unit of surprisal, entropy and log-probabilities.
///
/// ```
/// use beamline_draw::Unit;
/// assert_eq!(Unit::Nats.of(1.5), 1.5);
/// assert!((Unit::Bits.of(0.5f64.ln()) + 1.0).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Unit {
    /// Natural logarithms, as in tables and JSON.
    #[default]
    Nats,
    /// Logarithms to the base 2: a fair coin has one.
    Bits,
}

impl Unit {
    /// So many nats, in this unit.
    pub fn of(self, nats: f64) -> f64 {
        match self {
            Self::Nats => nats,
            Self::Bits => nats / LN_2,
        }
    }

    /// Its name, in the plural.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nats => "nats",
            Self::Bits => "bits",
        }
    }

    /// The logarithm that counts in it.
    pub(crate) fn log(self) -> &'static str {
        match self {
            Self::Nats => "ln",
            Self::Bits => "log2",
        }
    }
}

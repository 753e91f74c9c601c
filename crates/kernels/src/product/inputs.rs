//! Activations made ready for the products that read them.

use super::TILE;
use super::fours::Fours;
use super::numbers::Numbers;
use super::pairs::Pairs;
use crate::compute::Compute;
use crate::isa::{Kernel, Lanes};
use crate::scratch::Scratch;
use std::fmt;
use std::str::FromStr;

/// The precision of activations in quantized matmuls. Plain floats always meet them as f32.
///
/// The integers share a scale among 32 activations, by which the greatest becomes the format's greatest number. A group of
/// weights (16 or 32) times its activations is then a sum of whole numbers, which is exact; groups are added in f32, in
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

/// Activations in every form that some products want.
pub(super) struct Inputs<'a> {
    pub(super) rows: usize,
    /// Numbers in a row.
    pub(super) width: usize,
    /// One row as it is, or tiles of rows, `[rows / TILE][inputs][TILE]`.
    plain: Plain<'a>,
    pub(super) whole: Whole<'a>,
}

/// Activations as whole numbers, `[rows][inputs / 32]`, if a matrix wants them.
pub(super) enum Whole<'a> {
    None,
    Pairs(Scratch<'a, Pairs>),
    Fours(Scratch<'a, Fours>),
}

enum Plain<'a> {
    Row(&'a [f32]),
    Tiles(Scratch<'a>),
}

impl<'a> Inputs<'a> {
    /// Prepares `x`, `[rows, inputs]`, for matrices that take it in these formats.
    pub(super) fn new(
        x: &'a [f32],
        rows: usize,
        inputs: usize,
        formats: &[ActivationFormat],
        compute: &'a Compute,
    ) -> Self {
        let wants = |format| formats.contains(&format);
        let plain = if rows > 1 && wants(ActivationFormat::F32) {
            Plain::Tiles(tiles(x, rows, inputs, compute))
        } else {
            Plain::Row(x)
        };
        let whole = formats.iter().copied().find(|&format| format != ActivationFormat::F32);
        let fits = |&format: &ActivationFormat| format == ActivationFormat::F32 || Some(format) == whole;
        assert!(formats.iter().all(fits), "one format of whole numbers");
        let whole = match whole {
            None => Whole::None,
            Some(ActivationFormat::I8) => Whole::Fours(blocks(x, inputs, compute)),
            Some(_) => Whole::Pairs(blocks(x, inputs, compute)),
        };
        Self { rows, width: inputs, plain, whole }
    }

    /// Tile `tile` of the activations as f32, an entry for each input.
    #[inline(always)]
    pub(super) fn tile<const S: usize>(&self, tile: usize) -> &[[f32; S]] {
        let x: &[f32] = match &self.plain {
            Plain::Row(x) => x,
            Plain::Tiles(x) => x,
        };
        x[tile * self.width * S..][..self.width * S].as_chunks().0
    }
}

/// Rows laid side by side, `[rows / TILE][inputs][TILE]`, so that a tile is read front to back; the last tile is
/// filled up with anything, which no result reads.
fn tiles<'a>(x: &[f32], rows: usize, inputs: usize, compute: &'a Compute) -> Scratch<'a> {
    let mut out = compute.scratch(rows.div_ceil(TILE) * TILE * inputs);
    compute.for_chunks(&mut out, inputs * TILE, inputs * TILE, |tile, out| {
        for (m, row) in x.chunks_exact(inputs).skip(tile * TILE).take(TILE).enumerate() {
            out.as_chunks_mut::<TILE>().0.iter_mut().zip(row).for_each(|(to, &v)| to[m] = v);
        }
    });
    out
}

/// What rounding an activation takes, in multiply-adds.
const ROUNDING: usize = 8;

/// Every row in whole numbers; the last block of a row is filled up with zeros.
fn blocks<'a, X: Numbers>(x: &[f32], inputs: usize, compute: &'a Compute) -> Scratch<'a, X> {
    let per_row = inputs.div_ceil(32);
    let mut all = X::shelves(compute).rounded.take(x.len() / inputs * per_row, X::ZERO);
    let rows: Vec<_> = all.chunks_mut(per_row).zip(x.chunks(inputs)).collect();
    compute.for_items(rows, ROUNDING * x.len() * usize::from(x.len() > inputs), |_, (to, x)| {
        compute.isa().run(Round { x, to });
    });
    all
}

/// Rounds one row to whole numbers.
struct Round<'a, X> {
    x: &'a [f32],
    to: &'a mut [X],
}

impl<X: Numbers> Kernel for Round<'_, X> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        for (to, x) in self.to.iter_mut().zip(self.x.chunks(32)) {
            let mut padded = [0.0; 32];
            let x = <&[f32; 32]>::try_from(x).unwrap_or_else(|_| {
                padded[..x.len()].copy_from_slice(x);
                &padded
            });
            to.round(l, x);
        }
    }
}

//! The largest numbers of a long row: passes that look at whole chunks, so that most numbers are never looked at one by
//! one.

use crate::isa::{Isa, Kernel, Lanes};
use crate::row::{self, each_eight};

/// Numbers in a chunk.
pub const MAXIMA_CHUNK: usize = 64;

/// The largest entry, NaN passed over; minus infinity for an empty row.
///
/// ```
/// use beamline_kernels::{Isa, row_max};
/// assert_eq!(row_max(&[1.0, f32::NAN, 3.0], Isa::detect()), 3.0);
/// ```
pub fn row_max(row: &[f32], isa: Isa) -> f32 {
    isa.run(RowMax(row))
}

struct RowMax<'a>(&'a [f32]);

impl Kernel for RowMax<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> f32 {
        row::row_max(l, self.0)
    }
}

/// The index of the largest entry, the lowest of equals; none for an empty row or one with NaN alone.
///
/// ```
/// assert_eq!(beamline_kernels::argmax(&[1.0, 3.0, 3.0]), Some(1));
/// ```
pub fn argmax(row: &[f32]) -> Option<usize> {
    let most = row_max(row, Isa::chosen());
    let holds = |chunk: &[f32]| chunk.iter().map(|&v| u32::from(v == most)).sum::<u32>() > 0;
    let (at, chunk) = row.chunks(MAXIMA_CHUNK).enumerate().find(|(_, chunk)| holds(chunk))?;
    Some(at * MAXIMA_CHUNK + chunk.iter().position(|&v| v == most)?)
}

/// Whether every entry is below infinity: neither infinity nor NaN. Minus infinity is.
///
/// ```
/// use beamline_kernels::{Isa, below_infinity};
/// assert!(below_infinity(&[1.0, f32::NEG_INFINITY], Isa::detect()));
/// assert!(!below_infinity(&[1.0, f32::NAN], Isa::detect()));
/// ```
pub fn below_infinity(row: &[f32], isa: Isa) -> bool {
    isa.run(BelowInfinity(row))
}

struct BelowInfinity<'a>(&'a [f32]);

impl Kernel for BelowInfinity<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> bool {
        let (top, zero, one) = (l.splat(f32::INFINITY), l.splat(0.0), l.splat(1.0));
        let mut non_finite = zero;
        each_eight!(self.0, 0.0, |eight| non_finite = l.max(l.select_less(l.load(eight), top, zero, one), non_finite));
        l.max_lane(non_finite) == 0.0
    }
}

/// Whether every entry is a finite number.
pub fn all_finite(row: &[f32], isa: Isa) -> bool {
    isa.run(AllFinite(row))
}

struct AllFinite<'a>(&'a [f32]);

impl Kernel for AllFinite<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> bool {
        // Zero times a number is zero, or NaN where it is none.
        let mut non_finite = l.splat(0.0);
        each_eight!(self.0, 0.0, |eight| non_finite = l.mul_add(l.load(eight), l.splat(0.0), non_finite));
        l.total(non_finite) == 0.0
    }
}

/// The largest entry of every [`MAXIMA_CHUNK`] numbers, NaN passed over, into `maxima`.
///
/// ```
/// use beamline_kernels::{MAXIMA_CHUNK, Isa, chunk_maxima};
/// let mut maxima = Vec::new();
/// chunk_maxima(&[[1.0; MAXIMA_CHUNK], [2.0; MAXIMA_CHUNK]].concat(), &mut maxima, Isa::detect());
/// assert_eq!(maxima, [1.0, 2.0]);
/// ```
pub fn chunk_maxima(row: &[f32], maxima: &mut Vec<f32>, isa: Isa) {
    maxima.clear();
    maxima.resize(row.len().div_ceil(MAXIMA_CHUNK), f32::NEG_INFINITY);
    isa.run(Maxima { row, maxima });
}

struct Maxima<'a> {
    row: &'a [f32],
    maxima: &'a mut [f32],
}

impl Kernel for Maxima<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        for (to, chunk) in self.maxima.iter_mut().zip(self.row.chunks(MAXIMA_CHUNK)) {
            *to = row::row_max(l, chunk);
        }
    }
}

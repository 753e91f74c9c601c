//! The greatest numbers of a long row: passes that look at whole chunks, so that most numbers are never looked at one by
//! one.

use crate::isa::{Isa, Kernel, Lanes};
use crate::row::{each_eight, greatest as of_row};

/// Numbers in a chunk.
pub const CHUNK: usize = 64;

/// The greatest entry, NaN passed over; minus infinity for an empty row.
///
/// ```
/// use beamline_kernels::{Isa, greatest};
/// assert_eq!(greatest(&[1.0, f32::NAN, 3.0], Isa::detect()), 3.0);
/// ```
pub fn greatest(row: &[f32], isa: Isa) -> f32 {
    isa.run(Greatest(row))
}

struct Greatest<'a>(&'a [f32]);

impl Kernel for Greatest<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> f32 {
        of_row(l, self.0)
    }
}

/// The index of the greatest entry, the lowest of equals; none for an empty row or one with NaN alone.
///
/// ```
/// assert_eq!(beamline_kernels::argmax(&[1.0, 3.0, 3.0]), Some(1));
/// ```
pub fn argmax(row: &[f32]) -> Option<usize> {
    let most = greatest(row, Isa::chosen());
    let holds = |chunk: &[f32]| chunk.iter().map(|&v| u32::from(v == most)).sum::<u32>() > 0;
    let (at, chunk) = row.chunks(CHUNK).enumerate().find(|(_, chunk)| holds(chunk))?;
    Some(at * CHUNK + chunk.iter().position(|&v| v == most)?)
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
        let mut odd = zero;
        each_eight!(self.0, 0.0, |eight| odd = l.max(l.select_less(l.load(eight), top, zero, one), odd));
        l.greatest(odd) == 0.0
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
        let mut odd = l.splat(0.0);
        each_eight!(self.0, 0.0, |eight| odd = l.mul_add(l.load(eight), l.splat(0.0), odd));
        l.total(odd) == 0.0
    }
}

/// The greatest entry of every [`CHUNK`] numbers, NaN passed over, into `maxima`.
///
/// ```
/// use beamline_kernels::{CHUNK, Isa, chunk_maxima};
/// let mut maxima = Vec::new();
/// chunk_maxima(&[[1.0; CHUNK], [2.0; CHUNK]].concat(), &mut maxima, Isa::detect());
/// assert_eq!(maxima, [1.0, 2.0]);
/// ```
pub fn chunk_maxima(row: &[f32], maxima: &mut Vec<f32>, isa: Isa) {
    maxima.clear();
    maxima.resize(row.len().div_ceil(CHUNK), f32::NEG_INFINITY);
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
        for (to, chunk) in self.maxima.iter_mut().zip(self.row.chunks(CHUNK)) {
            *to = of_row(l, chunk);
        }
    }
}

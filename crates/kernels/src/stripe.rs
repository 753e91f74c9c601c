//! Columns of a row-major matrix, written by several threads at once: each thread gets stripes of its own, and rows are cut
//! out of them through a raw pointer. Two things keep that sound: the ranges of columns are disjoint, and [`Compute::for_parts`]
//! calls each part exactly once.
#![allow(unsafe_code)] // a matrix cannot be split by columns into slices; see `Stripe`

use crate::compute::Compute;
use std::marker::PhantomData;
use std::ops::Range;

/// Some neighbouring columns of a row-major matrix, for one thread alone.
pub(crate) struct Stripe<'a> {
    first: *mut f32,
    rows: usize,
    stride: usize,
    columns: usize,
    matrix: PhantomData<&'a mut f32>,
}

impl Stripe<'_> {
    /// The stripe's part of row `row`.
    #[inline(always)]
    pub(crate) fn row(&mut self, row: usize) -> &mut [f32] {
        assert!(row < self.rows);
        // SAFETY: `for_stripes` made `first` point at the first column of row 0 of a matrix of `rows` rows with
        // `stride` numbers each, gave these columns to this stripe alone, and keeps the matrix borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(row * self.stride), self.columns) }
    }

    /// Some of its columns, for as long as it is not used itself.
    pub(crate) fn part(&mut self, columns: Range<usize>) -> Stripe<'_> {
        assert!(columns.start <= columns.end && columns.end <= self.columns);
        // SAFETY: inside the stripe, by the line above.
        let first = unsafe { self.first.add(columns.start) };
        Stripe { first, columns: columns.len(), ..*self }
    }
}

/// A row-major matrix whose columns several threads write.
struct Shared<'a> {
    first: *mut f32,
    rows: usize,
    columns: usize,
    matrix: PhantomData<&'a mut [f32]>,
}

// SAFETY: used by `for_stripes` alone, which hands out disjoint columns, each to one thread; `f32` may be written by any thread.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    fn new(matrix: &'a mut [f32], columns: usize) -> Self {
        assert!(columns > 0 && matrix.len().is_multiple_of(columns), "whole rows");
        Self { first: matrix.as_mut_ptr(), rows: matrix.len() / columns, columns, matrix: PhantomData }
    }

    /// Some of the columns.
    ///
    /// # Safety
    /// No other stripe with one of these columns is alive.
    unsafe fn stripe(&self, range: &Range<usize>) -> Stripe<'_> {
        assert!(range.start <= range.end && range.end <= self.columns);
        // SAFETY: inside the matrix, by the line above.
        let first = unsafe { self.first.add(range.start) };
        Stripe { first, rows: self.rows, stride: self.columns, columns: range.len(), matrix: PhantomData }
    }
}

impl Compute {
    /// Cuts the columns of several matrices into stripes, all but the last of each a multiple of `grain` wide, and runs
    /// `work` on each with its matrix' place among `matrices` (each with its number of columns). `cost` as for
    /// [`Compute::part`], of all together.
    pub(crate) fn for_stripes(
        &self,
        matrices: Vec<(&mut [f32], usize)>,
        grain: usize,
        cost: usize,
        work: impl Fn(usize, Range<usize>, Stripe<'_>) + Sync,
    ) {
        let part = self.part(matrices.iter().map(|(_, columns)| columns).sum(), grain, cost);
        let shared: Vec<Shared<'_>> =
            matrices.into_iter().map(|(matrix, columns)| Shared::new(matrix, columns)).collect();
        let cut = |(m, matrix): (usize, &Shared<'_>)| {
            let columns = matrix.columns;
            (0..columns).step_by(part).map(move |start| (m, start..(start + part).min(columns)))
        };
        let parts: Vec<(usize, Range<usize>)> = shared.iter().enumerate().flat_map(cut).collect();
        // Held by the closure itself, which another core has to fetch anyway; see `pool`.
        let (parts, shared) = (parts.as_slice(), shared.as_slice());
        self.for_parts(parts.len(), &move |i| {
            let (matrix, range) = &parts[i];
            // SAFETY: the parts of a matrix are disjoint, and `for_parts` calls each number exactly once (`Pool::run` claims
            // them by compare-exchange; `pool/model.rs` tries it), so no other stripe has one of these columns.
            let stripe = unsafe { shared[*matrix].stripe(range) };
            work(*matrix, range.clone(), stripe);
        });
    }

    /// Cuts `out` anywhere and runs `work` on each piece with its place, on all threads if there is enough to do.
    pub(crate) fn for_pieces(&self, out: &mut [f32], work: impl Fn(Range<usize>, &mut [f32]) + Sync) {
        let len = out.len();
        if len > 0 {
            self.for_stripes(vec![(out, len)], 16, len, move |_, range, mut stripe| work(range, stripe.row(0)));
        }
    }

    /// Cuts `out` into chunks of `len` and runs `work` on each with its index: on all threads, unless a chunk's `cost`
    /// (multiply-adds or the like) times their number is too small for that.
    pub fn for_chunks(&self, out: &mut [f32], len: usize, cost: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
        let columns = out.len();
        if columns == 0 {
            return;
        }
        let cost = cost * (columns / len);
        self.for_stripes(vec![(out, columns)], len, cost, move |_, range, mut stripe| {
            for (i, chunk) in stripe.row(0).chunks_exact_mut(len).enumerate() {
                work(range.start / len + i, chunk);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;

    #[test]
    fn stripes_together_are_the_matrix() {
        let compute = Compute::new(Isa::scalar(), 2).unwrap();
        let (rows, columns) = (3, 100); // small enough for Miri
        let mut out = vec![-1.0; rows * columns];
        let mut other = vec![-1.0; rows * 20];
        compute.for_stripes(
            vec![(&mut out, columns), (&mut other, 20)],
            16,
            usize::MAX,
            |matrix, range, mut stripe| {
                let columns = [columns, 20][matrix];
                for r in 0..rows {
                    stripe.row(r).iter_mut().zip(range.clone()).for_each(|(o, c)| *o = (r * columns + c) as f32);
                }
            },
        );
        assert!(out.iter().enumerate().all(|(i, &v)| v == i as f32));
        assert!(other.iter().enumerate().all(|(i, &v)| v == i as f32));
    }
}

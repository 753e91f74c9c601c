//! Columns of a row-major matrix, written by several threads at once.
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
}

/// A pointer that may cross threads: the stripes made from it never overlap.
struct Shared(*mut f32);
// SAFETY: used by `for_stripes` alone, which hands out disjoint columns.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Shared {
    /// The pointer; through a method, so that a closure captures the whole and not the field.
    fn get(&self) -> *mut f32 {
        self.0
    }
}

impl Compute {
    /// Cuts the columns of `out`, `[rows, columns]`, into stripes (as [`Compute::for_ranges`] cuts a range) and runs
    /// `work` on each.
    pub(crate) fn for_stripes(
        &self,
        out: &mut [f32],
        columns: usize,
        grain: usize,
        cost: usize,
        work: impl Fn(Range<usize>, Stripe<'_>) + Sync + Send,
    ) {
        let rows = out.len() / columns;
        assert_eq!(rows * columns, out.len(), "whole rows");
        let shared = Shared(out.as_mut_ptr());
        self.for_ranges(columns, grain, cost, |range| {
            assert!(range.start <= range.end && range.end <= columns);
            // SAFETY: inside `out`, which stays mutably borrowed until `for_ranges` returns; the ranges are disjoint.
            let first = unsafe { shared.get().add(range.start) };
            work(range.clone(), Stripe { first, rows, stride: columns, columns: range.len(), matrix: PhantomData });
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
        let (rows, columns) = (3, 100);
        let mut out = vec![-1.0; rows * columns];
        compute.for_stripes(&mut out, columns, 16, usize::MAX, |range, mut stripe| {
            for r in 0..rows {
                stripe.row(r).iter_mut().zip(range.clone()).for_each(|(o, c)| *o = (r * columns + c) as f32);
            }
        });
        assert!(out.iter().enumerate().all(|(i, &v)| v == i as f32));
    }
}

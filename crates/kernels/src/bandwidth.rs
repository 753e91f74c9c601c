//! What memory gives: the yardstick for everything that reads all weights for each token.

use crate::aligned::Aligned;
use crate::compute::Compute;
use crate::isa::{Kernel, Lanes};
use std::sync::Mutex;
use std::time::Instant;

/// A plain read of memory by all threads, in 10^9 bytes a second: the best of several passes over a buffer larger than
/// the caches, in the same kind of memory as weights.
pub fn read_bandwidth(compute: &Compute) -> f64 {
    const FLOATS: usize = 256 << 20; // 1 GiB
    let mut buffer = Aligned::<f32>::zeros(FLOATS);
    buffer.fill(1.0);
    let total = Mutex::new(0.0f32);
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let started = Instant::now();
        compute.for_ranges(FLOATS, 1 << 16, usize::MAX, |range| {
            let sum = compute.isa().run(Read(&buffer[range]));
            *total.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += sum;
        });
        best = best.min(started.elapsed().as_secs_f64());
    }
    // The sum is looked at, so that reading cannot be optimised away.
    std::hint::black_box(&total);
    buffer.bytes() as f64 / best / 1e9
}

struct Read<'a>(&'a [f32]);

impl Kernel for Read<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> f32 {
        let mut sums = [l.splat(0.0); 8];
        for rows in self.0.as_chunks::<8>().0.as_chunks::<8>().0 {
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum = l.add(*sum, l.load(row));
            }
        }
        sums.iter().map(|&sum| l.total(sum)).sum()
    }
}

//! Weights asked for before anyone computes with them, by threads that wait.
//!
//! Between two products of a decoding step one thread norms, rounds and adds. The others wait, and so does memory, which is
//! what decoding takes its time from. A thread that waits asks for the beginning of what it will read next, so that the next
//! product finds it near. These are hints: no result depends on them.

use crate::compute::Compute;
use crate::isa::ask_for;
use crate::matrix::Matrix;
use crate::product::grain;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that a thread asks for at most: what a second cache has room for, and more than a wait is long enough for.
const MOST: usize = 256 << 10;

/// Bytes that are asked for between two looks at whether the wait is over.
const STEP: usize = 1 << 10;

/// What one thread will read next: set by the thread that plans, looked at by the one that waits.
///
/// Start and length are not read together, and the memory may be gone: whatever is asked for then is not used.
#[derive(Default)]
pub(crate) struct Foresight {
    start: AtomicUsize,
    bytes: AtomicUsize,
}

/// How much of it has been asked for.
#[derive(Default)]
pub(crate) struct Asked {
    start: usize,
    rest: Range<usize>,
}

impl Foresight {
    fn set(&self, memory: Range<usize>) {
        self.bytes.store(memory.len().min(MOST), Ordering::Relaxed);
        self.start.store(memory.start, Ordering::Relaxed);
    }

    /// Asks for a little more; false if there is none.
    pub(crate) fn ask(&self, asked: &mut Asked) -> bool {
        let start = self.start.load(Ordering::Relaxed);
        if start != asked.start {
            *asked = Asked { start, rest: start..start + self.bytes.load(Ordering::Relaxed) };
        }
        let Range { start: now, end } = asked.rest;
        asked.rest.start = end.min(now + STEP);
        (now..asked.rest.start).step_by(64).for_each(|at| ask_for(std::ptr::without_provenance(at)));
        now < end
    }
}

impl Compute {
    /// Says which matrices the product after the next one will read, with the same activations: threads that wait until
    /// then ask for their share. Costs next to nothing, and changes no result.
    ///
    /// ```
    /// # use beamline_kernels::{Compute, Encoding, Layout, Matrix, Source};
    /// # let compute = Compute::scalar();
    /// # let bytes = [1.0f32, 2.0].map(f32::to_le_bytes).concat();
    /// # let source = Source { encoding: Encoding::F32, layout: Layout::OutIn, bytes: &bytes, outputs: 1, inputs: 2, order: None };
    /// # let (first, second) = (Matrix::pack(&source, None, &compute)?, Matrix::pack(&source, None, &compute)?);
    /// let mut out = [0.0];
    /// compute.expect([&second]);
    /// first.product(&[3.0, 4.0], None, &mut out, &compute);
    /// // Whatever lies between the two is a wait for most threads.
    /// second.product(&[out[0], 0.0], None, &mut out, &compute);
    /// assert_eq!(out, [11.0]);
    /// # Ok::<(), beamline_kernels::PackError>(())
    /// ```
    pub fn expect<const N: usize>(&self, matrices: [&Matrix; N]) {
        let Some(pool) = self.pool() else { return };
        let outputs = matrices.iter().map(|matrix| matrix.outputs).sum();
        let cost = matrices.iter().map(|matrix| matrix.outputs * matrix.inputs).sum();
        let part = self.part(outputs, grain(matrices.into_iter()), cost);
        for (who, foresight) in pool.foresights().enumerate() {
            let parts = pool.share(outputs.div_ceil(part), who);
            foresight.set(memory(&matrices, parts.start * part..(parts.end * part).min(outputs)));
        }
    }
}

/// Where the first weights of some outputs of several matrices lie, as far as they lie together.
fn memory(matrices: &[&Matrix], mut outputs: Range<usize>) -> Range<usize> {
    for matrix in matrices {
        if outputs.start < matrix.outputs {
            return matrix.memory(outputs.start..outputs.end.min(matrix.outputs));
        }
        outputs = outputs.start - matrix.outputs..outputs.end.saturating_sub(matrix.outputs);
    }
    0..0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Encoding;
    use crate::isa::Isa;
    use crate::matrix::{Layout, Source};

    #[test]
    fn each_thread_foresees_its_own_share() {
        let compute = Compute::new(Isa::scalar(), 2).unwrap();
        let bytes = vec![0; 128 * 16 * 4];
        let (encoding, layout) = (Encoding::F32, Layout::OutIn);
        let source = Source { encoding, layout, bytes: &bytes, outputs: 128, inputs: 16, order: None };
        let [a, b] = [(); 2].map(|()| Matrix::pack(&source, None, &compute).unwrap());
        assert_eq!(memory(&[&a, &b], 0..128), a.memory(0..128));
        assert_eq!(memory(&[&a, &b], 128..256), b.memory(0..128));
        assert_eq!(memory(&[&a, &b], 64..256), a.memory(64..128), "only what lies together");
        assert_eq!(a.memory(64..128).start - a.memory(0..128).start, 64 * 16 * 4);
        // A job too small to be shared out is all the caller's.
        compute.expect([&a]);
        let foreseen: Vec<_> = compute.pool().unwrap().foresights().map(|f| f.bytes.load(Ordering::Relaxed)).collect();
        assert_eq!(foreseen, [128 * 16 * 4, 0]);
    }

    #[test]
    fn a_wait_asks_for_everything_once() {
        let (foresight, mut asked) = (Foresight::default(), Asked::default());
        assert!(!foresight.ask(&mut asked), "nothing foreseen");
        let memory = [0u8; 3 * STEP / 2];
        let start = memory.as_ptr() as usize;
        foresight.set(start..start + memory.len());
        assert_eq!([(); 3].map(|()| foresight.ask(&mut asked)), [true, true, false]);
        foresight.set(0..usize::MAX);
        assert_eq!(foresight.bytes.load(Ordering::Relaxed), MOST);
    }
}

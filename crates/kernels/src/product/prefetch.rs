//! Weights named before anyone computes with them, for threads that wait to prefetch.

use super::grain;
use crate::compute::Compute;
use crate::matrix::Matrix;
use std::ops::Range;

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
    /// compute.prefetch_next([&second]);
    /// first.product(&[3.0, 4.0], None, &mut out, &compute);
    /// // Whatever lies between the two is a wait for most threads.
    /// second.product(&[out[0], 0.0], None, &mut out, &compute);
    /// assert_eq!(out, [11.0]);
    /// # Ok::<(), beamline_kernels::PackError>(())
    /// ```
    #[doc(alias = "prefetch")]
    pub fn prefetch_next<const N: usize>(&self, matrices: [&Matrix; N]) {
        let Some(pool) = self.pool() else { return };
        let outputs = matrices.iter().map(|matrix| matrix.outputs).sum();
        let cost = matrices.iter().map(|matrix| matrix.outputs * matrix.inputs).sum();
        let part = self.part(outputs, grain(matrices.into_iter()), cost);
        for (who, next) in pool.next_weights().enumerate() {
            let parts = pool.share(outputs.div_ceil(part), who);
            next.set(memory(&matrices, parts.start * part..(parts.end * part).min(outputs)));
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
    use crate::prefetch::NextWeights;
    use crate::source::{Layout, Source};

    #[test]
    fn each_thread_is_told_of_its_own_share() {
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
        compute.prefetch_next([&a]);
        let announced: Vec<_> = compute.pool().unwrap().next_weights().map(NextWeights::bytes).collect();
        assert_eq!(announced, [128 * 16 * 4, 0]);
    }
}

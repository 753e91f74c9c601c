//! A matrix of weights, packed for multiplication.

use crate::compute::Compute;
use crate::encoding::{ActivationFormat, Encoding};
use crate::in_place::{self, InPlace, WeightBytes};
use crate::isa::{self, Kernel, Lanes};
use crate::panel::{Panels, WIDTH};
use crate::source::{Layout, PackError, Source};
use std::ops::Range;

/// Weights `[outputs, inputs]`, repacked for products: panels of sixteen outputs, inputs running fastest but one.
///
/// Plain floats keep their width, quantised weights their integers and scales: memory is what the file's is (five
/// bits take eight). What each weight means does not change.
pub struct Matrix {
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
    held: Held,
    encoding: Encoding,
    activations: ActivationFormat,
}

/// Where the weights are.
enum Held {
    Packed(Panels),
    InPlace(InPlace),
}

/// Where a product finds its weights.
pub(crate) enum Weights<'a> {
    Packed(&'a Panels),
    InPlace(&'a InPlace),
}

impl std::fmt::Debug for Matrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Matrix({} x {}, {})", self.outputs, self.inputs, self.encoding)
    }
}

impl Matrix {
    fn new([outputs, inputs]: [usize; 2], held: Held, encoding: Encoding) -> Self {
        Self { outputs, inputs, held, encoding, activations: ActivationFormat::F32 }
    }

    /// Packs a stored matrix, converting it to `target` first where one is given.
    ///
    /// Memory is asked for after the bytes have been found to be there, never on the shape's word alone.
    ///
    /// # Errors
    /// When bytes and shape disagree, a weight is NaN or infinite (also after conversion: f16 holds nothing beyond
    /// 65,504), or the target cannot be written.
    pub fn pack(source: &Source<'_>, target: Option<Encoding>, compute: &Compute) -> Result<Self, PackError> {
        source.check()?;
        let target = target.unwrap_or(source.encoding.held());
        if target != source.encoding.held() && !Encoding::WRITABLE.contains(&target) {
            return Err(PackError::Target(target));
        }
        match Panels::pack(source, target, compute) {
            (_, Some(output)) => Err(PackError::NotFinite { output }),
            (panels, None) => Ok(Self::new([source.outputs, source.inputs], Held::Packed(panels), target)),
        }
    }

    /// A matrix `[outputs, inputs]` of plain floats in memory that it may keep: used where they lie by the first product
    /// and packed by the second one. Results are the same bits as after [`pack`](Self::pack).
    ///
    /// The weights have not been looked at: [`check`](Self::check) does, for many matrices at once, or the first product
    /// does, and [`defect`](Self::defect) says what it found.
    ///
    /// ```
    /// use beamline_kernels::{Compute, Encoding, Layout, WeightBytes, Matrix};
    /// struct Bytes(Vec<u8>);
    /// impl WeightBytes for Bytes {
    ///     fn bytes(&self) -> &[u8] {
    ///         &self.0
    ///     }
    /// }
    /// let bytes = Box::new(Bytes([1.0f32, 2.0].map(f32::to_le_bytes).concat()));
    /// let compute = Compute::scalar();
    /// let matrix = Matrix::in_place(bytes, Encoding::F32, Layout::OutIn, [1, 2])?;
    /// assert!(Matrix::check(&[&matrix], &compute).is_ok());
    /// let mut out = [0.0];
    /// matrix.product(&[3.0, 4.0], None, &mut out, &compute);
    /// assert_eq!((out, matrix.defect()), ([11.0], None));
    /// # Ok::<(), beamline_kernels::PackError>(())
    /// ```
    ///
    /// # Errors
    /// When bytes and shape disagree, or the weights are quantised.
    pub fn in_place(
        lent: Box<dyn WeightBytes>,
        encoding: Encoding,
        layout: Layout,
        [outputs, inputs]: [usize; 2],
    ) -> Result<Self, PackError> {
        let source = Source { encoding, layout, bytes: lent.bytes(), outputs, inputs, order: None };
        source.check()?;
        if !encoding.is_float() || encoding.held() != encoding {
            return Err(PackError::Quantised(encoding));
        }
        let held = InPlace::new(lent, encoding, layout, [outputs, inputs]);
        Ok(Self::new([outputs, inputs], Held::InPlace(held), encoding))
    }

    /// Looks through the weights of matrices that are used in place; packed ones have been.
    ///
    /// # Errors
    /// When a weight is NaN or infinite: the place in the list of the first such matrix, and what is wrong.
    pub fn check(all: &[&Self], compute: &Compute) -> Result<(), (usize, PackError)> {
        let held = all.iter().map(|matrix| match &matrix.held {
            Held::Packed(_) => None,
            Held::InPlace(held) => Some(held),
        });
        let held: Vec<_> = held.collect();
        in_place::check(&held, compute).map_err(|(which, output)| (which, PackError::NotFinite { output }))
    }

    /// What has been found wrong with weights that are used in place: by the first product, which finds NaN and infinity if
    /// there is any, since they let nothing finite come out; or by [`row`](Self::row), among those that were asked for.
    pub fn defect(&self) -> Option<PackError> {
        match &self.held {
            Held::Packed(_) => None,
            Held::InPlace(held) => held.non_finite().map(|output| PackError::NotFinite { output }),
        }
    }

    /// Touches the pages of weights that are used in place, for as long as there is time for `more`: whoever has to wait for
    /// something else before the first product can take this part of its work off it.
    pub fn touch(&self, more: &dyn Fn() -> bool) {
        if let Held::InPlace(held) = &self.held {
            held.touch(more);
        }
    }

    /// Whether the weights are used where they lie, at least by the first product.
    pub fn is_in_place(&self) -> bool {
        matches!(self.held, Held::InPlace(_))
    }

    /// Gives up the memory of weights that are used in place, of which a row may be wanted now and then.
    pub fn release(&self) {
        if let Held::InPlace(held) = &self.held {
            held.release();
        }
    }

    /// The packed weights, if there are any by now.
    fn packed(&self) -> Option<&Panels> {
        match &self.held {
            Held::Packed(panels) => Some(panels),
            Held::InPlace(held) => held.packed(),
        }
    }

    /// Where the packed weights of some outputs lie, which begin at a panel; nowhere if they are not packed.
    pub(crate) fn memory(&self, outputs: Range<usize>) -> Range<usize> {
        self.packed().map_or(0..0, |panels| panels.memory(outputs.start / WIDTH..outputs.end.div_ceil(WIDTH)))
    }

    /// What a product that is about to begin reads.
    pub(crate) fn weights(&self, compute: &Compute) -> Weights<'_> {
        match &self.held {
            Held::Packed(panels) => Weights::Packed(panels),
            Held::InPlace(held) => held.panels(compute).map_or(Weights::InPlace(held), Weights::Packed),
        }
    }

    /// This matrix with its weights to be met by activations in this format; plain floats keep to f32.
    #[must_use]
    pub fn with_activations(mut self, format: ActivationFormat) -> Self {
        if !self.encoding.is_float() {
            self.activations = format;
        }
        self
    }

    /// The format in which products take their activations.
    pub fn activations(&self) -> ActivationFormat {
        self.activations
    }

    /// Numbers that come out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Numbers that go in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The format whose values the weights have.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Bytes of memory that one product reads.
    pub fn bytes(&self) -> usize {
        match &self.held {
            Held::Packed(panels) => panels.bytes(),
            Held::InPlace(held) => held.bytes(),
        }
    }

    /// Widens (dequantizes) the weights of one output (a row of an embedding table) into `out`, of length `inputs`.
    ///
    /// # Panics
    /// When `output` or the length of `out` is out of range.
    #[doc(alias = "dequantize")]
    pub fn row(&self, output: usize, out: &mut [f32]) {
        assert!(output < self.outputs && out.len() == self.inputs, "row {output} of {self:?} into {}", out.len());
        self.widen(isa::reference(), output, out);
    }

    /// Widens (dequantizes) the weights of several outputs, one after another into `out`, `[outputs.len(), inputs]`.
    ///
    /// ```
    /// use beamline_kernels::{Compute, Encoding, Layout, Matrix, Source};
    /// let compute = Compute::scalar();
    /// let bytes = [1.0f32, 2.0, 3.0].map(f32::to_le_bytes).concat();
    /// let source = Source { encoding: Encoding::F32, layout: Layout::OutIn, bytes: &bytes, outputs: 3, inputs: 1, order: None };
    /// let table = Matrix::pack(&source, None, &compute)?;
    /// let mut rows = [0.0; 2];
    /// table.rows(&[2, 0], &mut rows, &compute);
    /// assert_eq!(rows, [3.0, 1.0]);
    /// # Ok::<(), beamline_kernels::PackError>(())
    /// ```
    ///
    /// # Panics
    /// When an output or the length of `out` is out of range.
    #[doc(alias("dequantize", "embedding"))]
    pub fn rows(&self, outputs: &[usize], out: &mut [f32], compute: &Compute) {
        assert!(out.len() == outputs.len() * self.inputs, "{} rows of {self:?} into {}", outputs.len(), out.len());
        assert!(outputs.iter().all(|&output| output < self.outputs), "rows {outputs:?} of {self:?}");
        // A row of a panel is widened whole for each number.
        let cost = outputs.len() * self.inputs * WIDTH;
        let items: Vec<_> = outputs.iter().copied().zip(out.chunks_exact_mut(self.inputs)).collect();
        compute.for_items(items, cost, |_, (output, out)| {
            compute.isa().run(Widen { matrix: self, output, out });
        });
    }

    #[inline(always)]
    fn widen<L: Lanes>(&self, l: L, output: usize, out: &mut [f32]) {
        if let Some(panels) = self.packed() {
            panels.row(l, output, out);
        } else if let Held::InPlace(held) = &self.held {
            held.row(output, out);
        }
    }
}

/// The weights of one output.
struct Widen<'a> {
    matrix: &'a Matrix,
    output: usize,
    out: &'a mut [f32],
}

impl Kernel for Widen<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        self.matrix.widen(l, self.output, self.out);
    }
}

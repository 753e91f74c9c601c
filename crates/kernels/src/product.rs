//! Activations times weights (matmul: GEMM for many rows, GEMV for one): the inner loop of everything.
//!
//! Each output is one chain along the inputs, begun from the bias; `floats` carries it weight by weight, `integers` group
//! by group. What runs side by side is chosen by the number of rows, and cannot change a result:
//!
//! * few rows (decoding): weights are widened in registers and used once. Where one panel has too few chains in flight to hide the
//!   latency of a multiply-add, floats take several at a time; integers take one, since the sums of a group are chains of
//!   their own, and one stream is what memory serves best;
//! * many rows (a prompt): a block of a panel is widened once, stays near, and meets up to six rows at a time. Chains rest in
//!   `out` between blocks of inputs, which loses nothing: they are f32 there as in registers.

mod block_i16;
mod block_i8;
mod floats;
mod inputs;
mod integers;
mod prefetch;
mod quantized;

use crate::compute::Compute;
use crate::encoding::{ActivationFormat, Encoding};
use crate::in_place::InPlace;
use crate::isa::Lanes;
use crate::matrix::{Matrix, Weights};
use crate::panel::storage::PanelRow;
use crate::panel::{
    Floats, Integers, Panels, Params, SLAB, Storage, TransposePack, Visit, VisitIntegers, WIDTH, slabs,
};
use crate::stripe::Stripe;
use crate::tuning::PANELS_TOGETHER;
use inputs::{Inputs, Quantized};
use quantized::QuantizedBlock;
use std::ops::Range;

/// Outputs that one thread takes at least of some matrices. Quantised panels are used in twos at most, and a matrix with few
/// outputs is shared out more evenly by as much.
fn grain<'a>(mut matrices: impl Iterator<Item = &'a Matrix>) -> usize {
    WIDTH
        * if matrices.any(|matrix| matrix.activations() == ActivationFormat::F32) {
            PANELS_TOGETHER
        } else {
            PANELS_TOGETHER / 2
        }
}

/// One product among several of the same activations.
#[derive(Debug)]
pub struct Product<'a> {
    /// The weights.
    pub matrix: &'a Matrix,
    /// What each chain begins from, `[outputs]`; zeros where there is none.
    pub bias: Option<&'a [f32]>,
    /// The result, `[rows, outputs]`.
    pub out: &'a mut [f32],
}

/// `out[r] = bias + x[r] W` for every row of `x`, `[rows, inputs]`, and every product, in one go: the activations are made
/// ready once, and the threads share out the outputs of all matrices together.
///
/// ```
/// use beamline_kernels::{Compute, Encoding, Layout, Matrix, Product, Source, products};
/// let compute = Compute::scalar();
/// let bytes = [1.0f32, 2.0].map(f32::to_le_bytes).concat();
/// let source = Source { encoding: Encoding::F32, layout: Layout::OutIn, bytes: &bytes, outputs: 1, inputs: 2, order: None };
/// let matrix = Matrix::pack(&source, None, &compute)?;
/// let (mut first, mut second) = ([0.0], [0.0]);
/// products(
///     &[3.0, 4.0],
///     vec![
///         Product { matrix: &matrix, bias: None, out: &mut first },
///         Product { matrix: &matrix, bias: Some(&[0.5]), out: &mut second },
///     ],
///     &compute,
/// );
/// assert_eq!((first, second), ([11.0], [11.5]));
/// # Ok::<(), beamline_kernels::PackError>(())
/// ```
///
/// # Panics
/// When the lengths do not fit together, or quantised matrices take their activations in different integers.
#[doc(alias("matmul", "gemm"))]
pub fn products(x: &[f32], products: Vec<Product<'_>>, compute: &Compute) {
    let Some(inputs) = products.first().map(|product| product.matrix.inputs) else { return };
    let rows = x.len() / inputs;
    let (mut jobs, mut outs, mut cost) = (Vec::new(), Vec::new(), 0);
    for Product { matrix, bias, out } in products {
        assert!(
            matrix.inputs == inputs && x.len() == rows * inputs && out.len() == rows * matrix.outputs,
            "{matrix:?}: {} activations into {} outputs",
            x.len(),
            out.len()
        );
        assert!(bias.is_none_or(|b| b.len() == matrix.outputs), "{matrix:?}: bias");
        cost += rows * inputs * matrix.outputs;
        jobs.push((matrix, matrix.weights(compute), bias));
        outs.push((out, matrix.outputs));
    }
    if rows == 0 {
        return;
    }
    let formats: Vec<ActivationFormat> = jobs.iter().map(|(matrix, ..)| matrix.activations()).collect();
    let inputs = Inputs::new(x, rows, inputs, &formats, compute);
    let (jobs, none) = (jobs.as_slice(), &Params::new(Encoding::F32, 0, 0));
    let grain = grain(jobs.iter().map(|(matrix, ..)| *matrix));
    compute.for_stripes(outs, grain, cost, move |i, outputs, out| {
        let (matrix, ref weights, bias) = jobs[i];
        let part = Part { params: none, bias, inputs: &inputs, outputs, all: matrix.outputs.div_ceil(WIDTH), out };
        match weights {
            Weights::Packed(panels) => part.run(panels, matrix.activations(), compute),
            Weights::InPlace(held) => part.in_place(held, compute),
        }
    });
}

impl Matrix {
    /// `out[r] = bias + x[r] W` for every row: `x` is `[rows, inputs]`, `out` is `[rows, outputs]`.
    ///
    /// # Panics
    /// When the lengths do not fit together.
    #[doc(alias("matmul", "gemm", "gemv", "forward"))]
    pub fn product(&self, x: &[f32], bias: Option<&[f32]>, out: &mut [f32], compute: &Compute) {
        products(x, vec![Product { matrix: self, bias, out }], compute);
    }
}

/// Some of the outputs of one product, for one thread; they begin at a panel.
struct Part<'a> {
    params: &'a Params,
    bias: Option<&'a [f32]>, // [outputs of the whole matrix]
    inputs: &'a Inputs<'a>,
    outputs: Range<usize>,
    /// Panels of the whole matrix: one after this part is likely to be this thread's next.
    all: usize,
    out: Stripe<'a>,
}

impl<'a> Part<'a> {
    fn run(self, panels: &'a Panels, format: ActivationFormat, compute: &Compute) {
        let part = Self { params: &panels.params, ..self };
        let by_integers = format != ActivationFormat::F32;
        match &part.inputs.quantized {
            Quantized::I16(x) if by_integers => panels.visit_integers(ByIntegers { part, x, compute }),
            Quantized::I8(x) if by_integers => panels.visit_integers(ByIntegers { part, x, compute }),
            _ => panels.visit(ByFloats { part, compute }),
        }
    }

    /// Runs on weights that are not packed: a few panels at a time are, and meet all rows before the next. What comes out
    /// is looked at.
    fn in_place(mut self, held: &InPlace, compute: &Compute) {
        let source = &held.source();
        let len = PANELS_TOGETHER * slabs(source.inputs, false) * SLAB * WIDTH;
        let mut room = compute.scratch(len + WIDTH);
        // Rows of a panel lie on cache lines, as in memory for weights.
        let line = room.as_ptr().align_offset(64).min(WIDTH);
        let few = &mut room[line..][..len];
        let (start, panels) = (self.outputs.start, self.panels());
        for first in panels.clone().step_by(PANELS_TOGETHER) {
            let group = first..(first + PANELS_TOGETHER).min(panels.end);
            let outputs = group.start * WIDTH..(group.end * WIDTH).min(self.outputs.end);
            held.touch_next(group.end * WIDTH..((group.end + PANELS_TOGETHER) * WIDTH).min(source.outputs));
            let mut to: Vec<&mut [f32]> = few.chunks_exact_mut(len / PANELS_TOGETHER).take(group.len()).collect();
            compute.isa().run(TransposePack { source, first, to: &mut to });
            let bias = self.bias.map(|bias| &bias[outputs.clone()]);
            let out = self.out.part(outputs.start - start..outputs.end - start);
            let (params, all) = (self.params, group.len());
            let part = Part { params, bias, inputs: self.inputs, outputs: 0..outputs.len(), all, out };
            ByFloats { part, compute }.visit::<Floats>(few.as_chunks().0);
            held.trace_non_finite(outputs.start, &self.out.row(0)[outputs.start - start..outputs.end - start]);
        }
    }

    /// The panels that these outputs lie in.
    #[inline(always)]
    fn panels(&self) -> Range<usize> {
        self.outputs.start / WIDTH..self.outputs.end.div_ceil(WIDTH)
    }

    /// What many rows meet after the slabs `now`, `block` at most of a panel's `count`, if `panel` is the next one: it, or the
    /// part's first one again from there on, or after all slabs what lies behind the part.
    #[inline(always)]
    fn after(&self, panel: usize, now: &Range<usize>, block: usize, count: usize) -> (usize, Range<usize>) {
        let panels = self.panels();
        if panel < panels.end {
            (panel, now.clone())
        } else if now.end < count {
            (panels.start, now.end..(now.end + block).min(count))
        } else {
            (panel, 0..block.min(count))
        }
    }

    /// Where a panel's columns lie in this part's stripe.
    #[inline(always)]
    fn columns(&self, panel: usize) -> Range<usize> {
        let start = panel * WIDTH - self.outputs.start;
        start..(start + WIDTH).min(self.outputs.len())
    }

    /// The chains of `M` rows and `P` panels: at their beginning, the bias, or as they were left in `out`.
    #[inline(always)]
    fn take<L: Lanes, const M: usize, const P: usize>(
        &mut self,
        l: L,
        row: usize,
        panel: usize,
        fresh: bool,
    ) -> Acc<L, M, P> {
        let mut acc: Acc<L, M, P> = [[l.row_splat(0.0); P]; M];
        tile!(|R, Q| {
            let columns = self.columns(panel + Q);
            acc[R][Q] = match self.bias {
                _ if !fresh => get(l, &self.out.row(row + R)[columns]),
                None => l.row_splat(0.0),
                Some(bias) => get(l, &bias[self.outputs.start..][columns]),
            };
        });
        acc
    }

    /// Leaves the chains in `out`.
    #[inline(always)]
    fn put<L: Lanes, const M: usize, const P: usize>(&mut self, l: L, row: usize, panel: usize, acc: &Acc<L, M, P>) {
        tile!(|R, Q| {
            let columns = self.columns(panel + Q);
            let out = &mut self.out.row(row + R)[columns];
            if let Ok(sixteen) = <&mut PanelRow>::try_from(&mut *out) {
                l.row_store(acc[R][Q], sixteen);
            } else {
                let mut sixteen = [0.0; WIDTH];
                l.row_store(acc[R][Q], &mut sixteen);
                out.copy_from_slice(&sixteen[..out.len()]);
            }
        });
    }
}

/// Some outputs, of activations as floats.
struct ByFloats<'a, 'b> {
    part: Part<'a>,
    compute: &'b Compute,
}

impl Visit for ByFloats<'_, '_> {
    fn visit<S: Storage>(self, weights: &[S::Slab]) {
        self.compute.isa().run(floats::Chains::<S> { part: self.part, weights });
    }
}

/// Some outputs, of activations as integers.
struct ByIntegers<'a, 'b, X> {
    part: Part<'a>,
    x: &'b [X],
    compute: &'b Compute,
}

impl<X: QuantizedBlock> VisitIntegers for ByIntegers<'_, '_, X> {
    fn visit<S: Integers>(self, weights: &[S::Slab]) {
        let Self { part, x, compute } = self;
        compute.isa().run(integers::Chains::<X, S> { part, x, weights, compute });
    }
}

/// Chains in flight, `[rows][panels]`.
type Acc<L, const M: usize, const P: usize> = [[<L as Lanes>::Row; P]; M];

/// Up to sixteen numbers, zeros after them.
#[inline(always)]
fn get<L: Lanes>(l: L, from: &[f32]) -> L::Row {
    let mut sixteen = [0.0; WIDTH];
    let from = <&PanelRow>::try_from(from).unwrap_or_else(|_| {
        sixteen[..from.len()].copy_from_slice(from);
        &sixteen
    });
    l.row_load(from)
}

/// Runs a body for each input of a slab, whose number is then known when it is compiled.
macro_rules! sixteen {
    (|$k:ident| $body:expr) => {
        $crate::product::sixteen!(@ $k $body; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    (@ $k:ident $body:expr; $($n:literal)*) => { $({ const $k: usize = $n; $body; })* };
}

/// [`sixteen`] for the pairs of a slab.
macro_rules! eight {
    (|$n:ident| $body:expr) => { $crate::product::sixteen!(@ $n $body; 0 1 2 3 4 5 6 7) };
}

/// [`sixteen`] for the words of four inputs of a slab.
macro_rules! four {
    (|$n:ident| $body:expr) => { $crate::product::sixteen!(@ $n $body; 0 1 2 3) };
}

/// Runs a body for each of `M` rows and `P` panels, at most six and four, whose numbers are known when it is compiled: one chain
/// whose place is not would keep all of them in memory.
macro_rules! tile {
    (|$r:ident, $q:ident| $body:expr) => {
        $crate::product::tile!(@rows $r $q $body; 0 1 2 3 4 5)
    };
    (@rows $r:ident $q:ident $body:expr; $($n:literal)*) => { $(
        if $n < M {
            const $r: usize = $n;
            $crate::product::tile!(@panels $q $body; 0 1 2 3);
        }
    )* };
    (@panels $q:ident $body:expr; $($n:literal)*) => { $(
        if $n < P {
            const $q: usize = $n;
            $body;
        }
    )* };
}

use {eight, four, sixteen, tile};

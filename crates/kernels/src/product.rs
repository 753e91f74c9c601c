//! Activations times weights: the inner loop of everything.
//!
//! Each output is one chain of multiply-adds along the inputs, begun from the bias. The tiles below only choose which
//! chains run side by side, so they cannot change a result:
//!
//! * few rows (decoding): weights are widened in registers and used once, several panels at a time so that enough
//!   chains are in flight to hide the latency of a multiply-add;
//! * many rows (a prompt): a block of a panel is widened once, stays in the first cache, and meets six rows at a time.
//!   Chains rest in `out` between blocks of inputs, which loses nothing: they are f32 there as in registers.

use crate::compute::Compute;
use crate::isa::{Kernel, Lanes};
use crate::matrix::Matrix;
use crate::panel::{Bytes, Data, Floats, Format, Halves, K_BLOCK, Nibbles, PanelRow, WIDTH, halves};
use crate::scratch::Scratch;
use crate::stripe::Stripe;
use std::ops::Range;

/// Rows in a tile: six rows of sixteen outputs fill twelve of sixteen registers.
const TILE: usize = 6;

/// Panels that one thread takes at least.
const GRAIN: usize = 4;

impl Matrix {
    /// `out[r] = bias + x[r] W` for every row: `x` is `[rows, inputs]`, `out` is `[rows, outputs]`.
    ///
    /// # Panics
    /// When the lengths do not fit together.
    pub fn product(&self, x: &[f32], bias: Option<&[f32]>, out: &mut [f32], compute: &Compute) {
        let rows = x.len() / self.inputs;
        assert!(
            x.len() == rows * self.inputs && out.len() == rows * self.outputs,
            "{self:?}: {} activations into {} outputs",
            x.len(),
            out.len()
        );
        assert!(bias.is_none_or(|b| b.len() == self.outputs), "{self:?}: bias");
        if rows == 0 {
            return;
        }
        let tiled = (rows > 1).then(|| tiles(x, rows, self.inputs, compute));
        let x = tiled.as_deref().unwrap_or(x);
        let job = Job { x, rows, inputs: self.inputs, outputs: self.outputs, bias };
        let p = &self.panels;
        match &p.data {
            Data::F32(d) => job.spread(Floats(d), out, compute),
            Data::F16(d) => job.spread(Halves::<false>(d), out, compute),
            Data::Bf16(d) => job.spread(Halves::<true>(d), out, compute),
            Data::Bytes(d) if p.has_min => job.spread(Bytes::<true>(d, &p.params, p.group), out, compute),
            Data::Bytes(d) => job.spread(Bytes::<false>(d, &p.params, p.group), out, compute),
            Data::Nibbles(d) => job.spread(Nibbles(d, &p.params, p.group), out, compute),
        }
    }
}

/// What is to be multiplied, but for the weights.
#[derive(Clone, Copy)]
struct Job<'a> {
    /// One row as it is, or tiles of rows, `[rows / TILE][inputs][TILE]`.
    x: &'a [f32],
    rows: usize,
    inputs: usize,
    outputs: usize,
    bias: Option<&'a [f32]>, // [outputs]
}

impl<'a> Job<'a> {
    /// Splits the outputs over the threads.
    fn spread<F: Format>(self, format: F, out: &mut [f32], compute: &Compute) {
        let cost = self.rows * self.inputs * self.outputs;
        compute.for_stripes(out, self.outputs, WIDTH * GRAIN, cost, |outputs, out| {
            compute.isa().run(Part { job: self, format, outputs, out });
        });
    }

    /// Tile `tile` of the activations, an entry for each input.
    #[inline(always)]
    fn x<const S: usize>(&self, tile: usize) -> &'a [[f32; S]] {
        self.x[tile * self.inputs * S..][..self.inputs * S].as_chunks().0
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

/// The outputs of one thread; the range begins at a panel.
struct Part<'a, F> {
    job: Job<'a>,
    format: F,
    outputs: Range<usize>,
    out: Stripe<'a>,
}

impl<F: Format> Kernel for Part<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, l: L) {
        match self.job.rows {
            1 if F::SIDE == 4 => self.few::<L, 1, 4, 1>(l),
            1 => self.few::<L, 1, 2, 1>(l),
            2 => self.few::<L, 2, 2, TILE>(l),
            3 => self.few::<L, 3, 1, TILE>(l),
            4 => self.few::<L, 4, 1, TILE>(l),
            5 => self.few::<L, 5, 1, TILE>(l),
            TILE => self.few::<L, TILE, 1, TILE>(l),
            _ => self.many(l),
        }
    }
}

/// Chains in flight: rows x panels x two halves of sixteen.
type Chains<L, const M: usize, const P: usize> = [[[<L as Lanes>::F; 2]; P]; M];

/// Carries `M` x `P` x 16 chains along some inputs that share parameters.
#[inline(always)]
fn advance<L: Lanes, F: Format, const M: usize, const P: usize, const S: usize>(
    l: L,
    acc: &mut Chains<L, M, P>,
    x: &[[f32; S]],
    rows: [&[F::Row]; P],
    params: &[F::Params<L>; P],
) {
    // Four inputs at a time, so that lengths are checked once for four.
    const STEP: usize = 4;
    let (x_steps, x_rest) = x.as_chunks::<STEP>();
    let steps = rows.map(|r| r.as_chunks::<STEP>());
    for (i, x) in x_steps.iter().enumerate() {
        let rows: [&[F::Row; STEP]; P] = std::array::from_fn(|p| &steps[p].0[i]);
        for k in 0..STEP {
            step::<L, F, M, P, S>(l, acc, &x[k], std::array::from_fn(|p| &rows[p][k]), params);
        }
    }
    for (i, x) in x_rest.iter().enumerate() {
        step::<L, F, M, P, S>(l, acc, x, std::array::from_fn(|p| &steps[p].1[i]), params);
    }
}

/// Carries the chains over one input.
#[inline(always)]
fn step<L: Lanes, F: Format, const M: usize, const P: usize, const S: usize>(
    l: L,
    acc: &mut Chains<L, M, P>,
    x: &[f32; S],
    rows: [&F::Row; P],
    params: &[F::Params<L>; P],
) {
    for p in 0..P {
        let w = F::widen(l, rows[p], &params[p]);
        for m in 0..M {
            let x = l.splat(x[m]);
            acc[m][p] = [l.mul_add(x, w[0], acc[m][p][0]), l.mul_add(x, w[1], acc[m][p][1])];
        }
    }
}

impl<F: Format> Part<'_, F> {
    /// Exactly `M` rows, `P` panels at a time.
    #[inline(always)]
    fn few<L: Lanes, const M: usize, const P: usize, const S: usize>(&mut self, l: L) {
        let panels = self.outputs.start / WIDTH..self.outputs.end.div_ceil(WIDTH);
        let mut panel = panels.start;
        while panel + P <= panels.end {
            self.whole::<L, M, P, S>(l, panel);
            panel += P;
        }
        while panel < panels.end {
            self.whole::<L, M, 1, S>(l, panel);
            panel += 1;
        }
    }

    /// `M` rows and `P` panels over all inputs.
    #[inline(always)]
    fn whole<L: Lanes, const M: usize, const P: usize, const S: usize>(&mut self, l: L, first: usize) {
        let (inputs, group) = (self.job.inputs, self.format.group());
        let mut acc: Chains<L, M, P> = [[[l.splat(0.0); 2]; P]; M];
        for p in 0..P {
            let bias = self.begin(l, first + p);
            for m in 0..M {
                acc[m][p] = bias;
            }
        }
        let x = self.job.x::<S>(0);
        let rows: [&[F::Row]; P] = std::array::from_fn(|p| self.format.rows(first + p, inputs));
        for start in (0..inputs).step_by(group) {
            let end = (start + group).min(inputs);
            let mut params: [F::Params<L>; P] = [self.format.params(l, first, inputs, start / group); P];
            for p in 1..P {
                params[p] = self.format.params(l, first + p, inputs, start / group);
            }
            let rows = std::array::from_fn(|p| &rows[p][start..end]);
            advance::<L, F, M, P, S>(l, &mut acc, &x[start..end], rows, &params);
        }
        for m in 0..M {
            for p in 0..P {
                self.store(l, m, first + p, acc[m][p]);
            }
        }
    }

    /// Any number of rows.
    #[inline(always)]
    fn many<L: Lanes>(&mut self, l: L) {
        let panels = self.outputs.start / WIDTH..self.outputs.end.div_ceil(WIDTH);
        let mut scratch = [[0.0; WIDTH]; K_BLOCK];
        let format = self.format;
        for start in (0..self.job.inputs).step_by(K_BLOCK) {
            let inputs = start..(start + K_BLOCK).min(self.job.inputs);
            for panel in panels.clone() {
                let rows = format.rows(panel, self.job.inputs);
                if let Some(plain) = F::plain(&rows[inputs.clone()]) {
                    self.block(l, panel, inputs.clone(), plain);
                } else {
                    self.widen(l, panel, inputs.clone(), &mut scratch);
                    self.block(l, panel, inputs.clone(), &scratch[..inputs.len()]);
                }
            }
        }
    }

    /// Widens one block of a panel.
    #[inline(always)]
    fn widen<L: Lanes>(&self, l: L, panel: usize, inputs: Range<usize>, scratch: &mut [PanelRow; K_BLOCK]) {
        let group = self.format.group();
        let rows = &self.format.rows(panel, self.job.inputs)[inputs.clone()];
        for (g, (rows, to)) in rows.chunks(group).zip(scratch.chunks_mut(group)).enumerate() {
            let params = self.format.params(l, panel, self.job.inputs, inputs.start / group + g);
            for (row, to) in rows.iter().zip(to) {
                put(l, F::widen(l, row, &params), to);
            }
        }
    }

    /// All rows against one widened block of a panel.
    #[inline(always)]
    fn block<L: Lanes>(&mut self, l: L, panel: usize, inputs: Range<usize>, w: &[PanelRow]) {
        let whole = self.job.rows / TILE;
        for tile in 0..whole {
            self.tile::<L, TILE>(l, tile, panel, inputs.clone(), w);
        }
        match self.job.rows % TILE {
            1 => self.tile::<L, 1>(l, whole, panel, inputs, w),
            2 => self.tile::<L, 2>(l, whole, panel, inputs, w),
            3 => self.tile::<L, 3>(l, whole, panel, inputs, w),
            4 => self.tile::<L, 4>(l, whole, panel, inputs, w),
            5 => self.tile::<L, 5>(l, whole, panel, inputs, w),
            _ => {}
        }
    }

    /// `M` rows against one block: the chains are taken up from `out` and put back.
    #[inline(always)]
    fn tile<L: Lanes, const M: usize>(
        &mut self,
        l: L,
        tile: usize,
        panel: usize,
        inputs: Range<usize>,
        w: &[PanelRow],
    ) {
        let row = tile * TILE;
        let mut acc: Chains<L, M, 1> = [[[l.splat(0.0); 2]]; M];
        for m in 0..M {
            acc[m][0] = if inputs.start == 0 { self.begin(l, panel) } else { self.resume(l, row + m, panel) };
        }
        let x = &self.job.x::<TILE>(tile)[inputs];
        advance::<L, Floats<'_>, M, 1, TILE>(l, &mut acc, x, [w], &[()]);
        for m in 0..M {
            self.store(l, row + m, panel, acc[m][0]);
        }
    }

    /// Where a panel's columns lie in this part's stripe.
    #[inline(always)]
    fn columns(&self, panel: usize) -> Range<usize> {
        let start = panel * WIDTH - self.outputs.start;
        start..(start + WIDTH).min(self.outputs.len())
    }

    /// The chains of a panel at their beginning: the bias.
    #[inline(always)]
    fn begin<L: Lanes>(&self, l: L, panel: usize) -> [L::F; 2] {
        let from = panel * WIDTH;
        match self.job.bias {
            None => [l.splat(0.0); 2],
            Some(bias) => get(l, &bias[from..(from + WIDTH).min(self.job.outputs)]),
        }
    }

    /// The chains of a panel as they were left in `out`.
    #[inline(always)]
    fn resume<L: Lanes>(&mut self, l: L, row: usize, panel: usize) -> [L::F; 2] {
        let columns = self.columns(panel);
        get(l, &self.out.row(row)[columns])
    }

    #[inline(always)]
    fn store<L: Lanes>(&mut self, l: L, row: usize, panel: usize, acc: [L::F; 2]) {
        let columns = self.columns(panel);
        let out = &mut self.out.row(row)[columns];
        if let Ok(sixteen) = <&mut PanelRow>::try_from(&mut *out) {
            return put(l, acc, sixteen);
        }
        let mut sixteen = [0.0; WIDTH];
        put(l, acc, &mut sixteen);
        out.copy_from_slice(&sixteen[..out.len()]);
    }
}

/// Up to sixteen numbers, zeros after them.
#[inline(always)]
fn get<L: Lanes>(l: L, from: &[f32]) -> [L::F; 2] {
    let mut sixteen = [0.0; WIDTH];
    let from = <&PanelRow>::try_from(from).unwrap_or_else(|_| {
        sixteen[..from.len()].copy_from_slice(from);
        &sixteen
    });
    let (low, high) = halves(from);
    [l.load(low), l.load(high)]
}

#[inline(always)]
fn put<L: Lanes>(l: L, x: [L::F; 2], to: &mut PanelRow) {
    let [low, high] = to.as_chunks_mut::<8>().0 else { unreachable!("sixteen is twice eight") };
    l.store(x[0], low);
    l.store(x[1], high);
}

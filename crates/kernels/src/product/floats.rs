//! Chains of f32: every weight is widened (dequantized in registers) and multiplied by its activation.

use super::{Acc, Part, sixteen};
use crate::isa::{Kernel, Lanes, PrefetchQueue, prefetch_line};
use crate::panel::storage::{PanelRow, widen};
use crate::panel::{SLAB, Storage, WIDTH};
use crate::tuning::{K_BLOCK, K_BLOCK_WIDENED, ROWS_TOGETHER, TILE, TILE_INPUTS, WEIGHTS_AHEAD};
use std::ops::Range;

/// How far ahead memory is asked for, `at` some place in `P` panels as long as `len` that are read side by side: a panel's end is
/// followed by the panel that will be read in its place, `P` further on. In bytes.
#[inline(always)]
fn ahead<const P: usize>(at: usize, len: usize) -> usize {
    let by = WEIGHTS_AHEAD / P;
    if at + by < len { by } else { by + (P - 1) * len }
}

/// The chains of a part.
pub(super) struct Chains<'a, 'b, S: Storage> {
    pub(super) part: Part<'a>,
    pub(super) weights: &'b [S::Slab],
}

impl<S: Storage> Kernel for Chains<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, l: L) {
        match self.part.inputs.rows {
            1 if !L::WIDE => self.few::<L, 1, 1, 1>(l),
            _ if !L::WIDE => self.many(l),
            // Where a widened weight takes no arithmetic, four panels hide the latency of a multiply-add.
            1 if !S::QUANTISED => self.few::<L, 1, 4, 1>(l),
            1 => self.few::<L, 1, 2, 1>(l),
            2 => self.few::<L, 2, 2, TILE>(l),
            3 => self.some::<L, 3>(l),
            // Where a row takes two registers, widening a weight leaves too few of them for four or five rows.
            _ if S::QUANTISED && !L::PAIRED => self.many(l),
            4 => self.some::<L, 4>(l),
            5 => self.some::<L, 5>(l),
            TILE if L::PAIRED => self.some::<L, TILE>(l),
            _ => self.many(l),
        }
    }
}

/// Carries the chains of `M` rows, from row `at` of a tile, and panel `p` over one input with widened weights.
#[inline(always)]
fn step<L: Lanes, const M: usize, const P: usize, const T: usize>(
    l: L,
    acc: &mut Acc<L, M, P>,
    x: &[f32; T],
    at: usize,
    w: L::Row,
    p: usize,
) {
    for m in 0..M {
        acc[m][p] = l.row_mul_add(l.row_splat(x[at + m]), w, acc[m][p]);
    }
}

impl<S: Storage> Chains<'_, '_, S> {
    /// Exactly `M` rows, more than two: where a panel's row is two registers, two panels leave no room for the rest.
    #[inline(always)]
    fn some<L: Lanes, const M: usize>(&mut self, l: L) {
        if L::PAIRED { self.few::<L, M, 2, TILE>(l) } else { self.few::<L, M, 1, TILE>(l) }
    }

    /// Exactly `M` rows, `P` panels at a time; activations in tiles of `T`.
    #[inline(always)]
    fn few<L: Lanes, const M: usize, const P: usize, const T: usize>(&mut self, l: L) {
        let panels = self.part.panels();
        let mut panel = panels.start;
        while panel + P <= panels.end {
            self.whole::<L, M, P, T>(l, panel);
            panel += P;
        }
        while panel < panels.end {
            self.whole::<L, M, 1, T>(l, panel);
            panel += 1;
        }
    }

    /// `M` rows and `P` panels over all inputs.
    #[inline(always)]
    fn whole<L: Lanes, const M: usize, const P: usize, const T: usize>(&mut self, l: L, first: usize) {
        let inputs = self.part.inputs.width;
        let all = self.part.params;
        let mut acc = self.part.take::<L, M, P>(l, 0, first, true);
        let panel = size_of_val(S::slabs(self.weights, first, inputs));
        let (tiles, rest) = self.part.inputs.tile::<T>(0).as_chunks::<SLAB>();
        let (mut slabs, mut params) = ([&[][..]; P], [all.panel(first, inputs); P]);
        for p in 0..P {
            slabs[p] = &S::slabs(self.weights, first + p, inputs)[..tiles.len() + usize::from(!rest.is_empty())];
            params[p] = all.panel(first + p, inputs);
        }
        let mut scale_min = [[l.row_splat(0.0); 2]; P];
        for s in 0..slabs[0].len() {
            if S::QUANTISED {
                for p in 0..P {
                    scale_min[p] = params[p].scale_min(l, s);
                }
            }
            let mut now = [&slabs[0][s]; P];
            for p in 0..P {
                now[p] = &slabs[p][s];
            }
            let x = tiles.get(s);
            if let (true, Some(x)) = (L::WIDE, x) {
                let ahead = ahead::<P>(s * size_of::<S::Slab>(), panel);
                sixteen!(|K| {
                    for p in 0..P {
                        // A line at a time, so that waiting for memory and arithmetic overlap.
                        prefetch_line(now[p], ahead, K);
                        let w = widen::<L, S>(l, now[p], K, scale_min[p]);
                        step::<L, M, P, T>(l, &mut acc, &x[K], 0, w, p);
                    }
                });
            } else {
                for (k, x) in x.map_or(rest, |x| x).iter().enumerate() {
                    for p in 0..P {
                        let w = widen::<L, S>(l, now[p], k, scale_min[p]);
                        step::<L, M, P, T>(l, &mut acc, x, 0, w, p);
                    }
                }
            }
        }
        self.part.put(l, 0, first, &acc);
    }

    /// Inputs that many rows meet at a time.
    fn together() -> usize {
        if S::plain(&[]).is_some() { K_BLOCK } else { K_BLOCK_WIDENED }
    }

    /// Any number of rows. Some of them meet all weights before the next do, so that their chains stay near.
    #[inline(always)]
    fn many<L: Lanes>(&mut self, l: L) {
        if L::PAIRED { self.blocks::<L, 2>(l) } else { self.blocks::<L, 1>(l) }
    }

    /// Any number of rows against `P` panels at a time.
    #[inline(always)]
    fn blocks<L: Lanes, const P: usize>(&mut self, l: L) {
        let (all, rows) = (self.part.inputs.width, self.part.inputs.rows);
        let mut scratch = [[[0.0; WIDTH]; K_BLOCK_WIDENED]; P];
        for first in (0..rows).step_by(ROWS_TOGETHER) {
            let rows = first..(first + ROWS_TOGETHER).min(rows);
            for start in (0..all).step_by(Self::together()) {
                let inputs = start..(start + Self::together()).min(all);
                let panels = self.part.panels();
                let mut panel = panels.start;
                while panel + P <= panels.end {
                    self.block::<L, P>(l, &rows, panel, &inputs, &mut scratch);
                    panel += P;
                }
                // One may be left of an odd number.
                if let (true, Some(scratch)) = (P > 1 && panel < panels.end, scratch.first_chunk_mut()) {
                    self.block::<L, 1>(l, &rows, panel, &inputs, scratch);
                }
            }
        }
    }

    /// Some rows (the first of which begins a tile) against one block of `P` panels.
    #[inline(always)]
    fn block<L: Lanes, const P: usize>(
        &mut self,
        l: L,
        rows: &Range<usize>,
        panel: usize,
        inputs: &Range<usize>,
        scratch: &mut [[PanelRow; K_BLOCK_WIDENED]; P],
    ) {
        let (weights, width) = (self.weights, self.part.inputs.width);
        let now = inputs.start / SLAB..inputs.end.div_ceil(SLAB);
        let mut w: [&[PanelRow]; P] = [&[]; P];
        for (p, scratch) in scratch.iter_mut().enumerate() {
            let slabs = &S::slabs(weights, panel + p, width)[now.clone()];
            let rows = if let Some(plain) = S::plain(slabs) {
                plain
            } else {
                self.widen(l, panel + p, inputs.start, slabs, scratch);
                &*scratch
            };
            w[p] = &rows[..inputs.len()];
        }
        let of_panel = S::slabs(weights, panel, width).len();
        let (after, then) = self.part.after(panel + P, &now, Self::together() / SLAB, of_panel);
        let mut next = [PrefetchQueue::NONE; P];
        for p in 0..P {
            next[p] = PrefetchQueue::all(&S::slabs(weights, (after + p).min(self.part.all - 1), width)[then.clone()]);
        }
        l.call(Tiles { part: &mut self.part, rows, panel, inputs, w, next });
    }

    /// Widens some slabs of a panel, the first of which begins at input `start`.
    #[inline(always)]
    fn widen<L: Lanes>(
        &self,
        l: L,
        panel: usize,
        start: usize,
        slabs: &[S::Slab],
        to: &mut [PanelRow; K_BLOCK_WIDENED],
    ) {
        let params = self.part.params.panel(panel, self.part.inputs.width);
        for (s, (slab, to)) in slabs.iter().zip(to.as_chunks_mut::<SLAB>().0).enumerate() {
            let scale_min = params.scale_min(l, start / SLAB + s);
            if L::WIDE {
                sixteen!(|K| l.row_store(widen::<L, S>(l, slab, K, scale_min), &mut to[K]));
            } else {
                to.iter_mut().enumerate().for_each(|(k, to)| l.row_store(widen::<L, S>(l, slab, k, scale_min), to));
            }
        }
    }
}

/// Some rows (the first of which begins a tile) against one block of `P` panels, `w`, whatever it was stored as.
struct Tiles<'a, 'b, const P: usize> {
    part: &'b mut Part<'a>,
    rows: &'b Range<usize>,
    panel: usize,
    inputs: &'b Range<usize>,
    w: [&'b [PanelRow]; P],
    /// What is asked for meanwhile, a share with each tile.
    next: [PrefetchQueue; P],
}

impl<const P: usize> Kernel for Tiles<'_, '_, P> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, l: L) {
        let none = [PrefetchQueue::NONE; P];
        let whole = self.rows.start / TILE..self.rows.end / TILE;
        if !L::WIDE {
            for row in self.rows.clone() {
                self.tile::<L, 1>(l, [row / TILE, row % TILE], none);
            }
            return;
        }
        for (i, tile) in whole.clone().enumerate() {
            let mut share = none;
            for p in 0..P {
                share[p] = self.next[p].share(i, whole.len());
            }
            self.tile::<L, TILE>(l, [tile, 0], share);
        }
        match self.rows.end % TILE {
            1 => self.tile::<L, 1>(l, [whole.end, 0], none),
            2 => self.tile::<L, 2>(l, [whole.end, 0], none),
            3 => self.tile::<L, 3>(l, [whole.end, 0], none),
            4 => self.tile::<L, 4>(l, [whole.end, 0], none),
            5 => self.tile::<L, 5>(l, [whole.end, 0], none),
            _ => {}
        }
    }
}

impl<const P: usize> Tiles<'_, '_, P> {
    /// `M` rows, from row `at` of a tile, against one block: the chains are taken up from `out` and put back.
    #[inline(always)]
    fn tile<L: Lanes, const M: usize>(&mut self, l: L, [tile, at]: [usize; 2], mut queue: [PrefetchQueue; P]) {
        let (panel, inputs, w) = (self.panel, self.inputs, self.w);
        let row = tile * TILE + at;
        let mut acc = self.part.take::<L, M, P>(l, row, panel, inputs.start == 0);
        let (x_steps, x_rest) = self.part.inputs.tile::<TILE>(tile)[inputs.clone()].as_chunks::<TILE_INPUTS>();
        let mut w_steps: [&[[PanelRow; TILE_INPUTS]]; P] = [&[]; P];
        let mut w_rest: [&[PanelRow]; P] = [&[]; P];
        for p in 0..P {
            (w_steps[p], w_rest[p]) = w[p].as_chunks::<TILE_INPUTS>();
            w_steps[p] = &w_steps[p][..x_steps.len()];
            w_rest[p] = &w_rest[p][..x_rest.len()];
        }
        for (s, x) in x_steps.iter().enumerate() {
            for p in 0..P {
                queue[p].issue(2);
            }
            for k in 0..TILE_INPUTS {
                for p in 0..P {
                    step::<L, M, P, TILE>(l, &mut acc, &x[k], at, l.row_load(&w_steps[p][s][k]), p);
                }
            }
        }
        for (k, x) in x_rest.iter().enumerate() {
            for p in 0..P {
                step::<L, M, P, TILE>(l, &mut acc, x, at, l.row_load(&w_rest[p][k]), p);
            }
        }
        self.part.put(l, row, panel, &acc);
    }
}

//! Chains of groups (quantized matmul): inside a group integers are added up, which is exact (what is apart from them comes last); groups follow
//! each other in f32.

use super::Part;
use super::quantized::{Group, QuantizedBlock, Ready, ReadySlab, Stored, of_each};
use crate::compute::Compute;
use crate::isa::{Kernel, Lanes, PrefetchQueue, prefetch_ahead};
use crate::panel::{Integers, SLAB, ScaleMin, slabs};
use crate::tuning::{K_BLOCK, ROWS_TOGETHER, WEIGHTS_AHEAD};
use std::ops::Range;

/// Slabs that are made ready at a time.
const SLABS: usize = K_BLOCK / SLAB;

/// Numbers of tiles of six, four, three rows and one that `rows` rows take: as large as there are registers for, and none of one
/// or two, which would hardly be shorter, if there is another way. A product of words that needs a register besides its sum
/// does not leave one for `sixes`.
fn tiling(rows: usize, sixes: bool) -> [usize; 4] {
    let mut six = if sixes { rows / 6 } else { 0 };
    if matches!(rows - 6 * six, 1 | 2 | 5) && six > 0 {
        six -= 1;
    }
    let rest = rows - 6 * six;
    let three = (4 - rest % 4) % 4;
    match rest.checked_sub(3 * three) {
        Some(fours) => [six, fours / 4, three, 0],
        None => [six, rest / 4, 0, rest % 4],
    }
}

/// The chains of a part.
pub(super) struct Chains<'a, 'b, X, S: Integers> {
    pub(super) part: Part<'a>,
    /// Of all rows, `[rows][inputs / 32]`.
    pub(super) x: &'b [X],
    pub(super) weights: &'b [S::Slab],
    pub(super) compute: &'b Compute,
}

impl<X: QuantizedBlock, S: Integers> Kernel for Chains<'_, '_, X, S> {
    type Output = ();
    const DOTS: bool = true;

    #[inline(always)]
    fn run<L: Lanes>(mut self, l: L) {
        match self.part.inputs.rows {
            _ if !L::WIDE => self.many(l),
            1 => self.few::<L, 1>(l),
            2 => self.few::<L, 2>(l),
            3 => self.few::<L, 3>(l),
            4 => self.few::<L, 4>(l),
            5 => self.few::<L, 5>(l),
            _ => self.many(l),
        }
    }
}

/// Adds a group to the chains of one row and panel. `half` says which sixteen of the 32 the group is, none for all of
/// them.
#[inline(always)]
fn close<L: Lanes>(
    l: L,
    acc: L::Row,
    whole: L::Row,
    x: &impl QuantizedBlock,
    half: Option<usize>,
    [scale, min]: ScaleMin<L>,
    has_min: bool,
) -> L::Row {
    let acc = l.row_mul_add(whole, l.row_mul(scale, l.row_splat(x.scale())), acc);
    if has_min { l.row_mul_add(min, l.row_splat(x.sum(half)), acc) } else { acc }
}

impl<'b, X: QuantizedBlock, S: Integers> Chains<'_, 'b, X, S> {
    /// The blocks of a row.
    #[inline(always)]
    fn row(&self, row: usize) -> &'b [X] {
        let per_row = self.part.inputs.width.div_ceil(32);
        &self.x[row * per_row..][..per_row]
    }

    /// Exactly `M` rows, and one panel after the other: what they read is one stream, which processors follow best.
    #[inline(always)]
    fn few<L: Lanes, const M: usize>(&mut self, l: L) {
        // Another core may have rounded them: all are asked for together.
        for m in 0..M {
            for x in self.row(m) {
                x.prefetch(0);
            }
        }
        for panel in self.part.panels() {
            self.whole::<L, M>(l, panel);
        }
    }

    /// `M` rows and a panel over all inputs.
    #[inline(always)]
    fn whole<L: Lanes, const M: usize>(&mut self, l: L, panel: usize) {
        let (inputs, all) = (self.part.inputs.width, self.part.params);
        let (zero_point, has_min) = (all.zero_point, all.has_min);
        let mut acc = self.part.take::<L, M, 1>(l, 0, panel, true);
        let count = inputs.div_ceil(32);
        let mut rows = [&[][..]; M];
        for m in 0..M {
            rows[m] = &self.row(m)[..count];
        }
        let slabs = &S::slabs(self.weights, panel, inputs).as_chunks::<2>().0[..count];
        let params = all.panel(panel, inputs);
        let ahead = WEIGHTS_AHEAD / size_of::<[S::Slab; 2]>();
        for b in 0..count {
            let x = of_each(&rows, b);
            prefetch_ahead(&slabs[b], ahead * size_of::<[S::Slab; 2]>());
            // Three rows keep a thread busy while it waits for these few.
            if M < 3 {
                params.prefetch(2 * (b + ahead));
            }
            for group in 0..2 / S::GROUP {
                let of = Group::new::<S>(group, zero_point);
                let whole = X::sums(l, &x, &Stored::<X, S, 1>::at(&[slabs], b), of);
                let scale_min = params.scale_min(l, 2 * b + group);
                for m in 0..M {
                    acc[m][0] = close(l, acc[m][0], whole[m][0], x[m], of.half, scale_min, has_min);
                }
            }
        }
        self.part.put(l, 0, panel, &acc);
    }

    /// Any number of rows. Some of them meet all weights before the next do, so that their chains stay near.
    #[inline(always)]
    fn many<L: Lanes>(&mut self, l: L) {
        if L::PAIRED { self.blocks::<L, 2>(l) } else { self.blocks::<L, 1>(l) }
    }

    /// Any number of rows against `P` panels at a time.
    #[inline(always)]
    fn blocks<L: Lanes, const P: usize>(&mut self, l: L) {
        let (all, count) = (self.part.inputs.rows, slabs(self.part.inputs.width, true));
        let mut room = self.compute.scratch_of(P * SLABS, ReadySlab::<X>::ZERO);
        let Some(room) = room.as_chunks_mut().0.first_chunk_mut::<P>() else { return }; // never: it has just been taken
        for first in (0..all).step_by(ROWS_TOGETHER) {
            let rows = first..(first + ROWS_TOGETHER).min(all);
            for start in (0..count).step_by(SLABS) {
                let now = start..(start + SLABS).min(count);
                let panels = self.part.panels();
                let mut panel = panels.start;
                while panel + P <= panels.end {
                    self.block::<L, P>(l, rows.clone(), panel, &now, room);
                    panel += P;
                }
                // One may be left of an odd number.
                if let (true, Some(room)) = (P > 1 && panel < panels.end, room.first_chunk_mut()) {
                    self.block::<L, 1>(l, rows.clone(), panel, &now, room);
                }
            }
        }
    }

    /// Some rows against some slabs of `P` panels.
    #[inline(always)]
    fn block<L: Lanes, const P: usize>(
        &mut self,
        l: L,
        rows: Range<usize>,
        panel: usize,
        now: &Range<usize>,
        room: &mut [[ReadySlab<X>; SLABS]; P],
    ) {
        let (weights, inputs) = (self.weights, self.part.inputs.width);
        for (p, ready) in room.iter_mut().enumerate() {
            let params = self.part.params.panel(panel + p, inputs);
            let stored = &S::slabs(weights, panel + p, inputs)[now.clone()];
            for (i, (from, to)) in stored.iter().zip(ready).enumerate() {
                X::make_ready::<L, S>(l, from, &mut to.words);
                // The first of a group speaks for it.
                if i.is_multiple_of(S::GROUP) {
                    let [scale, min] = params.scale_min(l, now.start + i);
                    l.row_store(scale, &mut to.scale_min[0]);
                    l.row_store(min, &mut to.scale_min[1]);
                }
            }
        }
        // The next panels' slabs are asked for meanwhile, a share with each tile.
        let (after, then) = self.part.after(panel + P, now, SLABS, slabs(inputs, true));
        let mut next = [PrefetchQueue::NONE; P];
        for p in 0..P {
            next[p] = PrefetchQueue::all(&S::slabs(weights, (after + p).min(self.part.all - 1), inputs)[then.clone()]);
        }
        let mut ready = [&[][..]; P];
        for p in 0..P {
            ready[p] = room[p][..now.len()].as_chunks().0;
        }
        self.tiles(l, rows, panel, now, ready, next);
    }

    /// All rows in tiles.
    #[inline(always)]
    fn tiles<L: Lanes, const P: usize>(
        &mut self,
        l: L,
        rows: Range<usize>,
        panel: usize,
        now: &Range<usize>,
        ready: [&[[ReadySlab<X>; 2]]; P],
        next: [PrefetchQueue; P],
    ) {
        let tiles = if L::WIDE { tiling(rows.len(), L::FUSED) } else { [0, 0, 0, rows.len()] };
        let (mut row, mut tile) = (rows.start, 0);
        for (size, count) in [6, 4, 3, 1].into_iter().zip(tiles) {
            for _ in 0..count {
                let mut share = [PrefetchQueue::NONE; P];
                for p in 0..P {
                    share[p] = next[p].share(tile, tiles.iter().sum());
                }
                match size {
                    6 if L::FUSED => self.tile::<L, 6, P>(l, row, panel, now, ready, share),
                    4 if L::WIDE => self.tile::<L, 4, P>(l, row, panel, now, ready, share),
                    3 if L::WIDE => self.tile::<L, 3, P>(l, row, panel, now, ready, share),
                    _ => self.tile::<L, 1, P>(l, row, panel, now, ready, share),
                }
                row += size;
                tile += 1;
            }
        }
    }

    /// `M` rows against some slabs of `P` panels: the chains are taken up from `out` and put back.
    #[inline(always)]
    fn tile<L: Lanes, const M: usize, const P: usize>(
        &mut self,
        l: L,
        row: usize,
        panel: usize,
        slabs: &Range<usize>,
        mut ready: [&[[ReadySlab<X>; 2]]; P],
        mut queue: [PrefetchQueue; P],
    ) {
        let (zero_point, has_min) = (self.part.params.zero_point, self.part.params.has_min);
        let is_first = panel == self.part.panels().start;
        let mut acc = self.part.take::<L, M, P>(l, row, panel, slabs.start == 0);
        let count = slabs.len() / 2;
        let mut rows = [&[][..]; M];
        for m in 0..M {
            rows[m] = &self.row(row + m)[slabs.start / 2..][..count];
        }
        // One tile has to ask for all of them.
        let mut is_alone = [false; P];
        for p in 0..P {
            ready[p] = &ready[p][..count];
            is_alone[p] = queue[p].lines() > 4 * count;
        }
        for b in 0..count {
            let x = of_each(&rows, b);
            for p in 0..P {
                if is_alone[p] {
                    queue[p].issue(8);
                } else {
                    queue[p].issue(4);
                }
            }
            if is_first {
                // The next tile's, which another thread may have rounded.
                for m in 0..M {
                    x[m].prefetch(M * self.part.inputs.width.div_ceil(32));
                }
            }
            for group in 0..2 / S::GROUP {
                let of = Group::new::<S>(group, zero_point);
                let whole = X::sums(l, &x, &Ready::<X, P>::at(&ready, b), of);
                for p in 0..P {
                    let at = &ready[p][b][group].scale_min;
                    let scale_min = [l.row_load(&at[0]), l.row_load(&at[1])];
                    for m in 0..M {
                        acc[m][p] = close(l, acc[m][p], whole[m][p], x[m], of.half, scale_min, has_min);
                    }
                }
            }
        }
        self.part.put(l, row, panel, &acc);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_all_rows_and_small_ones_the_last_resort() {
        for rows in 0..200 {
            for sixes in [false, true] {
                let [six, four, three, one] = tiling(rows, sixes);
                assert_eq!(6 * six + 4 * four + 3 * three + one, rows);
                assert!(one == 0 || matches!(rows, 1 | 2 | 5), "{rows} rows leave {one}");
                assert!(sixes || six == 0);
            }
        }
        assert_eq!((tiling(16, true), tiling(16, false), tiling(8, true)), ([2, 1, 0, 0], [0, 4, 0, 0], [0, 2, 0, 0]));
    }
}

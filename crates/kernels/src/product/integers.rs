//! Chains of groups: inside a group whole numbers are added up, which is exact; groups follow each other in f32.

use super::numbers::{Group, Numbers, Ready, Stored, of_each};
use super::{K_BLOCK, Part, TILE, TOGETHER, ahead};
use crate::isa::{Kernel, Lanes, Later, prefetch};
use crate::panel::storage::PanelRow;
use crate::panel::{Integers, Meaning, SLAB, WIDTH, slabs};
use std::ops::Range;

/// Rows in a tile where a product of words needs a register besides its sum: six rows would not leave one.
const SMALL_TILE: usize = 4;

/// Slabs that are unpacked at a time.
const SLABS: usize = K_BLOCK / SLAB;

/// The chains of a part.
pub(super) struct Chains<'a, X, S> {
    pub(super) part: Part<'a>,
    /// Of all rows, `[rows][inputs / 32]`.
    pub(super) x: &'a [X],
    pub(super) storage: S,
}

impl<X: Numbers, S: Integers> Kernel for Chains<'_, X, S> {
    type Output = ();
    const DOTS: bool = true;

    #[inline(always)]
    fn run<L: Lanes>(mut self, l: L) {
        match self.part.inputs.rows {
            _ if !L::WIDE => self.many(l),
            1 => self.few::<L, 1, 2>(l),
            2 => self.few::<L, 2, 2>(l),
            3 => self.few::<L, 3, 1>(l),
            4 => self.few::<L, 4, 1>(l),
            5 => self.few::<L, 5, 1>(l),
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
    x: &impl Numbers,
    half: Option<usize>,
    [scale, min]: Meaning<L>,
    has_min: bool,
) -> L::Row {
    let acc = l.row_mul_add(whole, l.row_mul(scale, l.row_splat(x.scale())), acc);
    if has_min { l.row_mul_add(min, l.row_splat(x.sum(half)), acc) } else { acc }
}

impl<'a, X: Numbers, S: Integers> Chains<'a, X, S> {
    /// The blocks of a row.
    #[inline(always)]
    fn row(&self, row: usize) -> &'a [X] {
        let per_row = self.part.inputs.width.div_ceil(32);
        &self.x[row * per_row..][..per_row]
    }

    /// Exactly `M` rows, `P` panels at a time.
    #[inline(always)]
    fn few<L: Lanes, const M: usize, const P: usize>(&mut self, l: L) {
        let panels = self.part.panels();
        let mut panel = panels.start;
        while panel + P <= panels.end {
            self.whole::<L, M, P>(l, panel);
            panel += P;
        }
        while panel < panels.end {
            self.whole::<L, M, 1>(l, panel);
            panel += 1;
        }
    }

    /// `M` rows and `P` panels over all inputs.
    #[inline(always)]
    fn whole<L: Lanes, const M: usize, const P: usize>(&mut self, l: L, first: usize) {
        let (inputs, storage, all) = (self.part.inputs.width, self.storage, self.part.params);
        let (centre, has_min) = (all.centre, all.has_min);
        let mut acc = self.part.take::<L, M, P>(l, 0, first, true);
        let count = inputs.div_ceil(32);
        let (mut rows, mut slabs, mut params) = ([&[][..]; M], [&[][..]; P], [all.panel(first, inputs); P]);
        for m in 0..M {
            rows[m] = &self.row(m)[..count];
        }
        for p in 0..P {
            slabs[p] = &storage.slabs(first + p, inputs).as_chunks::<2>().0[..count];
            params[p] = all.panel(first + p, inputs);
        }
        let panel = size_of_val(slabs[0]);
        for b in 0..count {
            let x = of_each(&rows, b);
            let ahead = ahead::<P>(b * size_of::<[S::Slab; 2]>(), panel);
            for p in 0..P {
                prefetch(&slabs[p][b], ahead);
            }
            for group in 0..2 / S::GROUP {
                let of = Group::new::<S>(group, centre);
                let whole = X::sums(l, &x, Stored::<X, S, P>::at(&slabs, b), of);
                for p in 0..P {
                    let meaning = params[p].meaning(l, 2 * b + group);
                    for m in 0..M {
                        acc[m][p] = close(l, acc[m][p], whole[m][p], x[m], of.half, meaning, has_min);
                    }
                }
            }
        }
        self.part.put(l, 0, first, &acc);
    }

    /// Any number of rows. Some of them meet all weights before the next do, so that their chains stay near.
    #[inline(always)]
    fn many<L: Lanes>(&mut self, l: L) {
        if L::PAIRED { self.blocks::<L, 2>(l) } else { self.blocks::<L, 1>(l) }
    }

    /// The same, `P` panels at a time.
    #[inline(always)]
    fn blocks<L: Lanes, const P: usize>(&mut self, l: L) {
        let (all, count) = (self.part.inputs.rows, slabs(self.part.inputs.width, true));
        let mut unpacked = [Unpacked::<X>::ZERO; P];
        for first in (0..all).step_by(TOGETHER) {
            let rows = first..(first + TOGETHER).min(all);
            for start in (0..count).step_by(SLABS) {
                let now = start..(start + SLABS).min(count);
                let panels = self.part.panels();
                let mut panel = panels.start;
                while panel + P <= panels.end {
                    self.block::<L, P>(l, rows.clone(), panel, &now, &mut unpacked);
                    panel += P;
                }
                // One may be left of an odd number.
                if let (true, Some(unpacked)) = (P > 1 && panel < panels.end, unpacked.first_chunk_mut()) {
                    self.block::<L, 1>(l, rows.clone(), panel, &now, unpacked);
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
        unpacked: &mut [Unpacked<X>; P],
    ) {
        let (storage, inputs) = (self.storage, self.part.inputs.width);
        for (p, unpacked) in unpacked.iter_mut().enumerate() {
            let params = self.part.params.panel(panel + p, inputs);
            for (i, slab) in storage.slabs(panel + p, inputs)[now.clone()].iter().enumerate() {
                X::make_ready::<L, S>(l, slab, &mut unpacked.words[i]);
                let [scale, min] = params.meaning(l, now.start + i);
                l.row_store(scale, &mut unpacked.means[i][0]);
                l.row_store(min, &mut unpacked.means[i][1]);
            }
        }
        // The next panels' slabs are asked for meanwhile, a share with each tile.
        let last = self.part.panels().end - 1;
        let mut next = [Later::NONE; P];
        for p in 0..P {
            next[p] = Later::all(&storage.slabs((panel + P + p).min(last), inputs)[now.clone()]);
        }
        if L::FUSED {
            self.tiles::<L, TILE, P>(l, rows, panel, now, unpacked, next);
        } else {
            self.tiles::<L, SMALL_TILE, P>(l, rows, panel, now, unpacked, next);
        }
    }

    /// All rows in tiles of `M`, and what is left of them.
    #[inline(always)]
    fn tiles<L: Lanes, const M: usize, const P: usize>(
        &mut self,
        l: L,
        rows: Range<usize>,
        panel: usize,
        now: &Range<usize>,
        unpacked: &[Unpacked<X>; P],
        next: [Later; P],
    ) {
        let none = [Later::NONE; P];
        let (mut row, whole) = (rows.start, if L::WIDE { rows.len() / M } else { 0 });
        for tile in 0..whole {
            let mut share = none;
            for p in 0..P {
                share[p] = next[p].share(tile, whole);
            }
            self.tile::<L, M, P>(l, row, panel, now, unpacked, share);
            row += M;
        }
        if L::WIDE && row + SMALL_TILE <= rows.end {
            self.tile::<L, SMALL_TILE, P>(l, row, panel, now, unpacked, none);
            row += SMALL_TILE;
        }
        if L::WIDE && row + 3 <= rows.end {
            self.tile::<L, 3, P>(l, row, panel, now, unpacked, none);
            row += 3;
        }
        while row < rows.end {
            self.tile::<L, 1, P>(l, row, panel, now, unpacked, none);
            row += 1;
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
        unpacked: &[Unpacked<X>; P],
        mut later: [Later; P],
    ) {
        let (centre, has_min) = (self.part.params.centre, self.part.params.has_min);
        let is_first = panel == self.part.panels().start;
        let mut acc = self.part.take::<L, M, P>(l, row, panel, slabs.start == 0);
        let count = slabs.len() / 2;
        let (mut rows, mut words, mut means) = ([&[][..]; M], [&[][..]; P], [&[][..]; P]);
        for m in 0..M {
            rows[m] = &self.row(row + m)[slabs.start / 2..][..count];
        }
        for p in 0..P {
            words[p] = &unpacked[p].words.as_chunks::<2>().0[..count];
            means[p] = &unpacked[p].means.as_chunks::<2>().0[..count];
        }
        for b in 0..count {
            let x = of_each(&rows, b);
            for p in 0..P {
                later[p].ask(4);
            }
            if is_first {
                // The next tile's, which another thread may have rounded.
                for m in 0..M {
                    x[m].ask_for(M * self.part.inputs.width.div_ceil(32));
                }
            }
            for group in 0..2 / S::GROUP {
                let of = Group::new::<S>(group, centre);
                let whole = X::sums(l, &x, Ready::<X, P>::at(&words, b), of);
                for p in 0..P {
                    let at = &means[p][b][group];
                    let meaning = [l.row_load(&at[0]), l.row_load(&at[1])];
                    for m in 0..M {
                        acc[m][p] = close(l, acc[m][p], whole[m][p], x[m], of.half, meaning, has_min);
                    }
                }
            }
        }
        self.part.put(l, row, panel, &acc);
    }
}

/// Slabs of a panel, ready to meet many rows.
struct Unpacked<X: Numbers> {
    words: [X::Ready; SLABS],
    means: [[PanelRow; 2]; SLABS],
}

impl<X: Numbers> Unpacked<X> {
    const ZERO: Self = Self { words: [X::NOTHING; SLABS], means: [[[0.0; WIDTH]; 2]; SLABS] };
}

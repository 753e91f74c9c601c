//! What a row of sixteen stored weights means: one implementation for each way of storing them.

use super::WIDTH;
use crate::isa::Lanes;

/// Inputs that are widened at a time where many rows share them; every group size divides it.
pub(crate) const K_BLOCK: usize = 256;

/// Sixteen widened weights.
pub(crate) type PanelRow = [f32; WIDTH];

/// Panels in one storage format.
pub(crate) trait Format: Copy + Sync {
    /// One stored row of sixteen weights.
    type Row;
    /// The scales of a group, in registers.
    type Params<L: Lanes>: Copy;
    /// Panels that a single row of activations should be multiplied with side by side: as many chains as hide the
    /// latency of a multiply-add without running out of registers.
    const SIDE: usize;

    /// Inputs that share parameters.
    fn group(&self) -> usize;
    /// All rows of a panel.
    fn rows(&self, panel: usize, inputs: usize) -> &[Self::Row];
    /// The parameters of a panel's `group`-th group.
    fn params<L: Lanes>(&self, l: L, panel: usize, inputs: usize, group: usize) -> Self::Params<L>;
    /// The weights that a row means.
    fn widen<L: Lanes>(l: L, row: &Self::Row, params: &Self::Params<L>) -> [L::F; 2];
    /// Rows that are already `f32`, if this format's are.
    fn plain(rows: &[Self::Row]) -> Option<&[PanelRow]>;
}

/// Splits sixteen numbers into two times eight.
#[inline(always)]
pub(crate) fn halves<T>(row: &[T; WIDTH]) -> (&[T; 8], &[T; 8]) {
    let (low, high) = row.split_at(8);
    (low.try_into().expect("eight of sixteen"), high.try_into().expect("the other eight"))
}

/// The rows of one panel out of all panels.
#[inline(always)]
fn panel<T, const N: usize>(data: &[T], panel: usize, inputs: usize) -> &[[T; N]] {
    data[panel * inputs * N..][..inputs * N].as_chunks().0
}

/// The parameter rows of one group: its scales, then its minima if there are any.
#[inline(always)]
fn params(data: &[f32], panel: usize, inputs: usize, group: usize, at: usize, per: usize) -> &[PanelRow] {
    let groups = inputs.div_ceil(group);
    data[(panel * groups + at) * per * WIDTH..][..per * WIDTH].as_chunks().0
}

#[inline(always)]
fn load<L: Lanes>(l: L, row: &PanelRow) -> [L::F; 2] {
    let (low, high) = halves(row);
    [l.load(low), l.load(high)]
}

/// f32.
#[derive(Clone, Copy)]
pub(crate) struct Floats<'a>(pub(crate) &'a [f32]);

impl Format for Floats<'_> {
    type Row = PanelRow;
    type Params<L: Lanes> = ();
    const SIDE: usize = 4;

    #[inline(always)]
    fn group(&self) -> usize {
        K_BLOCK
    }
    #[inline(always)]
    fn rows(&self, at: usize, inputs: usize) -> &[PanelRow] {
        panel(self.0, at, inputs)
    }
    #[inline(always)]
    fn params<L: Lanes>(&self, _: L, _: usize, _: usize, _: usize) {}
    #[inline(always)]
    fn widen<L: Lanes>(l: L, row: &PanelRow, (): &()) -> [L::F; 2] {
        load(l, row)
    }
    #[inline(always)]
    fn plain(rows: &[PanelRow]) -> Option<&[PanelRow]> {
        Some(rows)
    }
}

/// f16, or bf16 where `BRAIN`.
#[derive(Clone, Copy)]
pub(crate) struct Halves<'a, const BRAIN: bool>(pub(crate) &'a [u16]);

impl<const BRAIN: bool> Format for Halves<'_, BRAIN> {
    type Row = [u16; WIDTH];
    type Params<L: Lanes> = ();
    const SIDE: usize = 4;

    #[inline(always)]
    fn group(&self) -> usize {
        K_BLOCK
    }
    #[inline(always)]
    fn rows(&self, at: usize, inputs: usize) -> &[Self::Row] {
        panel(self.0, at, inputs)
    }
    #[inline(always)]
    fn params<L: Lanes>(&self, _: L, _: usize, _: usize, _: usize) {}
    #[inline(always)]
    fn widen<L: Lanes>(l: L, row: &Self::Row, (): &()) -> [L::F; 2] {
        let (low, high) = halves(row);
        if BRAIN { [l.widen_bf16(low), l.widen_bf16(high)] } else { [l.widen_f16(low), l.widen_f16(high)] }
    }
    #[inline(always)]
    fn plain(_: &[Self::Row]) -> Option<&[PanelRow]> {
        None
    }
}

/// One byte a weight: weights, parameters, group. `scale * quant`, plus a minimum where `MIN`.
#[derive(Clone, Copy)]
pub(crate) struct Bytes<'a, const MIN: bool>(pub(crate) &'a [i8], pub(crate) &'a [f32], pub(crate) usize);

impl<const MIN: bool> Format for Bytes<'_, MIN> {
    type Row = [i8; WIDTH];
    type Params<L: Lanes> = [[L::F; 2]; 2];
    const SIDE: usize = 2;

    #[inline(always)]
    fn group(&self) -> usize {
        self.2
    }
    #[inline(always)]
    fn rows(&self, at: usize, inputs: usize) -> &[Self::Row] {
        panel(self.0, at, inputs)
    }
    #[inline(always)]
    fn params<L: Lanes>(&self, l: L, at: usize, inputs: usize, group: usize) -> Self::Params<L> {
        let rows = params(self.1, at, inputs, self.2, group, 1 + usize::from(MIN));
        let scale = load(l, &rows[0]);
        [scale, if MIN { load(l, &rows[1]) } else { scale }]
    }
    #[inline(always)]
    fn widen<L: Lanes>(l: L, row: &Self::Row, &[scale, min]: &Self::Params<L>) -> [L::F; 2] {
        let (low, high) = halves(row);
        let (low, high) = (l.widen_i8(low), l.widen_i8(high));
        if MIN {
            // One rounding here, two in the reference: the same, since scale times quant is exact (at most 17 + 5
            // bits).
            [l.mul_add(low, scale[0], min[0]), l.mul_add(high, scale[1], min[1])]
        } else {
            [l.mul(low, scale[0]), l.mul(high, scale[1])]
        }
    }
    #[inline(always)]
    fn plain(_: &[Self::Row]) -> Option<&[PanelRow]> {
        None
    }
}

/// Half a byte a weight: weights, parameters, group. Always `scale * quant + minimum`; formats whose quants are
/// centred are stored from zero with the minimum that this asks for.
#[derive(Clone, Copy)]
pub(crate) struct Nibbles<'a>(pub(crate) &'a [u8], pub(crate) &'a [f32], pub(crate) usize);

impl Format for Nibbles<'_> {
    type Row = [u8; WIDTH / 2];
    type Params<L: Lanes> = [[L::F; 2]; 2];
    const SIDE: usize = 2;

    #[inline(always)]
    fn group(&self) -> usize {
        self.2
    }
    #[inline(always)]
    fn rows(&self, at: usize, inputs: usize) -> &[Self::Row] {
        panel(self.0, at, inputs)
    }
    #[inline(always)]
    fn params<L: Lanes>(&self, l: L, at: usize, inputs: usize, group: usize) -> Self::Params<L> {
        let rows = params(self.1, at, inputs, self.2, group, 2);
        [load(l, &rows[0]), load(l, &rows[1])]
    }
    #[inline(always)]
    fn widen<L: Lanes>(l: L, row: &Self::Row, &[scale, min]: &Self::Params<L>) -> [L::F; 2] {
        let [low, high] = l.widen_u4(row);
        // Exact before the last rounding, as for bytes: at most 17 + 4 bits.
        [l.mul_add(low, scale[0], min[0]), l.mul_add(high, scale[1], min[1])]
    }
    #[inline(always)]
    fn plain(_: &[Self::Row]) -> Option<&[PanelRow]> {
        None
    }
}

/// The weights of one output, widened.
pub(super) fn row<L: Lanes, F: Format>(l: L, format: &F, output: usize, out: &mut [f32]) {
    let (panel, lane, inputs, group) = (output / WIDTH, output % WIDTH, out.len(), format.group());
    let rows = format.rows(panel, inputs);
    for (g, out) in out.chunks_mut(group).enumerate() {
        let params = format.params(l, panel, inputs, g);
        for (o, row) in out.iter_mut().zip(&rows[g * group..]) {
            let mut eight = [0.0; 8];
            l.store(F::widen(l, row, &params)[lane / 8], &mut eight);
            *o = eight[lane % 8];
        }
    }
}

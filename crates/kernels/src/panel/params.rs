//! Scales and minima of quantised weights.

use super::{SLAB, WIDTH};
use crate::aligned::Aligned;
use crate::encoding::{Encoding, MAX_BLOCK};
use crate::isa::{Lanes, prefetch};

/// Scales and minima of all panels. Kept as small as in the file, and put together when they are used.
pub(crate) struct Params {
    /// Inputs that share a scale: 16 or 32.
    pub(crate) group: usize,
    /// Whether groups have a minimum.
    pub(crate) has_min: bool,
    /// What is taken off a stored number.
    pub(crate) zero_point: i32,
    /// Whether [`large`](Self::large) speaks for 256 inputs, and each group has a factor.
    nested: bool,
    /// Whether [`large`](Self::large) is bf16, and not f16.
    brain: bool,
    /// `[panel][group or 256 inputs][scale, minimum][16]`, f16 or bf16.
    large: Aligned<u16>,
    /// `[panel][group][scale, minimum][16]`; empty where not nested.
    small: Aligned<i8>,
}

/// What the integers of a group mean: `scale * number + minimum`.
pub(crate) type ScaleMin<L> = [<L as Lanes>::Row; 2];

impl Params {
    /// Zeros for weights that are stored as `encoding`.
    pub(crate) fn new(encoding: Encoding, panels: usize, inputs: usize) -> Self {
        use Encoding::{Q2K, Q3K, Q4_1, Q4K, Q5_1, Q5K, Q6K};
        let mut params = Self {
            group: if matches!(encoding, Q2K | Q3K | Q6K) { 16 } else { 32 },
            has_min: matches!(encoding, Q4_1 | Q5_1 | Q2K | Q4K | Q5K),
            zero_point: Self::zero_point_of(encoding),
            nested: encoding.block() == MAX_BLOCK,
            brain: encoding == Encoding::Mxfp4,
            large: Aligned::zeros(0),
            small: Aligned::zeros(0),
        };
        if !encoding.is_float() {
            let [large, small] = params.lens(inputs);
            params.large = Aligned::zeros(panels * large);
            params.small = Aligned::zeros(panels * small);
        }
        params
    }

    /// What makes a format's numbers count from zero, where they are stored in fewer bits than a byte.
    pub(super) fn zero_point_of(encoding: Encoding) -> i32 {
        match encoding {
            Encoding::Q4_0 => 8,
            Encoding::Q3K => 4,
            Encoding::Q6K => 32,
            _ => 0,
        }
    }

    /// Numbers of one panel: large, small.
    fn lens(&self, inputs: usize) -> [usize; 2] {
        let row = self.per() * WIDTH;
        let groups = inputs.div_ceil(self.group) * row;
        if self.nested { [inputs.div_ceil(MAX_BLOCK) * row, groups] } else { [groups, 0] }
    }

    /// Rows of a group.
    fn per(&self) -> usize {
        1 + usize::from(self.has_min)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.large.bytes() + self.small.bytes()
    }

    /// The parts of every panel, small then large.
    pub(super) fn each(&mut self, inputs: usize) -> impl Iterator<Item = (&mut [i8], &mut [u16])> {
        let [large, small] = self.lens(inputs);
        let mut rest = &mut *self.small;
        self.large.chunks_mut(large.max(1)).map(move |large| {
            let (first, after) = std::mem::take(&mut rest).split_at_mut(small);
            rest = after;
            (first, large)
        })
    }

    /// Where the rows of a group begin in one panel's parts: large, small.
    pub(super) fn places(group: usize, has_min: bool, nested: bool, input: usize) -> [usize; 2] {
        let row = (1 + usize::from(has_min)) * WIDTH;
        [input / if nested { MAX_BLOCK } else { group } * row, input / group * row]
    }

    /// The scales and minima of one panel; for floats, nothing that may be asked.
    #[inline(always)]
    pub(crate) fn panel(&self, panel: usize, inputs: usize) -> PanelParams<'_> {
        if self.large.is_empty() {
            return PanelParams { params: self, large: &[], small: &[], steps: [0, 0] };
        }
        let [large, small] = self.lens(inputs);
        let steps = [if self.nested { MAX_BLOCK } else { self.group } / SLAB, self.group / SLAB];
        PanelParams {
            params: self,
            large: self.large[panel * large..][..large].as_chunks().0,
            small: self.small[panel * small..][..small].as_chunks().0,
            steps: steps.map(usize::trailing_zeros),
        }
    }

    /// What takes the zero point off: exact, since zero points are powers of two.
    #[inline(always)]
    fn off_zero_point<L: Lanes>(&self, l: L, scale: L::Row) -> L::Row {
        l.row_mul(scale, l.row_splat(-(self.zero_point as f32)))
    }
}

/// The scales and minima of one panel.
#[derive(Clone, Copy)]
pub(crate) struct PanelParams<'a> {
    params: &'a Params,
    large: &'a [[u16; WIDTH]],
    small: &'a [[i8; WIDTH]],
    /// Slabs that share a large and a small row, as powers of two.
    steps: [u32; 2],
}

impl PanelParams<'_> {
    /// Asks for what [`scale_min`](Self::scale_min) reads of a slab, which may lie in a panel after this one.
    #[inline(always)]
    pub(crate) fn prefetch(&self, slab: usize) {
        let per = self.params.per();
        prefetch(self.large.as_ptr().wrapping_add((slab >> self.steps[0]) * per).cast());
        if self.params.nested {
            prefetch(self.small.as_ptr().wrapping_add((slab >> self.steps[1]) * per).cast());
        }
    }

    /// The scale of the group that a slab lies in, and its minimum: what the file says, or what the zero point asks for.
    #[inline(always)]
    pub(crate) fn scale_min<L: Lanes>(&self, l: L, slab: usize) -> ScaleMin<L> {
        let (params, per) = (self.params, self.params.per());
        if self.large.is_empty() {
            return [l.row_splat(0.0); 2];
        }
        let large = &self.large[(slab >> self.steps[0]) * per..][..per];
        if !params.nested {
            let scale = if params.brain { l.row_bf16(&large[0]) } else { l.row_f16(&large[0]) };
            let min = if params.has_min { l.row_f16(&large[1]) } else { params.off_zero_point(l, scale) };
            return [scale, min];
        }
        let small = &self.small[(slab >> self.steps[1]) * per..][..per];
        let scale = l.row_mul(l.row_f16(&large[0]), l.row_i8(&small[0]));
        if !params.has_min {
            return [scale, params.off_zero_point(l, scale)];
        }
        // Minima of 256 are subtracted.
        let min = l.row_mul(l.row_f16(&large[1]), l.row_i8(&small[1]));
        [scale, l.row_mul(min, l.row_splat(-1.0))]
    }
}

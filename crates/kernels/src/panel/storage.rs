//! How the weights of a slab lie, and how they are read: as sixteen numbers for one input, or, where they are
//! integers, as pairs of 16-bit ones or fours of bytes for an integer product.

use super::params::ScaleMin;
use super::{Line, SLAB, WIDTH};
use crate::isa::{ByteRange, Lanes};
use bytemuck::Pod;

/// Slabs that some inputs take. Quantised ones come in pairs, so that groups of 32 are whole.
pub(crate) fn slabs(inputs: usize, quantised: bool) -> usize {
    if quantised { inputs.div_ceil(2 * SLAB) * 2 } else { inputs.div_ceil(SLAB) }
}

/// Sixteen widened weights of one input.
pub(crate) type PanelRow = [f32; WIDTH];

/// One way of storing panels.
pub(crate) trait Storage: Send + Sync {
    /// The weights of sixteen inputs.
    type Slab: Pod + Sync;
    /// Whether the numbers stored need a scale to mean something.
    const QUANTISED: bool = true;

    /// The slabs of one panel out of all panels'.
    #[inline(always)]
    fn slabs(all: &[Self::Slab], panel: usize, inputs: usize) -> &[Self::Slab] {
        let count = slabs(inputs, Self::QUANTISED);
        &all[panel * count..][..count]
    }
    /// The numbers stored for input `k` of a slab. `k` is below 16, and known when compiled wherever speed matters.
    fn numbers<L: Lanes>(l: L, slab: &Self::Slab, k: usize) -> L::Row;
    /// Slabs whose rows are `f32` already, if this way's are.
    #[inline(always)]
    fn plain(_: &[Self::Slab]) -> Option<&[PanelRow]> {
        None
    }
}

/// What is done with the weights of all panels, whichever way they are stored.
pub(crate) trait Visit {
    /// Must be `#[inline(always)]` inside a kernel.
    fn visit<S: Storage>(self, weights: &[S::Slab]);
}

/// A storage of integers.
pub(crate) trait Integers: Storage {
    /// Slabs that share a scale: 1 or 2.
    const GROUP: usize;
    /// What [`four`](Self::four) gives.
    const BYTE_RANGE: ByteRange;

    /// Pair `n` of 8, as 16-bit halves of words: of the inputs `4 (n / 2) + n % 2` and two further.
    fn pair<L: Lanes>(l: L, slab: &Self::Slab, n: usize) -> L::Words;
    /// Four `n` of 4, as bytes of words: of the inputs from `4 n` on.
    fn four<L: Lanes>(l: L, slab: &Self::Slab, n: usize) -> L::Words;
}

/// As [`Visit`], of integers.
pub(crate) trait VisitIntegers {
    fn visit<S: Integers>(self, weights: &[S::Slab]);
}

/// The weights that input `k` of a slab means.
#[inline(always)]
pub(crate) fn widen<L: Lanes, S: Storage>(l: L, slab: &S::Slab, k: usize, [scale, min]: ScaleMin<L>) -> L::Row {
    let numbers = S::numbers(l, slab, k);
    // One rounding here, two in the file format's reference: the same, since `scale * number` is exact where the minimum
    // is the file's (at most 17 + 5 bits), and `scale * (number - zero point)` is what is rounded where it is ours.
    if S::QUANTISED { l.row_mul_add(numbers, scale, min) } else { numbers }
}

/// Row `k` of a slab.
#[inline(always)]
fn row<T>(slab: &[T; SLAB * WIDTH], k: usize) -> &[T; WIDTH] {
    &slab.as_chunks().0[k]
}

/// f32, a row of sixteen outputs for each input.
pub(crate) struct Floats;

impl Storage for Floats {
    type Slab = [f32; SLAB * WIDTH];
    const QUANTISED: bool = false;

    #[inline(always)]
    fn numbers<L: Lanes>(l: L, slab: &Self::Slab, k: usize) -> L::Row {
        l.row_load(row(slab, k))
    }
    #[inline(always)]
    fn plain(slabs: &[Self::Slab]) -> Option<&[PanelRow]> {
        Some(slabs.as_flattened().as_chunks().0)
    }
}

/// f16, or bf16 where `BRAIN`; rows as for f32.
pub(crate) struct Halves<const BRAIN: bool>;

impl<const BRAIN: bool> Storage for Halves<BRAIN> {
    type Slab = [u16; SLAB * WIDTH];
    const QUANTISED: bool = false;

    #[inline(always)]
    fn numbers<L: Lanes>(l: L, slab: &Self::Slab, k: usize) -> L::Row {
        if BRAIN { l.row_bf16(row(slab, k)) } else { l.row_f16(row(slab, k)) }
    }
}

/// Both halves of every word masked alike.
#[inline(always)]
fn mask16<L: Lanes>(l: L, x: L::Words, mask: i32) -> L::Words {
    l.and(x, l.words_splat(mask | (mask << 16)))
}

/// One byte a weight, signed: line `k / 4`, byte `k % 4` of each output's word.
pub(crate) struct Bytes;

impl Storage for Bytes {
    type Slab = [u32; 4 * WIDTH];

    #[inline(always)]
    fn numbers<L: Lanes>(l: L, slab: &Self::Slab, k: usize) -> L::Row {
        let words = l.words(line(slab, k / 4));
        l.to_row(l.signed32(l.up32(words, 24 - 8 * (k % 4) as i32), 24))
    }
}

impl Integers for Bytes {
    const GROUP: usize = 2;
    const BYTE_RANGE: ByteRange = ByteRange::Signed;

    #[inline(always)]
    fn pair<L: Lanes>(l: L, slab: &Self::Slab, n: usize) -> L::Words {
        let words = l.words(line(slab, n / 2));
        // The even or the odd byte of each half.
        l.signed16(if n.is_multiple_of(2) { l.up16(words, 8) } else { words }, 8)
    }
    #[inline(always)]
    fn four<L: Lanes>(l: L, slab: &Self::Slab, n: usize) -> L::Words {
        l.words(line(slab, n))
    }
}

/// Line `at` of a slab of lines.
#[inline(always)]
fn line<const N: usize>(slab: &[u32; N], at: usize) -> &Line {
    &slab.as_chunks().0[at]
}

/// Half a byte a weight, 0 to 15: line `k / 8`, byte `k % 4`, its low half for the first four of eight inputs. `G` slabs
/// share a scale.
pub(crate) struct Nibbles<const G: usize>;

/// How far up a nibble lies in its byte.
fn nibble_shift(k: usize) -> i32 {
    4 * (k / 4 % 2) as i32
}

/// The nibbles of one input as integers, in lines as for [`Nibbles`].
#[inline(always)]
fn nibbles<L: Lanes, const N: usize>(l: L, slab: &[u32; N], k: usize) -> L::Words {
    let words = l.words(line(slab, k / 8));
    l.and(l.down32(words, 8 * (k % 4) as i32 + nibble_shift(k)), l.words_splat(15))
}

/// A pair of nibbles.
#[inline(always)]
fn nibble_pair<L: Lanes, const N: usize>(l: L, slab: &[u32; N], n: usize) -> L::Words {
    let words = l.words(line(slab, n / 4));
    let by = 8 * (n % 2) as i32 + 4 * (n / 2 % 2) as i32;
    mask16(l, if by == 0 { words } else { l.down16(words, by) }, 15)
}

/// Four nibbles.
#[inline(always)]
fn nibble_four<L: Lanes, const N: usize>(l: L, slab: &[u32; N], n: usize) -> L::Words {
    let words = l.words(line(slab, n / 2));
    mask16(l, if n.is_multiple_of(2) { words } else { l.down16(words, 4) }, 0x0f0f)
}

impl<const G: usize> Storage for Nibbles<G> {
    type Slab = [u32; 2 * WIDTH];

    #[inline(always)]
    fn numbers<L: Lanes>(l: L, slab: &Self::Slab, k: usize) -> L::Row {
        l.to_row(nibbles(l, slab, k))
    }
}

impl<const G: usize> Integers for Nibbles<G> {
    const GROUP: usize = G;
    const BYTE_RANGE: ByteRange = ByteRange::Narrow;

    #[inline(always)]
    fn pair<L: Lanes>(l: L, slab: &Self::Slab, n: usize) -> L::Words {
        nibble_pair(l, slab, n)
    }
    #[inline(always)]
    fn four<L: Lanes>(l: L, slab: &Self::Slab, n: usize) -> L::Words {
        nibble_four(l, slab, n)
    }
}

/// Six bits a weight, 0 to 63, in halves of words: the low six bits of line `i` are pair `2 i` and the top six the pair after
/// it, as for [`Integers::pair`]; so three lines hold six pairs, and one instruction reads each. The four bits between are the
/// other two pairs: the low bits of the first and of the second in lines 0 and 2, the high ones of both in line 1.
pub(crate) struct Sixes;

impl Sixes {
    /// The lines of sixteen numbers, four bytes to a word.
    pub(super) fn lines([a, b, c, rest]: [u32; 4]) -> [u32; 3] {
        let ends = |word: u32| (word & 0x003f_003f) | ((word & 0x3f00_3f00) << 2);
        let [first, second] = [rest, rest >> 8];
        let [low, lower] = [first, second].map(|pair| (pair & 0x000f_000f) << 6);
        let high = ((first & 0x0030_0030) << 2) | ((second & 0x0030_0030) << 4);
        [ends(a) | low, ends(b) | high, ends(c) | lower]
    }
}

/// A pair of sixes that lies between others: its low bits in line `low`, its high ones in line 1, `by` above where they belong.
#[inline(always)]
fn between<L: Lanes>(l: L, slab: &<Sixes as Storage>::Slab, low: usize, by: i32) -> L::Words {
    let low = mask16(l, l.down16(l.words(line(slab, low)), 6), 0x0f);
    l.or(low, mask16(l, l.down16(l.words(line(slab, 1)), by), 0x30))
}

impl Storage for Sixes {
    type Slab = [u32; 3 * WIDTH];

    #[inline(always)]
    fn numbers<L: Lanes>(l: L, slab: &Self::Slab, k: usize) -> L::Row {
        let pair = Self::pair(l, slab, k / 4 * 2 + k % 2);
        l.to_row(l.and(l.down32(pair, 16 * (k % 4 / 2) as i32), l.words_splat(63)))
    }
}

impl Integers for Sixes {
    const GROUP: usize = 1;
    const BYTE_RANGE: ByteRange = ByteRange::Unsigned;

    #[inline(always)]
    fn pair<L: Lanes>(l: L, slab: &Self::Slab, n: usize) -> L::Words {
        match n {
            6 => between(l, slab, 0, 2),
            7 => between(l, slab, 2, 4),
            _ if n.is_multiple_of(2) => mask16(l, l.words(line(slab, n / 2)), 63),
            _ => l.down16(l.words(line(slab, n / 2)), 10),
        }
    }
    #[inline(always)]
    fn four<L: Lanes>(l: L, slab: &Self::Slab, n: usize) -> L::Words {
        l.or(Self::pair(l, slab, 2 * n), l.up16(Self::pair(l, slab, 2 * n + 1), 8))
    }
}

//! Which instructions the kernels use: the one place that asks the processor, and the one dispatch.

mod asm;
mod avx2;
mod avx512;
mod prefetch;
mod scalar;

pub(crate) use prefetch::{PrefetchQueue, prefetch, prefetch_ahead, prefetch_line};
use std::fmt;
use std::sync::OnceLock;

/// What four bytes of a word of weights are, which decides how their products with signed bytes are added up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ByteRange {
    /// From 0 to 15: eight sums of two products fit into sixteen bits.
    Narrow,
    /// From 0 to 127: one does.
    Unsigned,
    /// From -128 to 127.
    Signed,
}

/// Eight `f32` side by side, and what may be done with them.
///
/// A kernel is written once over this trait. Every operation acts on each lane alone and rounds as IEEE 754 says,
/// so all implementations agree bit for bit (NaN aside).
pub(crate) trait Lanes: Copy + Send + Sync {
    /// Whether kernels are compiled for several rows and panels at a time. Without, they go row by row: the same bits, slower,
    /// from much less code.
    const WIDE: bool;
    /// Whether tiles of many rows take two panels: where a row is one register, one panel has too few chains in flight.
    const PAIRED: bool;
    /// Whether [`dot`](Self::dot) is one instruction.
    const FUSED: bool;

    /// Runs a kernel as a function of its own: what many kernels have in common is compiled once for each instruction set, and not
    /// inside each of them.
    fn call<K: Kernel>(self, kernel: K) -> K::Output;

    /// Eight `f32`.
    type F: Copy;

    fn splat(self, x: f32) -> Self::F;
    fn load(self, from: &[f32; 8]) -> Self::F;
    fn store(self, x: Self::F, to: &mut [f32; 8]);

    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`, rounded once.
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// `a` where it is greater, else `b`; so `b` where one of them is NaN.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a` where it is smaller, else `b`; NaN as above.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// `yes` where `a < b`, else `no`.
    fn select_less(self, a: Self::F, b: Self::F, yes: Self::F, no: Self::F) -> Self::F;
    /// To the nearest integer, ties to even.
    fn round(self, x: Self::F) -> Self::F;
    /// The low sixteen bits of integers less than 2^31 in size, each and the one two further on in one word.
    fn pairs(self, x: Self::F) -> [i32; 4];
    /// 32 integers as signed bytes, which they fit, four to a word.
    fn bytes(self, x: [Self::F; 4]) -> [i32; 8];
    /// 2 to the power `n`, for integers `n` from -126 to 127.
    fn exp2_integer(self, n: Self::F) -> Self::F;
    /// Eight rows made eight columns: lane `j` of row `i` becomes lane `i` of row `j`.
    fn transpose(self, rows: [Self::F; 8]) -> [Self::F; 8];

    /// Sixteen `f32`: a row of a panel.
    type Row: Copy;

    fn row_splat(self, x: f32) -> Self::Row;
    fn row_load(self, from: &[f32; 16]) -> Self::Row;
    fn row_store(self, x: Self::Row, to: &mut [f32; 16]);
    fn row_mul(self, a: Self::Row, b: Self::Row) -> Self::Row;
    /// `a * b + c`, rounded once.
    fn row_mul_add(self, a: Self::Row, b: Self::Row, c: Self::Row) -> Self::Row;
    fn row_f16(self, from: &[u16; 16]) -> Self::Row;
    fn row_bf16(self, from: &[u16; 16]) -> Self::Row;
    fn row_i8(self, from: &[i8; 16]) -> Self::Row;

    /// Sixteen 32-bit words: of four bytes each, of two 16-bit numbers, or integers.
    type Words: Copy;

    fn words(self, from: &[u32; 16]) -> Self::Words;
    fn words_store(self, x: Self::Words, to: &mut [u32; 16]);
    /// One word everywhere.
    fn words_splat(self, x: i32) -> Self::Words;
    fn and(self, a: Self::Words, b: Self::Words) -> Self::Words;
    fn or(self, a: Self::Words, b: Self::Words) -> Self::Words;
    /// Shifts of each 16-bit half: up, down with zeros, down with the sign. `by` is below 16 and known when compiled.
    fn up16(self, x: Self::Words, by: i32) -> Self::Words;
    fn down16(self, x: Self::Words, by: i32) -> Self::Words;
    fn signed16(self, x: Self::Words, by: i32) -> Self::Words;
    /// Shifts of each word, as above; `by` is below 32.
    fn up32(self, x: Self::Words, by: i32) -> Self::Words;
    fn down32(self, x: Self::Words, by: i32) -> Self::Words;
    fn signed32(self, x: Self::Words, by: i32) -> Self::Words;
    fn words_sub(self, a: Self::Words, b: Self::Words) -> Self::Words;
    /// `acc` plus both products of the words' 16-bit halves.
    fn dot(self, acc: Self::Words, a: Self::Words, b: Self::Words) -> Self::Words;
    /// As [`dot`](Self::dot) with word `N` of eight everywhere, for loops whose sums fill the registers: one product after another in the
    /// order of the source, never several kept. `N` is below eight.
    fn dot_at<const N: usize>(self, acc: Self::Words, a: Self::Words, b: &[i32; 8]) -> Self::Words;
    /// What is added to signed bytes before they are multiplied, where products want them unsigned.
    const BYTE_ZERO_POINT: i32;
    /// Bytes of weights as [`dot_bytes_at`](Self::dot_bytes_at) wants them.
    fn bytes_to_multiply(self, w: Self::Words, kind: ByteRange) -> Self::Words;
    /// `acc` plus the four products of the words' bytes with those of word `N` of four everywhere, which are at least -127; kept
    /// in order as by [`dot_at`](Self::dot_at). What is added up, from zeros and eight times at most, is an integer
    /// only when it has gone through [`bytes_total`](Self::bytes_total).
    fn dot_bytes_at<const N: usize>(
        self,
        acc: Self::Words,
        w: Self::Words,
        x: &[i32; 4],
        kind: ByteRange,
    ) -> Self::Words;
    /// The sums of [`dot_bytes_at`](Self::dot_bytes_at).
    fn bytes_total(self, acc: Self::Words, kind: ByteRange) -> Self::Words;
    /// Whole numbers as `f32`, rounded to nearest, ties to even.
    fn to_row(self, x: Self::Words) -> Self::Row;

    /// The sum of all lanes by the contract's fixed tree.
    #[inline(always)]
    fn total(self, x: Self::F) -> f32 {
        let mut l = [0.0; 8];
        self.store(x, &mut l);
        ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
    }
    /// The largest lane.
    #[inline(always)]
    fn max_lane(self, x: Self::F) -> f32 {
        let mut l = [0.0; 8];
        self.store(x, &mut l);
        l.iter().fold(f32::NEG_INFINITY, |m, &v| if v > m { v } else { m })
    }
}

/// A kernel with its arguments, waiting to be told which lanes to run on.
pub(crate) trait Kernel {
    type Output;
    /// Whether it adds up products of integers. Only then is it compiled for instruction sets that differ from others
    /// in nothing else.
    const DOTS: bool = false;
    /// Must be `#[inline(always)]`, so that it is compiled inside each instruction set's entry function.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// The lanes of the reference, for work too small to choose.
pub(crate) fn reference() -> impl Lanes {
    scalar::Scalar
}

/// An instruction set that this processor has. A value of this type is the proof.
///
/// All of them give the same bits; they differ in speed alone.
///
/// ```
/// use beamline_kernels::Isa;
/// assert!(Isa::available().contains(&Isa::scalar()));
/// assert_eq!(Isa::scalar().to_string(), "scalar");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Isa(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Scalar,
    Avx2(avx2::Avx2<false>),
    AvxVnni(avx2::Avx2<true>),
    Avx512(avx512::Avx512),
}

impl Isa {
    /// Plain Rust: the reference that all others are compared to, and the fallback.
    pub fn scalar() -> Self {
        Self(Kind::Scalar)
    }

    /// The fastest one here. Asks the processor once, and allocates nothing.
    ///
    /// Most callers want [`chosen`](Self::chosen), which a user can turn to another one.
    pub fn detect() -> Self {
        static FASTEST: OnceLock<Isa> = OnceLock::new();
        *FASTEST.get_or_init(|| Self::found().last().unwrap_or_else(Self::scalar))
    }

    /// The one that this process uses where no [`Compute`](crate::Compute) says otherwise: what the environment variable
    /// `BEAMLINE_ISA` names, else the fastest. The variable is read once; allocates nothing after that.
    ///
    /// A value that names none is passed over here, since nothing that is computed depends on it;
    /// [`Compute::from_env`](crate::Compute::from_env) refuses it.
    ///
    /// ```
    /// use beamline_kernels::Isa;
    /// assert!(Isa::available().contains(&Isa::chosen()));
    /// ```
    pub fn chosen() -> Self {
        static CHOSEN: OnceLock<Isa> = OnceLock::new();
        *CHOSEN.get_or_init(|| Self::from_env().unwrap_or_else(|_| Self::detect()))
    }

    /// What `BEAMLINE_ISA` asks for, else the fastest; `Err` has a value that names none that can run here.
    pub(crate) fn from_env() -> Result<Self, String> {
        match std::env::var(Self::VARIABLE) {
            Ok(name) if !name.is_empty() => Self::named(&name).ok_or(name),
            _ => Ok(Self::detect()),
        }
    }

    /// The variable of the environment that names one.
    pub(crate) const VARIABLE: &str = "BEAMLINE_ISA";

    /// All that can run here, the scalar one first, the fastest last.
    pub fn available() -> Vec<Self> {
        Self::found().collect()
    }

    fn found() -> impl Iterator<Item = Self> {
        let found = [
            Some(Kind::Scalar),
            avx2::Avx2::new().map(Kind::Avx2),
            avx2::Avx2::new().map(Kind::AvxVnni),
            avx512::Avx512::new().map(Kind::Avx512),
        ];
        found.into_iter().flatten().map(Self)
    }

    /// The one named `scalar`, `avx2`, `avxvnni` or `avx512`, if it can run here.
    pub fn named(name: &str) -> Option<Self> {
        Self::found().find(|isa| isa.name() == name)
    }

    /// `scalar`, `avx2`, `avxvnni` or `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Scalar => "scalar",
            Kind::Avx2(_) => "avx2",
            Kind::AvxVnni(_) => "avxvnni",
            Kind::Avx512(_) => "avx512",
        }
    }

    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Kind::Scalar => scalar::Scalar.call(kernel),
            Kind::Avx2(proof) => proof.enter(kernel),
            Kind::AvxVnni(proof) if K::DOTS => proof.enter(kernel),
            Kind::AvxVnni(proof) => proof.plain().enter(kernel),
            Kind::Avx512(proof) => proof.enter(kernel),
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation of the trait on one pair of rows, results flattened to bits.
    struct All<'a>(&'a [f32; 8], &'a [f32; 8]);
    impl Kernel for All<'_> {
        type Output = Vec<u32>;
        const DOTS: bool = true;
        #[inline(always)]
        fn run<L: Lanes>(self, l: L) -> Vec<u32> {
            let (a, b) = (l.load(self.0), l.load(self.1));
            let whole = l.round(l.min(l.max(a, l.splat(-126.0)), l.splat(127.0)));
            let results = [
                l.add(a, b),
                l.sub(a, b),
                l.mul(a, b),
                l.div(a, b),
                l.mul_add(a, b, a),
                l.max(a, b),
                l.min(a, b),
                l.select_less(a, b, a, l.splat(7.0)),
                l.round(a),
                l.exp2_integer(whole),
            ];
            let mut bits = vec![l.total(a).to_bits(), l.max_lane(a).to_bits()];
            bits.extend(l.pairs(whole).map(|n| n as u32));
            let bytes = l.bytes([whole, l.round(l.splat(-126.5)), l.splat(127.0), whole]);
            bits.extend(bytes.map(|n| n as u32));
            let eight = l.transpose([a, b, l.add(a, b), l.sub(a, b), b, a, l.mul(a, b), l.max(a, b)]);
            for x in results.into_iter().chain(eight) {
                let mut out = [0.0; 8];
                l.store(x, &mut out);
                bits.extend(out.map(f32::to_bits));
            }
            bits.extend(rows(l, self.0, self.1));
            bits.extend(words(l, self.0, self.1));
            bits
        }
    }

    /// Every operation on rows of sixteen.
    #[inline(always)]
    fn rows<L: Lanes>(l: L, a: &[f32; 8], b: &[f32; 8]) -> Vec<u32> {
        let sixteen: [f32; 16] = std::array::from_fn(|i| if i < 8 { a[i] } else { b[i - 8] });
        let halves = sixteen.map(|x| half::f16::from_f32(x).to_bits());
        let brains = sixteen.map(|x| half::bf16::from_f32(x).to_bits());
        let bytes = sixteen.map(|x| (x.to_bits() >> 15) as i8);
        let (x, y) = (l.row_load(&sixteen), l.row_splat(b[0]));
        let results =
            [x, l.row_mul(x, y), l.row_mul_add(x, y, x), l.row_f16(&halves), l.row_bf16(&brains), l.row_i8(&bytes)];
        results
            .into_iter()
            .flat_map(|row| {
                let mut out = [0.0; 16];
                l.row_store(row, &mut out);
                out.map(f32::to_bits)
            })
            .collect()
    }

    /// Every operation on words.
    #[inline(always)]
    fn words<L: Lanes>(l: L, a: &[f32; 8], b: &[f32; 8]) -> Vec<u32> {
        let sixteen: [u32; 16] =
            std::array::from_fn(|i| (if i < 8 { a[i] } else { b[i - 8] }).to_bits().rotate_left(i as u32));
        let (x, y) = (l.words(&sixteen), l.words_splat(-123_456_789));
        let results = [
            l.and(x, y),
            l.or(x, y),
            l.up16(x, 8),
            l.down16(x, 4),
            l.signed16(x, 8),
            l.up32(x, 24),
            l.down32(x, 12),
            l.signed32(x, 24),
            l.words_sub(x, y),
            l.dot(x, x, y),
            l.dot_at::<3>(x, x, &[1, 2, 3, -123_456_789, 5, 6, 7, 8]),
            bytes(l, l.and(x, l.words_splat(0x0f0f_0f0f)), ByteRange::Narrow),
            bytes(l, l.words_splat(0x0f0f_0f0f), ByteRange::Narrow),
            bytes(l, l.and(x, l.words_splat(0x7f7f_7f7f)), ByteRange::Unsigned),
            bytes(l, l.words_splat(0x7f7f_7f7f), ByteRange::Unsigned),
            bytes(l, x, ByteRange::Signed),
            bytes(l, l.words_splat(i32::from_le_bytes([0x80; 4])), ByteRange::Signed),
        ];
        let mut row = [0.0; 16];
        l.row_store(l.to_row(x), &mut row);
        let stored = results.into_iter().flat_map(|x| {
            let mut out = [0; 16];
            l.words_store(x, &mut out);
            out
        });
        stored.chain(row.map(f32::to_bits)).collect()
    }

    /// Eight products of bytes, all with the largest activations: of narrow ones as much as fits.
    #[inline(always)]
    fn bytes<L: Lanes>(l: L, w: L::Words, kind: ByteRange) -> L::Words {
        let x = [[127; 4], [-127; 4], [1, -2, 3, -4], [127, 127, -127, -127]].map(|x: [i8; 4]| x.map(|x| x as u8));
        let x = x.map(i32::from_le_bytes);
        let ready = l.bytes_to_multiply(w, kind);
        let (mut up, mut down, mut both) = (l.words_splat(0), l.words_splat(0), l.words_splat(0));
        for _ in 0..8 {
            up = l.dot_bytes_at::<0>(up, ready, &x, kind);
            down = l.dot_bytes_at::<1>(down, ready, &x, kind);
        }
        both = l.dot_bytes_at::<2>(both, ready, &x, kind);
        both = l.dot_bytes_at::<3>(both, ready, &x, kind);
        let zero_point = if kind == ByteRange::Signed { L::BYTE_ZERO_POINT } else { 0 };
        let total = |l: L, sums, of_x: i32| l.words_sub(l.bytes_total(sums, kind), l.words_splat(zero_point * of_x));
        let [up, down, both] = [total(l, up, 8 * 4 * 127), total(l, down, -8 * 4 * 127), total(l, both, -2)];
        // So that each of the three shows.
        l.words_sub(l.words_sub(up, l.up32(down, 1)), l.up32(both, 7))
    }

    #[test]
    fn lanes_agree_bit_for_bit() {
        let a = [1.5, -2.25, 0.0, 3e-39, 1e30, -0.5, 2.5, 65504.0];
        let b = [0.1, -3.0, 5.0, 1.0, 1e-20, -0.5, 3.5, 2.0];
        let expected = Isa::scalar().run(All(&a, &b));
        for isa in Isa::available() {
            assert_eq!(isa.run(All(&a, &b)), expected, "{isa}");
        }
    }

    #[test]
    fn names_are_found_and_unknown_ones_are_not() {
        assert_eq!(Isa::named("scalar"), Some(Isa::scalar()));
        assert_eq!(Isa::named("avx1024"), None);
    }
}

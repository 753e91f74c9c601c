//! Eight lanes in one 256-bit register, with or without AVX-VNNI: pairs of 16-bit numbers multiplied and added up in one
//! instruction, which processors have that stop at 256 bits.
#![allow(unsafe_code)] // intrinsics, and the call into code compiled for AVX2; each with its reason
#![allow(clippy::cast_ptr_alignment)] // unaligned loads take pointers of the register's type

#[cfg(target_arch = "x86_64")]
pub(super) use x86::Avx2;

#[cfg(not(target_arch = "x86_64"))]
pub(super) use absent::Avx2;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::asm::{
        dot_at, dot_at_vnni, dot_bytes_at_vnni, dot_narrow_at, dot_signed_at, dot_unsigned_at, dot_vnni,
    };
    use super::super::{ByteRange, Kernel, Lanes};
    #[allow(clippy::wildcard_imports)] // some fifty intrinsics
    use std::arch::x86_64::*;

    /// Proof that this processor has AVX2, FMA and F16C, and AVX-VNNI if `VNNI`: only [`Avx2::new`] makes one.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(in super::super) struct Avx2<const VNNI: bool>(Proof);

    /// What only this module can make.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct Proof;

    impl<const VNNI: bool> Avx2<VNNI> {
        pub(in super::super) fn new() -> Option<Self> {
            let found =
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
            (found && (!VNNI || is_x86_feature_detected!("avxvnni"))).then_some(Self(Proof))
        }

        /// The proof of AVX2 alone, without AVX-VNNI.
        pub(in super::super) fn plain(self) -> Avx2<false> {
            Avx2(self.0)
        }

        /// Runs a kernel compiled for these instructions.
        pub(in super::super) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
            #[target_feature(enable = "avx2,fma,f16c")]
            fn compiled<K: Kernel>(proof: Avx2<false>, kernel: K) -> K::Output {
                kernel.run(proof)
            }
            #[target_feature(enable = "avx2,fma,f16c,avxvnni")]
            fn compiled_vnni<K: Kernel>(proof: Avx2<true>, kernel: K) -> K::Output {
                kernel.run(proof)
            }
            // SAFETY: `self` exists, so `new` has seen the features that the one called is built with.
            unsafe { if VNNI { compiled_vnni(Avx2(self.0), kernel) } else { compiled(self.plain(), kernel) } }
        }
    }

    /// One safe method over one expression of intrinsics.
    macro_rules! lane_ops {
        ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty = $body:expr;)*) => { $(
            #[inline(always)]
            fn $name(self, $($arg: $kind),*) -> $out {
                // SAFETY: `self` is the proof that these instructions exist; pointers come from references to
                // arrays of exactly the size that is read, and unaligned loads are used throughout.
                unsafe { $body }
            }
        )* };
    }

    impl<const VNNI: bool> Lanes for Avx2<VNNI> {
        const WIDE: bool = true;
        const PAIRED: bool = false;
        const FUSED: bool = VNNI;

        #[inline(always)]
        fn call<K: Kernel>(self, kernel: K) -> K::Output {
            self.enter(kernel)
        }

        type F = __m256;

        lane_ops! {
            splat(x: f32) -> __m256 = _mm256_set1_ps(x);
            load(from: &[f32; 8]) -> __m256 = _mm256_loadu_ps(from.as_ptr());
            add(a: __m256, b: __m256) -> __m256 = _mm256_add_ps(a, b);
            sub(a: __m256, b: __m256) -> __m256 = _mm256_sub_ps(a, b);
            mul(a: __m256, b: __m256) -> __m256 = _mm256_mul_ps(a, b);
            div(a: __m256, b: __m256) -> __m256 = _mm256_div_ps(a, b);
            mul_add(a: __m256, b: __m256, c: __m256) -> __m256 = _mm256_fmadd_ps(a, b, c);
            max(a: __m256, b: __m256) -> __m256 = _mm256_max_ps(a, b);
            min(a: __m256, b: __m256) -> __m256 = _mm256_min_ps(a, b);
            select_less(a: __m256, b: __m256, yes: __m256, no: __m256) -> __m256 =
                _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_LT_OQ>(a, b));
            round(x: __m256) -> __m256 = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x);
            pairs(x: __m256) -> [i32; 4] = {
                // In each half of the register first the low bytes of numbers 0, 2, 1, 3; then both halves together.
                let order = _mm256_set1_epi64x(i64::from_le_bytes([0, 1, 8, 9, 4, 5, 12, 13]));
                let halves = _mm256_shuffle_epi8(_mm256_cvtps_epi32(x), order);
                let words = _mm256_castsi256_si128(_mm256_permute4x64_epi64::<0b1000>(halves));
                let mut out = [0; 4];
                _mm_storeu_si128(out.as_mut_ptr().cast(), words);
                out
            };
            bytes(x: [__m256; 4]) -> [i32; 8] = {
                let first = _mm256_packs_epi32(_mm256_cvtps_epi32(x[0]), _mm256_cvtps_epi32(x[1]));
                let second = _mm256_packs_epi32(_mm256_cvtps_epi32(x[2]), _mm256_cvtps_epi32(x[3]));
                // Each half of a register has been packed alone: four numbers of each eight, then the other four.
                let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
                let bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(first, second), order);
                let mut out = [0; 8];
                _mm256_storeu_si256(out.as_mut_ptr().cast(), bytes);
                out
            };
            exp2_integer(n: __m256) -> __m256 = {
                let biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
            };
            transpose(rows: [__m256; 8]) -> [__m256; 8] = {
                // Two rows lane by lane; then, in each half of a register, one column of four rows; then of eight.
                let mut pairs = rows;
                for i in 0..4 {
                    pairs[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
                    pairs[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
                }
                let mut fours = pairs;
                for i in [0, 4] {
                    for j in 0..2 {
                        let (above, below) = (pairs[i + j], pairs[i + j + 2]);
                        fours[i + 2 * j] = _mm256_shuffle_ps::<0x44>(above, below);
                        fours[i + 2 * j + 1] = _mm256_shuffle_ps::<0xee>(above, below);
                    }
                }
                let mut columns = fours;
                for j in 0..4 {
                    columns[j] = _mm256_permute2f128_ps::<0x20>(fours[j], fours[j + 4]);
                    columns[j + 4] = _mm256_permute2f128_ps::<0x31>(fours[j], fours[j + 4]);
                }
                columns
            };
        }

        #[inline(always)]
        fn store(self, x: __m256, to: &mut [f32; 8]) {
            // SAFETY: as in `lane_ops`: `to` has room for exactly these eight numbers.
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), x) }
        }

        type Row = [__m256; 2];

        lane_ops! {
            row_splat(x: f32) -> [__m256; 2] = [_mm256_set1_ps(x); 2];
            row_load(from: &[f32; 16]) -> [__m256; 2] =
                [_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(8))];
            row_mul(a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] =
                [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])];
            row_mul_add(a: [__m256; 2], b: [__m256; 2], c: [__m256; 2]) -> [__m256; 2] =
                [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])];
            row_f16(from: &[u16; 16]) -> [__m256; 2] = {
                let at = from.as_ptr().cast::<__m128i>();
                [_mm256_cvtph_ps(_mm_loadu_si128(at)), _mm256_cvtph_ps(_mm_loadu_si128(at.add(1)))]
            };
            row_bf16(from: &[u16; 16]) -> [__m256; 2] = {
                let at = from.as_ptr().cast::<__m128i>();
                let low = _mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(_mm_loadu_si128(at)));
                let high = _mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(_mm_loadu_si128(at.add(1))));
                [_mm256_castsi256_ps(low), _mm256_castsi256_ps(high)]
            };
            row_i8(from: &[i8; 16]) -> [__m256; 2] = {
                let bytes = _mm_loadu_si128(from.as_ptr().cast());
                let (low, high) = (_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_srli_si128::<8>(bytes)));
                [_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high)]
            };
        }

        #[inline(always)]
        fn row_store(self, x: [__m256; 2], to: &mut [f32; 16]) {
            // SAFETY: as in `lane_ops`: `to` has room for exactly these sixteen numbers.
            unsafe {
                _mm256_storeu_ps(to.as_mut_ptr(), x[0]);
                _mm256_storeu_ps(to.as_mut_ptr().add(8), x[1]);
            }
        }

        type Words = [__m256i; 2];

        lane_ops! {
            words(from: &[u32; 16]) -> [__m256i; 2] = {
                let at = from.as_ptr().cast::<__m256i>();
                [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))]
            };
            words_splat(x: i32) -> [__m256i; 2] = [_mm256_set1_epi32(x); 2];
            and(a: [__m256i; 2], b: [__m256i; 2]) -> [__m256i; 2] =
                [_mm256_and_si256(a[0], b[0]), _mm256_and_si256(a[1], b[1])];
            or(a: [__m256i; 2], b: [__m256i; 2]) -> [__m256i; 2] =
                [_mm256_or_si256(a[0], b[0]), _mm256_or_si256(a[1], b[1])];
            up16(x: [__m256i; 2], by: i32) -> [__m256i; 2] = {
                let by = _mm_cvtsi32_si128(by);
                [_mm256_sll_epi16(x[0], by), _mm256_sll_epi16(x[1], by)]
            };
            down16(x: [__m256i; 2], by: i32) -> [__m256i; 2] = {
                let by = _mm_cvtsi32_si128(by);
                [_mm256_srl_epi16(x[0], by), _mm256_srl_epi16(x[1], by)]
            };
            signed16(x: [__m256i; 2], by: i32) -> [__m256i; 2] = {
                let by = _mm_cvtsi32_si128(by);
                [_mm256_sra_epi16(x[0], by), _mm256_sra_epi16(x[1], by)]
            };
            up32(x: [__m256i; 2], by: i32) -> [__m256i; 2] = {
                let by = _mm_cvtsi32_si128(by);
                [_mm256_sll_epi32(x[0], by), _mm256_sll_epi32(x[1], by)]
            };
            down32(x: [__m256i; 2], by: i32) -> [__m256i; 2] = {
                let by = _mm_cvtsi32_si128(by);
                [_mm256_srl_epi32(x[0], by), _mm256_srl_epi32(x[1], by)]
            };
            signed32(x: [__m256i; 2], by: i32) -> [__m256i; 2] = {
                let by = _mm_cvtsi32_si128(by);
                [_mm256_sra_epi32(x[0], by), _mm256_sra_epi32(x[1], by)]
            };
            words_sub(a: [__m256i; 2], b: [__m256i; 2]) -> [__m256i; 2] =
                [_mm256_sub_epi32(a[0], b[0]), _mm256_sub_epi32(a[1], b[1])];
            dot(acc: [__m256i; 2], a: [__m256i; 2], b: [__m256i; 2]) -> [__m256i; 2] = if VNNI {
                [dot_vnni(acc[0], a[0], b[0]), dot_vnni(acc[1], a[1], b[1])]
            } else {
                [
                    _mm256_add_epi32(acc[0], _mm256_madd_epi16(a[0], b[0])),
                    _mm256_add_epi32(acc[1], _mm256_madd_epi16(a[1], b[1])),
                ]
            };
            to_row(x: [__m256i; 2]) -> [__m256; 2] = [_mm256_cvtepi32_ps(x[0]), _mm256_cvtepi32_ps(x[1])];
        }

        #[inline(always)]
        fn dot_at<const N: usize>(self, acc: [__m256i; 2], a: [__m256i; 2], b: &[i32; 8]) -> [__m256i; 2] {
            // SAFETY: `self` is the proof that these instructions exist.
            unsafe { if VNNI { dot_at_vnni::<N>(acc, a, b) } else { dot_at::<N>(acc, a, b) } }
        }

        const BYTE_ZERO_POINT: i32 = if VNNI { 128 } else { 0 };

        lane_ops! {
            bytes_to_multiply(w: [__m256i; 2], kind: ByteRange) -> [__m256i; 2] = if VNNI && kind == ByteRange::Signed {
                let by = _mm256_set1_epi8(i8::MIN);
                [_mm256_xor_si256(w[0], by), _mm256_xor_si256(w[1], by)]
            } else {
                w
            };
            bytes_total(acc: [__m256i; 2], kind: ByteRange) -> [__m256i; 2] = if VNNI || kind != ByteRange::Narrow {
                acc
            } else {
                let ones = _mm256_set1_epi16(1);
                [_mm256_madd_epi16(acc[0], ones), _mm256_madd_epi16(acc[1], ones)]
            };
        }

        #[inline(always)]
        fn dot_bytes_at<const N: usize>(
            self,
            acc: [__m256i; 2],
            w: [__m256i; 2],
            x: &[i32; 4],
            kind: ByteRange,
        ) -> [__m256i; 2] {
            // SAFETY: `self` is the proof that these instructions exist.
            unsafe {
                match kind {
                    _ if VNNI => dot_bytes_at_vnni::<N>(acc, w, x),
                    ByteRange::Narrow => dot_narrow_at::<N>(acc, w, x),
                    ByteRange::Unsigned => dot_unsigned_at::<N>(acc, w, x),
                    ByteRange::Signed => dot_signed_at::<N>(acc, w, x),
                }
            }
        }

        #[inline(always)]
        fn words_store(self, x: [__m256i; 2], to: &mut [u32; 16]) {
            // SAFETY: as in `lane_ops`: `to` has room for exactly these sixteen words.
            unsafe {
                let at = to.as_mut_ptr().cast::<__m256i>();
                _mm256_storeu_si256(at, x[0]);
                _mm256_storeu_si256(at.add(1), x[1]);
            }
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod absent {
    use super::super::{Kernel, scalar::Scalar};

    /// Never made on this architecture.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(in super::super) struct Avx2<const VNNI: bool>(std::convert::Infallible);

    impl<const VNNI: bool> Avx2<VNNI> {
        pub(in super::super) fn new() -> Option<Self> {
            None
        }
        pub(in super::super) fn plain(self) -> Avx2<false> {
            Avx2(self.0)
        }
        pub(in super::super) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
            kernel.run(Scalar)
        }
    }
}

//! Eight lanes in one 256-bit register. The only unsafe arithmetic of the project.
#![allow(unsafe_code)] // intrinsics, and the call into code compiled for AVX2; each with its reason
#![allow(clippy::cast_ptr_alignment)] // unaligned loads take pointers of the register's type

#[cfg(target_arch = "x86_64")]
pub(super) use x86::Avx2;

#[cfg(not(target_arch = "x86_64"))]
pub(super) use absent::Avx2;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::{Kernel, Lanes};
    use std::arch::x86_64::{
        __m128i, __m256, _CMP_LT_OQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm_loadl_epi64, _mm_loadu_si128,
        _mm256_add_epi32, _mm256_add_ps, _mm256_and_si256, _mm256_blendv_ps, _mm256_castsi256_ps, _mm256_cmp_ps,
        _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32, _mm256_cvtepu16_epi32, _mm256_cvtph_ps,
        _mm256_cvtps_epi32, _mm256_div_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps,
        _mm256_mul_ps, _mm256_round_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_slli_epi32, _mm256_srli_epi32,
        _mm256_storeu_ps, _mm256_sub_ps,
    };

    /// Proof that this processor has AVX2, FMA and F16C: only [`Avx2::new`] makes one.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(in super::super) struct Avx2(());

    impl Avx2 {
        pub(in super::super) fn new() -> Option<Self> {
            let found =
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
            found.then_some(Self(()))
        }

        /// Runs a kernel compiled for these instructions.
        pub(in super::super) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
            #[target_feature(enable = "avx2,fma,f16c")]
            fn compiled<K: Kernel>(proof: Avx2, kernel: K) -> K::Output {
                kernel.run(proof)
            }
            // SAFETY: `self` exists, so `new` has seen the features that `compiled` is built with.
            unsafe { compiled(self, kernel) }
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

    impl Lanes for Avx2 {
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
            exp2_whole(n: __m256) -> __m256 = {
                let biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
            };
            widen_f16(from: &[u16; 8]) -> __m256 = _mm256_cvtph_ps(_mm_loadu_si128(from.as_ptr().cast::<__m128i>()));
            widen_bf16(from: &[u16; 8]) -> __m256 = {
                let wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(from.as_ptr().cast::<__m128i>()));
                _mm256_castsi256_ps(_mm256_slli_epi32::<16>(wide))
            };
            widen_i8(from: &[i8; 8]) -> __m256 =
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.as_ptr().cast::<__m128i>())));
            widen_u4(from: &[u8; 8]) -> [__m256; 2] = {
                let wide = _mm256_cvtepu8_epi32(_mm_loadl_epi64(from.as_ptr().cast::<__m128i>()));
                let low = _mm256_and_si256(wide, _mm256_set1_epi32(15));
                [_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(_mm256_srli_epi32::<4>(wide))]
            };
        }

        #[inline(always)]
        fn store(self, x: __m256, to: &mut [f32; 8]) {
            // SAFETY: as in `lane_ops`: `to` has room for exactly these eight numbers.
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), x) }
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod absent {
    use super::super::{Kernel, scalar::Scalar};

    /// Never made on this architecture.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(in super::super) struct Avx2(std::convert::Infallible);

    impl Avx2 {
        pub(in super::super) fn new() -> Option<Self> {
            None
        }
        pub(in super::super) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
            kernel.run(Scalar)
        }
    }
}

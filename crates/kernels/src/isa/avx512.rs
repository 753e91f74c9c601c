//! A row of sixteen in one 512-bit register, and pairs of 16-bit numbers multiplied and added up in one instruction.
//!
//! Eight lanes stay what they are with AVX2: their order is part of the contract.
#![allow(unsafe_code)] // intrinsics, and the call into code compiled for AVX-512; each with its reason
#![allow(clippy::cast_ptr_alignment)] // unaligned loads take pointers of the register's type

#[cfg(target_arch = "x86_64")]
pub(super) use x86::Avx512;

#[cfg(not(target_arch = "x86_64"))]
pub(super) type Avx512 = super::avx2::Avx2<true>;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::asm::{dot, dot_bytes_in_order, dot_in_order};
    use super::super::avx2::Avx2;
    use super::super::{ByteRange, Kernel, Lanes};
    #[allow(clippy::wildcard_imports)] // some thirty intrinsics
    use std::arch::x86_64::*;

    /// Proof that this processor has AVX-512 F, BW, VL and VNNI: only [`Avx512::new`] makes one. It holds the proof of
    /// AVX2.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(in super::super) struct Avx512(Avx2<false>);

    impl Avx512 {
        pub(in super::super) fn new() -> Option<Self> {
            let found = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vnni");
            Avx2::new().filter(|_| found).map(Self)
        }

        /// Runs a kernel compiled for these instructions.
        pub(in super::super) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
            #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
            fn compiled<K: Kernel>(proof: Avx512, kernel: K) -> K::Output {
                kernel.run(proof)
            }
            // SAFETY: `self` exists, so `new` has seen the features that `compiled` is built with.
            unsafe { compiled(self, kernel) }
        }
    }

    /// Operations as AVX2 has them.
    macro_rules! as_avx2 {
        ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => { $(
            #[inline(always)]
            fn $name(self, $($arg: $kind),*) -> $out {
                self.0.$name($($arg),*)
            }
        )* };
    }

    /// One safe method over one expression of intrinsics.
    macro_rules! row_ops {
        ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty = $body:expr;)*) => { $(
            #[inline(always)]
            fn $name(self, $($arg: $kind),*) -> $out {
                // SAFETY: `self` is the proof that these instructions exist; pointers come from references to
                // arrays of exactly the size that is read or written, and need not be aligned.
                unsafe { $body }
            }
        )* };
    }

    impl Lanes for Avx512 {
        const WIDE: bool = true;
        const PAIRED: bool = true;
        const FUSED: bool = true;

        #[inline(always)]
        fn call<K: Kernel>(self, kernel: K) -> K::Output {
            self.enter(kernel)
        }

        type F = <Avx2<false> as Lanes>::F;

        as_avx2! {
            splat(x: f32) -> Self::F;
            load(from: &[f32; 8]) -> Self::F;
            store(x: Self::F, to: &mut [f32; 8]) -> ();
            add(a: Self::F, b: Self::F) -> Self::F;
            sub(a: Self::F, b: Self::F) -> Self::F;
            mul(a: Self::F, b: Self::F) -> Self::F;
            div(a: Self::F, b: Self::F) -> Self::F;
            mul_add(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
            max(a: Self::F, b: Self::F) -> Self::F;
            min(a: Self::F, b: Self::F) -> Self::F;
            select_less(a: Self::F, b: Self::F, yes: Self::F, no: Self::F) -> Self::F;
            round(x: Self::F) -> Self::F;
            pairs(x: Self::F) -> [i32; 4];
            bytes(x: [Self::F; 4]) -> [i32; 8];
            exp2_integer(n: Self::F) -> Self::F;
            transpose(rows: [Self::F; 8]) -> [Self::F; 8];
        }

        type Row = __m512;

        row_ops! {
            row_splat(x: f32) -> __m512 = _mm512_set1_ps(x);
            row_load(from: &[f32; 16]) -> __m512 = _mm512_loadu_ps(from.as_ptr());
            row_store(x: __m512, to: &mut [f32; 16]) -> () = _mm512_storeu_ps(to.as_mut_ptr(), x);
            row_mul(a: __m512, b: __m512) -> __m512 = _mm512_mul_ps(a, b);
            row_mul_add(a: __m512, b: __m512, c: __m512) -> __m512 = _mm512_fmadd_ps(a, b, c);
            row_f16(from: &[u16; 16]) -> __m512 = _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast()));
            row_bf16(from: &[u16; 16]) -> __m512 = {
                let words = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.as_ptr().cast()));
                _mm512_castsi512_ps(_mm512_slli_epi32::<16>(words))
            };
            row_i8(from: &[i8; 16]) -> __m512 =
                _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.as_ptr().cast())));
        }

        type Words = __m512i;

        row_ops! {
            words(from: &[u32; 16]) -> __m512i = _mm512_loadu_si512(from.as_ptr().cast());
            words_store(x: __m512i, to: &mut [u32; 16]) -> () = _mm512_storeu_si512(to.as_mut_ptr().cast(), x);
            words_splat(x: i32) -> __m512i = _mm512_set1_epi32(x);
            and(a: __m512i, b: __m512i) -> __m512i = _mm512_and_si512(a, b);
            or(a: __m512i, b: __m512i) -> __m512i = _mm512_or_si512(a, b);
            up16(x: __m512i, by: i32) -> __m512i = _mm512_sll_epi16(x, _mm_cvtsi32_si128(by));
            down16(x: __m512i, by: i32) -> __m512i = _mm512_srl_epi16(x, _mm_cvtsi32_si128(by));
            signed16(x: __m512i, by: i32) -> __m512i = _mm512_sra_epi16(x, _mm_cvtsi32_si128(by));
            up32(x: __m512i, by: i32) -> __m512i = _mm512_sll_epi32(x, _mm_cvtsi32_si128(by));
            down32(x: __m512i, by: i32) -> __m512i = _mm512_srl_epi32(x, _mm_cvtsi32_si128(by));
            signed32(x: __m512i, by: i32) -> __m512i = _mm512_sra_epi32(x, _mm_cvtsi32_si128(by));
            words_sub(a: __m512i, b: __m512i) -> __m512i = _mm512_sub_epi32(a, b);
            dot(acc: __m512i, a: __m512i, b: __m512i) -> __m512i = dot(acc, a, b);
            to_row(x: __m512i) -> __m512 = _mm512_cvtepi32_ps(x);
        }

        #[inline(always)]
        fn dot_at<const N: usize>(self, acc: __m512i, a: __m512i, b: &[i32; 8]) -> __m512i {
            // SAFETY: `self` is the proof that these instructions exist.
            unsafe { dot_in_order(acc, a, _mm512_set1_epi32(b[N])) }
        }

        const BYTE_ZERO_POINT: i32 = 128;

        #[inline(always)]
        fn bytes_to_multiply(self, w: __m512i, kind: ByteRange) -> __m512i {
            // SAFETY: as above.
            if kind == ByteRange::Signed { unsafe { _mm512_xor_si512(w, _mm512_set1_epi8(i8::MIN)) } } else { w }
        }

        #[inline(always)]
        fn dot_bytes_at<const N: usize>(self, acc: __m512i, w: __m512i, x: &[i32; 4], _: ByteRange) -> __m512i {
            // SAFETY: as above.
            unsafe { dot_bytes_in_order(acc, w, _mm512_set1_epi32(x[N])) }
        }

        #[inline(always)]
        fn bytes_total(self, acc: __m512i, _: ByteRange) -> __m512i {
            acc
        }
    }
}

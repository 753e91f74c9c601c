//! AVX2 with one instruction more: multiply pairs of 16-bit numbers and add them up in one step.
//!
//! Needs AVX-512 VNNI and VL, of which only that instruction and sixteen more registers are used. Registers of 512 bits
//! are not: on the processors at hand they lowered the clock by more than they gained.
#![allow(unsafe_code)] // one intrinsic, and the call into code compiled for it; each with its reason

#[cfg(target_arch = "x86_64")]
pub(super) use x86::Vnni;

#[cfg(not(target_arch = "x86_64"))]
pub(super) use super::avx2::Avx2 as Vnni;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::avx2::Avx2;
    use super::super::{Kernel, Lanes};
    use std::arch::x86_64::_mm256_dpwssd_epi32;

    /// Proof that this processor has these instructions: only [`Vnni::new`] makes one. It holds the proof of AVX2.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(in super::super) struct Vnni(Avx2);

    impl Vnni {
        pub(in super::super) fn new() -> Option<Self> {
            let found = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vnni");
            Avx2::new().filter(|_| found).map(Self)
        }

        /// Runs a kernel compiled for these instructions.
        pub(in super::super) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
            #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl,avx512vnni")]
            fn compiled<K: Kernel>(proof: Vnni, kernel: K) -> K::Output {
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

    impl Lanes for Vnni {
        const WIDE: bool = true;

        type F = <Avx2 as Lanes>::F;
        type Row = <Avx2 as Lanes>::Row;
        type Words = <Avx2 as Lanes>::Words;

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
            whole(x: Self::F) -> [i32; 8];
            exp2_whole(n: Self::F) -> Self::F;
            row_splat(x: f32) -> Self::Row;
            row_load(from: &[f32; 16]) -> Self::Row;
            row_store(x: Self::Row, to: &mut [f32; 16]) -> ();
            row_mul(a: Self::Row, b: Self::Row) -> Self::Row;
            row_mul_add(a: Self::Row, b: Self::Row, c: Self::Row) -> Self::Row;
            row_f16(from: &[u16; 16]) -> Self::Row;
            row_bf16(from: &[u16; 16]) -> Self::Row;
            row_i8(from: &[i8; 16]) -> Self::Row;
            prefetch(at: *const u8) -> ();
            words(from: &[u32; 16]) -> Self::Words;
            words_store(x: Self::Words, to: &mut [u32; 16]) -> ();
            words_splat(x: i32) -> Self::Words;
            and(a: Self::Words, b: Self::Words) -> Self::Words;
            or(a: Self::Words, b: Self::Words) -> Self::Words;
            up16(x: Self::Words, by: i32) -> Self::Words;
            down16(x: Self::Words, by: i32) -> Self::Words;
            signed16(x: Self::Words, by: i32) -> Self::Words;
            up32(x: Self::Words, by: i32) -> Self::Words;
            down32(x: Self::Words, by: i32) -> Self::Words;
            signed32(x: Self::Words, by: i32) -> Self::Words;
            words_sub(a: Self::Words, b: Self::Words) -> Self::Words;
            to_row(x: Self::Words) -> Self::Row;
        }

        #[inline(always)]
        fn dot(self, acc: Self::Words, a: Self::Words, b: Self::Words) -> Self::Words {
            // SAFETY: `self` is the proof that this instruction exists.
            unsafe { [_mm256_dpwssd_epi32(acc[0], a[0], b[0]), _mm256_dpwssd_epi32(acc[1], a[1], b[1])] }
        }
    }
}

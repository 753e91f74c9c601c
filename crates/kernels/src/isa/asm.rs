//! Products of integers by the name of their instruction: what LLVM makes of the intrinsics is slower, for the reasons below.
#![cfg(target_arch = "x86_64")]
#![allow(unsafe_code)] // assembly; each with its reason

use std::arch::asm;
use std::arch::x86_64::{__m256i, __m512i, _mm256_abs_epi8, _mm256_set1_epi16};

/// Adds to the sums in `low` and `high` the products of `w0` and `w1` with word `N` of several, `x`: by name, and kept in order. LLVM
/// would add up integers in another order, which takes more registers than there are, or carry one row's sum through
/// all pairs before the next row's, which waits for itself. What follows the instructions are operands beside those named here.
macro_rules! in_order {
    ($(#[$doc:meta])* $name:ident($w:ident, $words:literal), $features:literal: $($line:literal)+; $($operands:tt)*) => {
        $(#[$doc])*
        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn $name<const N: usize>(acc: [__m256i; 2], $w: [__m256i; 2], x: &[i32; $words]) -> [__m256i; 2] {
            const { assert!(N < $words) };
            let [mut low, mut high] = acc;
            // SAFETY: the instructions are among those that this function is compiled for, and read a word that is there.
            unsafe {
                asm!(
                    "vpbroadcastd {x}, [{all} + {at}]",
                    $($line,)+
                    low = inout(ymm_reg) low,
                    high = inout(ymm_reg) high,
                    w0 = in(ymm_reg) $w[0],
                    w1 = in(ymm_reg) $w[1],
                    x = out(ymm_reg) _,
                    all = in(reg) x.as_ptr(),
                    at = const N * 4,
                    $($operands)*
                    options(readonly, nostack, preserves_flags),
                );
            }
            [low, high]
        }
    };
}

in_order!(
    /// Pairs of 16-bit numbers.
    dot_at(w, 8), "avx2,fma,f16c":
    "vpmaddwd {product}, {w0}, {x}"
    "vpaddd {low}, {low}, {product}"
    "vpmaddwd {x}, {w1}, {x}"
    "vpaddd {high}, {high}, {x}";
    product = out(ymm_reg) _,
);
in_order!(
    /// Narrow bytes, added up in sixteen bits.
    dot_narrow_at(w, 4), "avx2,fma,f16c":
    "vpmaddubsw {product}, {w0}, {x}"
    "vpaddw {low}, {low}, {product}"
    "vpmaddubsw {x}, {w1}, {x}"
    "vpaddw {high}, {high}, {x}";
    product = out(ymm_reg) _,
);
in_order!(
    /// Unsigned bytes, of which two products fit into sixteen bits.
    dot_unsigned_at(w, 4), "avx2,fma,f16c":
    "vpmaddubsw {product}, {w0}, {x}"
    "vpmaddwd {product}, {product}, {ones}"
    "vpaddd {low}, {low}, {product}"
    "vpmaddubsw {x}, {w1}, {x}"
    "vpmaddwd {x}, {x}, {ones}"
    "vpaddd {high}, {high}, {x}";
    product = out(ymm_reg) _,
    ones = in(ymm_reg) _mm256_set1_epi16(1),
);
in_order!(
    /// Signed bytes: the sizes of the weights, unsigned, times activations with the weights' signs, so that two products fit
    /// into sixteen bits.
    dot_signed_at(w, 4), "avx2,fma,f16c":
    "vpsignb {product}, {x}, {w0}"
    "vpmaddubsw {product}, {s0}, {product}"
    "vpmaddwd {product}, {product}, {ones}"
    "vpaddd {low}, {low}, {product}"
    "vpsignb {x}, {x}, {w1}"
    "vpmaddubsw {x}, {s1}, {x}"
    "vpmaddwd {x}, {x}, {ones}"
    "vpaddd {high}, {high}, {x}";
    product = out(ymm_reg) _,
    ones = in(ymm_reg) _mm256_set1_epi16(1),
    s0 = in(ymm_reg) _mm256_abs_epi8(w[0]),
    s1 = in(ymm_reg) _mm256_abs_epi8(w[1]),
);
in_order!(
    /// Pairs of 16-bit numbers, where one instruction does both.
    dot_at_vnni(w, 8), "avx2,fma,f16c,avxvnni":
    "{{vex}} vpdpwssd {low}, {w0}, {x}"
    "{{vex}} vpdpwssd {high}, {w1}, {x}";
);
in_order!(
    /// Unsigned bytes by signed ones in the same way.
    dot_bytes_at_vnni(w, 4), "avx2,fma,f16c,avxvnni":
    "{{vex}} vpdpbusd {low}, {w0}, {x}"
    "{{vex}} vpdpbusd {high}, {w1}, {x}";
);

/// Pairs of 16-bit numbers with AVX-VNNI, in no order, as [`dot`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avxvnni")]
pub(super) fn dot_vnni(acc: __m256i, a: __m256i, b: __m256i) -> __m256i {
    let mut acc = acc;
    // SAFETY: the instruction is one of those that this function is compiled for, and touches registers alone.
    unsafe {
        asm!(
            "{{vex}} vpdpwssd {acc}, {a}, {b}",
            acc = inout(ymm_reg) acc,
            a = in(ymm_reg) a,
            b = in(ymm_reg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    acc
}

/// A product and its sum in one instruction, by name.
macro_rules! by_name {
    ($(#[$doc:meta])* $name:ident = $instruction:literal, $($option:ident),+) => {
        $(#[$doc])*
        #[inline]
        #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
        pub(super) fn $name(acc: __m512i, a: __m512i, b: __m512i) -> __m512i {
            let mut acc = acc;
            // SAFETY: the instruction is one of those that this function is compiled for, and touches registers alone.
            unsafe {
                asm!(
                    concat!($instruction, " {acc}, {a}, {b}"),
                    acc = inout(zmm_reg) acc,
                    a = in(zmm_reg) a,
                    b = in(zmm_reg) b,
                    options($($option),+),
                );
            }
            acc
        }
    };
}

by_name!(
    /// LLVM takes the intrinsic apart into a product and a sum, because a sum alone is done sooner. With many chains in
    /// flight, what counts is the number of instructions.
    dot = "vpdpwssd", pure, nomem, nostack, preserves_flags
);
by_name!(
    /// `vpdpwssd` kept in order, for loops whose sums fill the registers.
    dot_in_order = "vpdpwssd", nomem, nostack, preserves_flags
);
by_name!(
    /// Products of unsigned bytes by signed ones, in order.
    dot_bytes_in_order = "vpdpbusd", nomem, nostack, preserves_flags
);

//! Products of whole numbers by the name of their instruction: what LLVM makes of the intrinsics is slower, for the reasons below.
#![cfg(target_arch = "x86_64")]
#![allow(unsafe_code)] // assembly; each with its reason

use std::arch::asm;
use std::arch::x86_64::{__m256i, __m512i, _mm256_abs_epi8, _mm256_set1_epi16};

/// Products and sums of what two registers hold with word `N` of several, by name, and kept in order: LLVM would add up whole
/// numbers in another order, which takes more registers than there are, or carry one row's sum through all pairs before
/// the next row's, which waits for itself.
macro_rules! in_order {
    ($(#[$doc:meta])* $name:ident, $words:literal, $product:literal, $sum:literal) => {
        $(#[$doc])*
        #[inline]
        #[target_feature(enable = "avx2,fma,f16c")]
        pub(super) fn $name<const N: usize>(acc: [__m256i; 2], w: [__m256i; 2], x: &[i32; $words]) -> [__m256i; 2] {
            const { assert!(N < $words) };
            let [mut low, mut high] = acc;
            // SAFETY: the instructions are among those that this function is compiled for, and read a word that is there.
            unsafe {
                asm!(
                    "vpbroadcastd {x}, [{all} + {at}]",
                    concat!($product, " {product}, {w0}, {x}"),
                    concat!($sum, " {low}, {low}, {product}"),
                    concat!($product, " {x}, {w1}, {x}"),
                    concat!($sum, " {high}, {high}, {x}"),
                    low = inout(ymm_reg) low,
                    high = inout(ymm_reg) high,
                    w0 = in(ymm_reg) w[0],
                    w1 = in(ymm_reg) w[1],
                    x = out(ymm_reg) _,
                    product = out(ymm_reg) _,
                    all = in(reg) x.as_ptr(),
                    at = const N * 4,
                    options(readonly, nostack, preserves_flags),
                );
            }
            [low, high]
        }
    };
}

/// The same where one instruction does both.
macro_rules! in_order_vnni {
    ($(#[$doc:meta])* $name:ident, $words:literal, $instruction:literal) => {
        $(#[$doc])*
        #[inline]
        #[target_feature(enable = "avx2,fma,f16c,avxvnni")]
        pub(super) fn $name<const N: usize>(acc: [__m256i; 2], w: [__m256i; 2], x: &[i32; $words]) -> [__m256i; 2] {
            const { assert!(N < $words) };
            let [mut low, mut high] = acc;
            // SAFETY: as in `in_order`.
            unsafe {
                asm!(
                    "vpbroadcastd {x}, [{all} + {at}]",
                    concat!("{{vex}} ", $instruction, " {low}, {w0}, {x}"),
                    concat!("{{vex}} ", $instruction, " {high}, {w1}, {x}"),
                    low = inout(ymm_reg) low,
                    high = inout(ymm_reg) high,
                    w0 = in(ymm_reg) w[0],
                    w1 = in(ymm_reg) w[1],
                    x = out(ymm_reg) _,
                    all = in(reg) x.as_ptr(),
                    at = const N * 4,
                    options(readonly, nostack, preserves_flags),
                );
            }
            [low, high]
        }
    };
}

in_order!(
    /// Pairs of 16-bit numbers.
    dot_at, 8, "vpmaddwd", "vpaddd"
);
in_order!(
    /// Narrow bytes, added up in sixteen bits.
    dot_narrow_at, 4, "vpmaddubsw", "vpaddw"
);
in_order_vnni!(
    /// Pairs of 16-bit numbers.
    dot_at_vnni, 8, "vpdpwssd"
);
in_order_vnni!(
    /// Unsigned bytes by signed ones.
    dot_bytes_at_vnni, 4, "vpdpbusd"
);

/// Unsigned bytes, of which two products fit into sixteen bits.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn dot_unsigned_at<const N: usize>(acc: [__m256i; 2], w: [__m256i; 2], x: &[i32; 4]) -> [__m256i; 2] {
    const { assert!(N < 4) };
    let [mut low, mut high] = acc;
    // SAFETY: as in `in_order`.
    unsafe {
        asm!(
            "vpbroadcastd {x}, [{all} + {at}]",
            "vpmaddubsw {product}, {w0}, {x}",
            "vpmaddwd {product}, {product}, {ones}",
            "vpaddd {low}, {low}, {product}",
            "vpmaddubsw {x}, {w1}, {x}",
            "vpmaddwd {x}, {x}, {ones}",
            "vpaddd {high}, {high}, {x}",
            low = inout(ymm_reg) low,
            high = inout(ymm_reg) high,
            w0 = in(ymm_reg) w[0],
            w1 = in(ymm_reg) w[1],
            ones = in(ymm_reg) _mm256_set1_epi16(1),
            x = out(ymm_reg) _,
            product = out(ymm_reg) _,
            all = in(reg) x.as_ptr(),
            at = const N * 4,
            options(readonly, nostack, preserves_flags),
        );
    }
    [low, high]
}

/// Products of signed bytes: the sizes of the weights, unsigned, times activations with the weights' signs, so that two
/// products fit into sixteen bits.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn dot_signed_at<const N: usize>(acc: [__m256i; 2], w: [__m256i; 2], x: &[i32; 4]) -> [__m256i; 2] {
    const { assert!(N < 4) };
    let [mut low, mut high] = acc;
    let sizes = [_mm256_abs_epi8(w[0]), _mm256_abs_epi8(w[1])];
    // SAFETY: as in `in_order`.
    unsafe {
        asm!(
            "vpbroadcastd {x}, [{all} + {at}]",
            "vpsignb {product}, {x}, {w0}",
            "vpmaddubsw {product}, {s0}, {product}",
            "vpmaddwd {product}, {product}, {ones}",
            "vpaddd {low}, {low}, {product}",
            "vpsignb {x}, {x}, {w1}",
            "vpmaddubsw {x}, {s1}, {x}",
            "vpmaddwd {x}, {x}, {ones}",
            "vpaddd {high}, {high}, {x}",
            low = inout(ymm_reg) low,
            high = inout(ymm_reg) high,
            w0 = in(ymm_reg) w[0],
            w1 = in(ymm_reg) w[1],
            s0 = in(ymm_reg) sizes[0],
            s1 = in(ymm_reg) sizes[1],
            ones = in(ymm_reg) _mm256_set1_epi16(1),
            x = out(ymm_reg) _,
            product = out(ymm_reg) _,
            all = in(reg) x.as_ptr(),
            at = const N * 4,
            options(readonly, nostack, preserves_flags),
        );
    }
    [low, high]
}

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
    /// The same, kept in order.
    dot_in_order = "vpdpwssd", nomem, nostack, preserves_flags
);
by_name!(
    /// Products of unsigned bytes by signed ones, in order.
    dot_bytes_in_order = "vpdpbusd", nomem, nostack, preserves_flags
);

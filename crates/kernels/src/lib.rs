//! Numbers in, numbers out: the arithmetic that a language model on a CPU needs, made reproducible.
//!
//! What goes in: slices of `f32`, weights as a [`Matrix`], and a [`Compute`] that says which
//! instructions and how many threads to use. What comes out: slices of `f32`. This crate knows nothing of
//! tensors, models or files.
//!
//! # The numerics contract
//!
//! **Every output is computed by one thread, by the same steps in the same order, whatever the batch, the tile,
//! the prompt chunk, the thread count or the instruction set.** The same inputs give the same bits, always. In
//! detail:
//!
//! * Threads split *outputs* (columns of a product, heads, rows), never a sum.
//! * A product of activations and weights is **one chain of fused multiply-adds along k** for each output, begun
//!   from the bias: `acc = bias; for k in 0..K { acc = fma(x[k], w[k], acc) }`. A fused multiply-add rounds once
//!   and is the same on every machine. Tiles only choose which chains run side by side.
//! * A stored weight *means* one `f32`, whatever format it is stored in ([`Encoding`] says which), and a product of f32
//!   activations uses that value. So a q8_0 file and the same file widened to f32 give the same bits.
//! * Where quantised weights are met by integers ([`ActivationFormat`]), the sum over a group of weights that share
//!   a scale is exact, in whatever order it is taken; groups follow each other in one chain:
//!   `acc = fma(sum, weight scale * activation scale, acc)`, then `acc = fma(minimum, sum of activations, acc)` where the
//!   format has minima. How activations are rounded depends on their own row alone. One that is kept apart (`I16`) is a zero
//!   in the exact sum, and is added to it: `sum = fma(its weight, activation / activation scale, sum)`.
//! * Other sums over a row (norms, the softmax) use eight partial sums, the j-th over the elements `j, j + 8, ...`,
//!   joined by one fixed tree: `((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7))`. Eight is part of the contract, not the
//!   width of a register.
//! * `exp` is our own polynomial, `erf` and the trigonometric functions are `libm`'s: never the platform's.
//! * NaN is kept out: weights are checked when they are read, rows of logits after they are computed.
//!
//! Tests compare bits, not tolerances: each kernel runs with every available instruction set, over many lengths,
//! tiles and thread counts, and must agree with the scalar path exactly.
//!
//! # How it is organised
//!
//! `isa` holds one trait, `Lanes` (SIMD): eight `f32` side by side, rows of sixteen, sixteen words of integers. Each kernel
//! is written once over that trait and compiled for every instruction set; [`Isa`] is a value that proves its
//! instructions exist. `panel` says how weights lie, `in_place` uses those of a file before they are packed, `product`
//! multiplies them (matmul: GEMM, and GEMV for one row; quantized matmul in its `integers`), `pool` is the thread pool.
//! Unsafe code is the intrinsics (three products of integers written by name) with one call into each instruction set's code,
//! the columns of `stripe` and the borrowed job of `pool`.
//!
//! # Reading order
//!
//! Each module uses only those before it, which a test holds: `tuning`, `isa`, `encoding`, `aligned`, `scratch`, `prefetch`,
//! `pool`, `compute`, `exp`, `row`, `softcap`, `stripe`, `source`, `panel`, `in_place`, `matrix`, `product`, `attend`, `norm`, `rope`,
//! `activation`, `maxima`, `bandwidth`.
//!
//! # An example
//!
//! ```
//! use beamline_kernels::{Compute, Encoding, Layout, Matrix, Source};
//!
//! let compute = Compute::scalar();
//! // Two outputs of three inputs, stored [out, in].
//! let weights: Vec<u8> = [1.0f32, 2.0, 3.0, 0.5, 0.0, -1.0].iter().flat_map(|w| w.to_le_bytes()).collect();
//! let source = Source { encoding: Encoding::F32, layout: Layout::OutIn, bytes: &weights, outputs: 2, inputs: 3, order: None };
//! let matrix = Matrix::pack(&source, None, &compute)?;
//! let mut out = [0.0; 2];
//! matrix.product(&[1.0, 1.0, 1.0], None, &mut out, &compute);
//! assert_eq!(out, [6.0, -0.5]);
//! # Ok::<(), beamline_kernels::PackError>(())
//! ```
#![deny(unsafe_code)]
#![allow(clippy::inline_always)] // a kernel is compiled inside each instruction set's entry, or not for it at all

mod activation;
mod aligned;
mod attend;
mod bandwidth;
mod compute;
mod encoding;
mod exp;
mod in_place;
mod isa;
mod matrix;
mod maxima;
mod norm;
mod panel;
mod pool;
mod prefetch;
mod product;
mod rope;
mod row;
mod scratch;
mod softcap;
mod source;
mod stripe;
mod tuning;

pub use activation::Activation;
pub use attend::{Attention, KV_BLOCK, Query, attend};
pub use bandwidth::read_bandwidth;
pub use compute::{Compute, ComputeError};
pub use encoding::{ActivationFormat, Encoding, UnknownActivations, UnknownEncoding};
pub use in_place::WeightBytes;
pub use isa::Isa;
pub use matrix::Matrix;
pub use maxima::{MAXIMA_CHUNK, all_finite, argmax, below_infinity, chunk_maxima, row_max};
pub use norm::{layer_norm, rms_norm};
pub use product::{Product, products};
pub use rope::{Rotation, rotate};
pub use row::{RowSums, add, multiply, row_sums, scale};
pub use scratch::Scratch;
pub use softcap::cap_row;
pub use source::{Layout, PackError, Source};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! The numerics contract: the same bits from every instruction set, thread count, tile and batch.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_kernels::{
    Activation, ActivationFormat, Attention, Compute, Encoding, Isa, KV_BLOCK as BLOCK, Layout, Matrix, PackError,
    Product, Query, Source, add, attend, layer_norm, products, rms_norm, row_sums,
};
use proptest::prelude::*;

/// Numbers of many sizes, the same for the same seed.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    (0..count).map(|_| (next() as f32 / u32::MAX as f32 - 0.5) * [0.01, 1.0, 8.0][next() as usize % 3]).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn computes() -> Vec<Compute> {
    Isa::available().into_iter().flat_map(|isa| [1, 2, 3].map(|threads| Compute::new(isa, threads).unwrap())).collect()
}

fn pack(weights: &[f32], outputs: usize, inputs: usize, encoding: Encoding, compute: &Compute) -> Matrix {
    let bytes: Vec<u8> = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
    let source = Source { encoding: Encoding::F32, layout: Layout::OutIn, bytes: &bytes, outputs, inputs, order: None };
    Matrix::pack(&source, Some(encoding), compute).unwrap()
}

/// The contract's chain, spelled out.
fn chain(x: &[f32], matrix: &Matrix, bias: &[f32], output: usize) -> f32 {
    let mut weights = vec![0.0; matrix.inputs()];
    matrix.row(output, &mut weights);
    x.iter().zip(&weights).fold(bias[output], |acc, (x, w)| x.mul_add(*w, acc))
}

#[test]
fn products_are_one_chain_whatever_the_tile_batch_threads_and_instructions() {
    let shapes = [(1, 1), (5, 3), (16, 32), (17, 67), (64, 64), (130, 300), (49, 803), (300, 40)];
    for (case, (outputs, inputs)) in shapes.into_iter().enumerate() {
        let weights = numbers(outputs * inputs, case as u32 + 1);
        let bias = numbers(outputs, 77);
        for encoding in Encoding::WRITABLE {
            let matrix = pack(&weights, outputs, inputs, encoding, &Compute::scalar());
            // 101: more than meet all weights together; 803 inputs are more than many rows meet at a time.
            for rows in [1, 2, 3, 4, 5, 6, 7, 8, 13, 24].into_iter().chain(matches!(outputs, 17 | 49).then_some(101)) {
                let x = numbers(rows * inputs, 99);
                let expected: Vec<f32> = x
                    .chunks(inputs)
                    .flat_map(|x| (0..outputs).map(|o| chain(x, &matrix, &bias, o)).collect::<Vec<_>>())
                    .collect();
                for compute in computes() {
                    let mut out = vec![f32::NAN; rows * outputs];
                    matrix.product(&x, Some(&bias), &mut out, &compute);
                    assert_eq!(bits(&out), bits(&expected), "{outputs}x{inputs} {encoding}, {rows} rows, {compute:?}");
                }
            }
        }
    }
}

/// The contract's chain of groups, spelled out: exact sums inside a group, one multiply-add a group.
fn grouped(x: &[f32], weights: &[f32], bias: f32, encoding: Encoding, format: ActivationFormat) -> f32 {
    let mut raw = Vec::new();
    encoding.encode(weights, &mut raw);
    support::spelled_out(encoding, format, &raw, x, bias)
}

#[test]
fn integer_products_are_one_chain_of_groups_whatever_the_tile_batch_threads_and_instructions() {
    let shapes = [(1, 32), (17, 64), (64, 96), (130, 288), (49, 800), (300, 40), (5, 3)];
    for (case, (outputs, inputs)) in shapes.into_iter().enumerate() {
        let weights = numbers(outputs * inputs, case as u32 + 1);
        let bias = numbers(outputs, 77);
        for encoding in [Encoding::Q8_0, Encoding::Q4_0, Encoding::Q4_1, Encoding::Q5_0, Encoding::Q5_1] {
            for format in [ActivationFormat::I16, ActivationFormat::I8] {
                let matrix = pack(&weights, outputs, inputs, encoding, &Compute::scalar()).with_activations(format);
                for rows in [1, 2, 3, 4, 5, 6, 7, 8, 13].into_iter().chain(matches!(outputs, 17 | 49).then_some(101)) {
                    let x = numbers(rows * inputs, 99);
                    // A row alone, in plain Rust, is the reference.
                    let mut expected = vec![0.0; rows * outputs];
                    for (x, out) in x.chunks(inputs).zip(expected.chunks_mut(outputs)) {
                        matrix.product(x, Some(&bias), out, &Compute::scalar());
                        for o in (0..outputs).step_by(7) {
                            let exact = grouped(x, &weights[o * inputs..][..inputs], bias[o], encoding, format);
                            assert_eq!(
                                out[o].to_bits(),
                                exact.to_bits(),
                                "{encoding} {format}: {} is not {exact}",
                                out[o]
                            );
                        }
                    }
                    for compute in computes() {
                        let mut out = vec![f32::NAN; rows * outputs];
                        matrix.product(&x, Some(&bias), &mut out, &compute);
                        assert_eq!(
                            bits(&out),
                            bits(&expected),
                            "{outputs}x{inputs} {encoding} {format}, {rows} rows, {compute:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn integer_products_show_what_is_not_finite_and_bear_what_is_nearly_nothing() {
    for format in [ActivationFormat::I16, ActivationFormat::I8] {
        let matrix = pack(&[0.5; 64], 1, 64, Encoding::Q4_1, &Compute::scalar()).with_activations(format);
        for compute in computes() {
            let non_finite =
                [f32::NAN, f32::INFINITY].into_iter().flat_map(|value| [0.0, 1.0, 100.0].map(|beside| (value, beside)));
            let small = [(0.0, 0.0), (1e-40, 0.0), (1e-30, 1e-36), (1e-33, 1e-40)];
            let large = [(1e38, 0.0), (3e38, 1.0), (3e38, 1e33), (3e38, 3e37)];
            for (value, beside) in non_finite.chain(small).chain(large) {
                let mut x = [0.0; 64];
                (x[33], x[37]) = (beside, value);
                let mut out = [f32::NAN];
                matrix.product(&x, None, &mut out, &compute);
                let exact = f64::from(value) * 0.5 + f64::from(beside) * 0.5;
                let near = (f64::from(out[0]) - exact).abs() <= 0.01 * exact + 1e-33;
                assert_eq!(near, exact.is_finite(), "{value} and {beside} in {format} gave {}", out[0]);
                assert_eq!(out[0].is_finite(), value.is_finite(), "{value} and {beside} in {format} gave {}", out[0]);
            }
        }
    }
}

#[test]
fn several_products_of_one_input_are_each_as_if_alone() {
    let (inputs, rows) = (96, 3);
    let x = numbers(rows * inputs, 4);
    let of =
        |outputs: usize, encoding| pack(&numbers(outputs * inputs, 9), outputs, inputs, encoding, &Compute::scalar());
    let matrices = [
        of(100, Encoding::F32),
        of(17, Encoding::Q8_0).with_activations(ActivationFormat::I16),
        of(300, Encoding::Q4_1).with_activations(ActivationFormat::I16),
        of(40, Encoding::Q4_0),
    ];
    for compute in computes() {
        let mut outs: Vec<Vec<f32>> = matrices.iter().map(|m| vec![0.0; rows * m.outputs()]).collect();
        let product = |(matrix, out)| Product { matrix, bias: None, out };
        products(&x, matrices.iter().zip(outs.iter_mut().map(Vec::as_mut_slice)).map(product).collect(), &compute);
        for (matrix, out) in matrices.iter().zip(&outs) {
            let mut alone = vec![0.0; out.len()];
            matrix.product(&x, None, &mut alone, &compute);
            assert_eq!(bits(&alone), bits(out), "{matrix:?}");
        }
    }
}

#[test]
fn a_stored_order_and_a_transposed_layout_give_the_same_matrix() {
    let (outputs, inputs) = (37, 20);
    let weights = numbers(outputs * inputs, 5);
    let compute = Compute::scalar();
    let plain = pack(&weights, outputs, inputs, Encoding::F32, &compute);
    let order: Vec<usize> = (0..outputs).rev().collect();
    let reversed: Vec<u8> = weights.chunks(inputs).rev().flatten().flat_map(|w| w.to_le_bytes()).collect();
    let transposed: Vec<u8> = (0..inputs)
        .flat_map(|i| (0..outputs).map(move |o| (o, i)))
        .flat_map(|(o, i)| weights[o * inputs + i].to_le_bytes())
        .collect();
    let f32 = Encoding::F32;
    let sources = [
        Source { encoding: f32, layout: Layout::OutIn, bytes: &reversed, outputs, inputs, order: Some(&order) },
        Source { encoding: f32, layout: Layout::InOut, bytes: &transposed, outputs, inputs, order: None },
    ];
    for source in sources {
        let other = Matrix::pack(&source, None, &compute).unwrap();
        for output in 0..outputs {
            let (mut a, mut b) = (vec![0.0; inputs], vec![0.0; inputs]);
            plain.row(output, &mut a);
            other.row(output, &mut b);
            assert_eq!(bits(&a), bits(&b));
        }
    }
}

#[test]
fn weights_that_are_no_numbers_and_shapes_that_do_not_fit_are_refused() {
    let compute = Compute::scalar();
    let mut weights = [1.0f32; 3 * 32];
    weights[40] = f32::NAN;
    let bytes: Vec<u8> = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
    let source =
        Source { encoding: Encoding::F32, layout: Layout::OutIn, bytes: &bytes, outputs: 3, inputs: 32, order: None };
    assert_eq!(Matrix::pack(&source, None, &compute).unwrap_err(), PackError::NotFinite { output: 1 });
    for target in [Encoding::F16, Encoding::Bf16] {
        assert_eq!(Matrix::pack(&source, Some(target), &compute).unwrap_err(), PackError::NotFinite { output: 1 });
    }
    // The scale of a block of q8_0 is infinite.
    let block = [&[0x00, 0x7c][..], &[1; 32]].concat();
    let q8 = Source { encoding: Encoding::Q8_0, bytes: &block, outputs: 1, ..source };
    assert_eq!(Matrix::pack(&q8, None, &compute).unwrap_err(), PackError::NotFinite { output: 0 });
    // 1e6 is a number, but not one that f16 has.
    let big = [1e6f32; 32].map(f32::to_le_bytes).concat();
    let big = Source { bytes: &big, outputs: 1, ..source };
    assert!(Matrix::pack(&big, None, &compute).is_ok());
    assert_eq!(Matrix::pack(&big, Some(Encoding::F16), &compute).unwrap_err(), PackError::NotFinite { output: 0 });
    assert_eq!(Matrix::pack(&big, Some(Encoding::Q6K), &compute).unwrap_err(), PackError::Target(Encoding::Q6K));
    for (outputs, inputs) in [(4, 32), (0, 32), (3, 0), (usize::MAX, 2), (usize::MAX / 2, usize::MAX / 2)] {
        let lie = Source { outputs, inputs, ..source };
        assert!(matches!(Matrix::pack(&lie, None, &compute), Err(PackError::Length { .. })), "{outputs} x {inputs}");
    }
}

/// Runs `kernel` on rows of every length at every offset in memory, with every instruction set.
fn same_on_all_rows(kernel: impl Fn(&mut [f32], &Compute)) {
    for len in 1..=67 {
        for offset in 0..8 {
            let buffer = numbers(len + offset, (len * 8 + offset) as u32);
            let mut expected = buffer.clone();
            kernel(&mut expected[offset..], &Compute::scalar());
            for compute in computes() {
                let mut out = buffer.clone();
                kernel(&mut out[offset..], &compute);
                assert_eq!(bits(&out), bits(&expected), "length {len}, offset {offset}, {compute:?}");
            }
        }
    }
}

#[test]
fn norms_and_activations_agree_on_all_lengths_and_offsets() {
    let (weight, bias) = (numbers(67, 1), numbers(67, 2));
    same_on_all_rows(|x, c| rms_norm(x, &weight[..x.len()], 1e-6, c));
    same_on_all_rows(|x, c| layer_norm(x, &weight[..x.len()], &bias[..x.len()], 1e-5, c));
    for name in ["gelu_new", "gelu", "quick_gelu", "silu", "relu"] {
        let function: Activation = name.parse().unwrap();
        same_on_all_rows(|x, c| function.apply(x, c));
    }
    same_on_all_rows(|x, c| {
        let sums = row_sums(x, c.isa());
        (x[0], x[x.len() - 1]) = (sums.sum as f32, sums.weighted as f32);
    });
}

#[test]
fn long_rows_are_summed_and_copied_the_same_by_any_number_of_threads() {
    let (to, x) = (numbers(20_011, 5), numbers(20_011, 6));
    let expected: Vec<f32> = to.iter().zip(&x).map(|(a, b)| a + b).collect();
    for compute in computes() {
        let mut sum = compute.copy(&to);
        assert_eq!(bits(&sum), bits(&to), "{compute:?}");
        add(&mut sum, &x, &compute);
        assert_eq!(bits(&sum), bits(&expected), "{compute:?}");
    }
}

#[test]
#[allow(clippy::single_range_in_vec_init)] // one query, which sees one range
fn attention_agrees_and_is_near_the_definition() {
    for width in [1, 8, 12, 16, 64, 80, 128] {
        let per_block = 2 * width * BLOCK;
        let data: Vec<Vec<f32>> = (0..8).map(|b| numbers(per_block + 5, b + 11)).collect();
        let blocks: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
        let plain = Attention { blocks: &blocks, offset: 5, width, scale: 0.3, softcap: None };
        let (capped, slope) = (Attention { softcap: Some(1.5), ..plain }, numbers(128, 9));
        let rows = numbers(width * 13, 3);
        // Queries of one place, of following places, with windows, of places that have nothing in common.
        let ranges =
            [vec![0..1], vec![0..16, 0..17, 0..18], vec![0..100; 5], vec![3..4, 90..91], vec![15..33], vec![40..128]];
        let windows: Vec<_> = (30..43).map(|end| end - 20..end).collect();
        let ways =
            [(plain, &[][..], None), (plain, &slope, Some(0.7)), (capped, &[], None), (capped, &slope, Some(9.0))];
        let all: Vec<_> = ranges.into_iter().chain([windows]).collect();
        for (sees, (past, bias, sink)) in all.into_iter().flat_map(|sees| ways.map(|way| (sees.clone(), way))) {
            let query = |(sees, row)| Query { row, sees, bias, sink };
            let queries: Vec<Query<'_>> = sees.into_iter().zip(rows.chunks(width)).map(query).collect();
            let (mut expected, mut scores) = (vec![0.0; width * queries.len()], Vec::new());
            for (query, out) in queries.iter().zip(expected.chunks_mut(width)) {
                attend(std::slice::from_ref(query), &past, &mut scores, out, Isa::scalar());
                let exact = definition(query, &past);
                let worst = out.iter().zip(&exact).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
                assert!(worst < 1e-4, "width {width}, {query:?}: {worst}");
            }
            for isa in Isa::available() {
                let mut out = vec![0.0; expected.len()];
                attend(&queries, &past, &mut scores, &mut out, isa);
                assert_eq!(bits(&out), bits(&expected), "width {width}, {} queries, {isa}", queries.len());
            }
        }
    }
}

#[test]
fn overflow_shows_as_nan_and_is_not_swallowed() {
    for isa in Isa::available() {
        let block = vec![1e30f32; 2 * 8 * BLOCK];
        let blocks = [block.as_slice()];
        let past = Attention { blocks: &blocks, offset: 0, width: 8, scale: 1.0, softcap: None };
        let (mut out, mut scores) = ([0.0; 8], Vec::new());
        attend(&[Query { row: &[1e30; 8], sees: 0..3, bias: &[], sink: None }], &past, &mut scores, &mut out, isa);
        assert!(out.iter().all(|v| v.is_nan()), "{isa}: {out:?}");
        for name in ["gelu_new", "gelu", "quick_gelu", "silu", "relu"] {
            let mut row = [f32::NAN; 9];
            name.parse::<Activation>().unwrap().apply(&mut row, &Compute::new(isa, 1).unwrap());
            assert!(row.iter().all(|v| v.is_nan()), "{isa}: {name}");
        }
    }
}

/// Attention in f64, from the definition.
fn definition(query: &Query<'_>, past: &Attention<'_>) -> Vec<f64> {
    let head = |t: usize| &past.blocks[t / BLOCK][past.offset..];
    let key = |t: usize, d: usize| f64::from(head(t)[d * BLOCK + t % BLOCK]);
    let value = |t: usize, d: usize| f64::from(head(t)[past.width * (BLOCK + t % BLOCK) + d]);
    let positions = query.sees.clone();
    let dot = |t| f64::from(past.scale) * (0..past.width).map(|d| f64::from(query.row[d]) * key(t, d)).sum::<f64>();
    let capped = |t| past.softcap.map_or_else(|| dot(t), |c| f64::from(c) * (dot(t) / f64::from(c)).tanh());
    let score = |t: usize| capped(t) + query.bias.get(t).map_or(0.0, |&bias| f64::from(bias));
    let weights: Vec<f64> = positions.clone().map(|t| score(t).exp()).collect();
    let sum: f64 = weights.iter().sum::<f64>() + query.sink.map_or(0.0, |sink| f64::from(sink).exp());
    (0..past.width).map(|d| positions.clone().zip(&weights).map(|(t, w)| w / sum * value(t, d)).sum()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// A row's result does not depend on the rows beside it.
    #[test]
    fn a_row_alone_equals_the_row_in_a_batch(outputs in 1usize..70, inputs in 1usize..300, rows in 2usize..15, seed in 1u32..1000) {
        let compute = Compute::new(Isa::detect(), 2).unwrap();
        let matrix = pack(&numbers(outputs * inputs, seed), outputs, inputs, Encoding::F16, &compute);
        let x = numbers(rows * inputs, seed + 1);
        let mut together = vec![0.0; rows * outputs];
        matrix.product(&x, None, &mut together, &compute);
        for r in 0..rows {
            let mut alone = vec![0.0; outputs];
            matrix.product(&x[r * inputs..][..inputs], None, &mut alone, &compute);
            prop_assert_eq!(bits(&alone), bits(&together[r * outputs..][..outputs]));
        }
    }
}

#[test]
fn rows_are_the_same_one_by_one_and_together() {
    let (outputs, inputs) = (37, 51);
    let weights = numbers(outputs * inputs, 21);
    let wanted = [36, 0, 17, 17, 5, 16, 15];
    for encoding in [Encoding::F32, Encoding::F16, Encoding::Bf16, Encoding::Q8_0, Encoding::Q4_0, Encoding::Q4_1] {
        let matrix = pack(&weights, outputs, inputs, encoding, &Compute::scalar());
        let mut expected = vec![0.0; wanted.len() * inputs];
        wanted.iter().zip(expected.chunks_mut(inputs)).for_each(|(&output, out)| matrix.row(output, out));
        for compute in computes() {
            let mut out = vec![f32::NAN; wanted.len() * inputs];
            matrix.rows(&wanted, &mut out, &compute);
            assert_eq!(bits(&out), bits(&expected), "{encoding} {compute:?}");
        }
    }
}

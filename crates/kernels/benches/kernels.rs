//! Kernels alone: products in every storage, attention, norms. `cargo bench -p beamline-kernels`.
#![allow(clippy::unwrap_used)] // as in tests
#![allow(missing_docs)] // criterion's macros make public functions

use beamline_kernels::{
    Activation, ActivationFormat, Attention, Compute, Encoding, Isa, KV_BLOCK as BLOCK, Layout, Matrix, Query, Source,
    attend, layer_norm, row_sums,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Numbers of some size, the same every time.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 % 10_007) as f32 / 10_007.0 - 0.5) * 2.0).collect()
}

fn matrix(outputs: usize, inputs: usize, encoding: Encoding, compute: &Compute) -> Matrix {
    let bytes: Vec<u8> = numbers(outputs * inputs).iter().flat_map(|w| w.to_le_bytes()).collect();
    let source = Source { encoding: Encoding::F32, layout: Layout::OutIn, bytes: &bytes, outputs, inputs, order: None };
    Matrix::pack(&source, Some(encoding), compute).unwrap()
}

/// A matrix that stays in the second cache, on one thread: arithmetic alone.
fn products(c: &mut Criterion) {
    const SHAPE: (usize, usize) = (384, 768);
    for isa in Isa::available().into_iter().skip(1) {
        let compute = Compute::new(isa, 1).unwrap();
        for encoding in [Encoding::F32, Encoding::F16, Encoding::Q8_0, Encoding::Q4_0, Encoding::Q4_1] {
            let formats: &[ActivationFormat] =
                if encoding.is_float() { &[ActivationFormat::F32] } else { &ActivationFormat::ALL[1..] };
            for &format in formats {
                let matrix = matrix(SHAPE.0, SHAPE.1, encoding, &compute).with_activations(format);
                let mut group = c.benchmark_group(format!("product/{isa}/{encoding}/{format}"));
                for rows in [1, 2, 3, 4, 5, 6, 16, 96] {
                    let x = numbers(rows * SHAPE.1);
                    let mut out = vec![0.0; rows * SHAPE.0];
                    group.throughput(Throughput::Elements((rows * SHAPE.0 * SHAPE.1) as u64));
                    group.bench_function(BenchmarkId::from_parameter(rows), |b| {
                        b.iter(|| matrix.product(&x, None, &mut out, &compute));
                    });
                }
                group.finish();
            }
        }
    }
}

/// One head of 64 over a past of 1,024 positions.
fn attention(c: &mut Criterion) {
    const WIDTH: usize = 64;
    let data: Vec<Vec<f32>> = (0..64).map(|_| numbers(2 * WIDTH * BLOCK)).collect();
    let blocks: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
    let past = Attention { blocks: &blocks, offset: 0, width: WIDTH, scale: 0.125, softcap: None };
    let rows = numbers(6 * WIDTH);
    for isa in Isa::available().into_iter().skip(1) {
        let mut group = c.benchmark_group(format!("attention/{isa}"));
        for count in [1, 3, 6] {
            let queries: Vec<Query<'_>> =
                rows.chunks(WIDTH).take(count).map(|row| Query { row, sees: 0..1024, bias: &[], sink: None }).collect();
            let (mut out, mut scores) = (vec![0.0; count * WIDTH], Vec::new());
            group.throughput(Throughput::Elements((count * 1024 * WIDTH * 2) as u64));
            group.bench_function(BenchmarkId::from_parameter(count), |b| {
                b.iter(|| attend(&queries, &past, &mut scores, &mut out, isa));
            });
        }
        group.finish();
    }
}

/// What happens to whole rows.
fn rows(c: &mut Criterion) {
    let compute = Compute::new(Isa::detect(), 1).unwrap();
    let (weight, bias) = (numbers(768), numbers(768));
    let mut row = numbers(768);
    c.bench_function("layer norm 768", |b| b.iter(|| layer_norm(&mut row, &weight, &bias, 1e-5, &compute)));
    let mut inner = numbers(3072);
    c.bench_function("gelu 3072", |b| b.iter(|| Activation::GeluTanh.apply(&mut inner, &compute)));
    let logits = numbers(50_257);
    c.bench_function("sums of 50257", |b| b.iter(|| row_sums(&logits, compute.isa())));
}

criterion_group!(benches, products, attention, rows);
criterion_main!(benches);

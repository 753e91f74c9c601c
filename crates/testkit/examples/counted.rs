//! Work whose instructions are counted: a few kernels, and one decoding step. `scripts/count-instructions` runs it under
//! callgrind, which counts inside of `counted_work` alone.
#![allow(clippy::unwrap_used)] // as in tests

use beamline::{Budget, OpenOptions, Options, Prompt, TokenId};
use beamline_kernels::{
    ActivationFormat, Attention, Compute, Encoding, Isa, KV_BLOCK as BLOCK, Layout, Matrix, Query, Source, attend,
};

/// Numbers of some size, the same every time.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 % 10_007) as f32 / 10_007.0 - 0.5) * 2.0).collect()
}

/// What is counted, and nothing else.
#[inline(never)]
fn counted_work(work: &mut dyn FnMut()) {
    work();
}

fn product(rows: usize, encoding: Encoding, format: ActivationFormat) {
    const SHAPE: (usize, usize) = (256, 512);
    let compute = Compute::new(Isa::detect(), 1).unwrap();
    let bytes: Vec<u8> = numbers(SHAPE.0 * SHAPE.1).iter().flat_map(|w| w.to_le_bytes()).collect();
    let (outputs, inputs) = SHAPE;
    let source = Source { encoding: Encoding::F32, layout: Layout::OutIn, bytes: &bytes, outputs, inputs, order: None };
    let matrix = Matrix::pack(&source, Some(encoding), &compute).unwrap().with_activations(format);
    let (x, mut out) = (numbers(rows * inputs), vec![0.0; rows * outputs]);
    matrix.product(&x, None, &mut out, &compute); // buffers are there afterwards
    counted_work(&mut || matrix.product(&x, None, &mut out, &compute));
}

fn attention() {
    const WIDTH: usize = 64;
    let data: Vec<Vec<f32>> = (0..16).map(|_| numbers(2 * WIDTH * BLOCK)).collect();
    let blocks: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
    let past = Attention { blocks: &blocks, offset: 0, width: WIDTH, scale: 0.125, softcap: None };
    let rows = numbers(3 * WIDTH);
    let queries: Vec<Query<'_>> =
        rows.chunks(WIDTH).map(|row| Query { row, sees: 0..256, bias: &[], sink: None }).collect();
    let (mut out, mut scores) = (vec![0.0; 3 * WIDTH], Vec::new());
    counted_work(&mut || attend(&queries, &past, &mut scores, &mut out, Isa::detect()));
}

/// One greedy step of the model in the binary, after sixteen tokens.
fn step() {
    let engine = OpenOptions::new().threads(1).open("builtin").unwrap();
    let plan = engine.plan(&Options::new()).unwrap();
    let prompt = Prompt::Ids((0..16).map(|i| TokenId(100 + i)).collect());
    let mut sessions = [engine.session(&prompt, &plan).unwrap()];
    engine.step(&mut sessions, Budget::ALL, &mut ()).unwrap();
    counted_work(&mut || {
        engine.step(&mut sessions, Budget::ALL, &mut ()).unwrap();
    });
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("product f32, 1 row") => product(1, Encoding::F32, ActivationFormat::F32),
        Some("product f32, 16 rows") => product(16, Encoding::F32, ActivationFormat::F32),
        Some("product q8_0 by i16, 1 row") => product(1, Encoding::Q8_0, ActivationFormat::I16),
        Some("product q4_1 by i16, 16 rows") => product(16, Encoding::Q4_1, ActivationFormat::I16),
        Some("attention, 3 queries, 256 positions") => attention(),
        Some("decoding step of builtin") => step(),
        other => panic!("no such work: {other:?}"),
    }
}

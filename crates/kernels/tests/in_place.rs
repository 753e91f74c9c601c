//! Plain floats used where they lie give the bits that packed ones give.
#![allow(clippy::unwrap_used)] // tests may

use beamline_kernels::{Compute, Encoding, Isa, Layout, Matrix, PackError, Source, WeightBytes};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const FLOATS: [Encoding; 3] = [Encoding::F32, Encoding::F16, Encoding::Bf16];

/// Bytes, and how often they have been given back.
struct Bytes(Vec<u8>, Arc<AtomicUsize>);

impl WeightBytes for Bytes {
    fn bytes(&self) -> &[u8] {
        &self.0[1..] // as good as never aligned, as in a file
    }
    fn release(&self) {
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

fn lent(bytes: &[u8]) -> (Box<Bytes>, Arc<AtomicUsize>) {
    let released = Arc::new(AtomicUsize::new(0));
    (Box::new(Bytes([&[0], bytes].concat(), released.clone())), released)
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 % 10_007) as f32 / 10_007.0 - 0.5) * 3.0).collect()
}

fn stored(values: impl IntoIterator<Item = f32>, encoding: Encoding) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoding.encode(&values.into_iter().collect::<Vec<_>>(), &mut bytes);
    bytes
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn computes() -> Vec<Compute> {
    Isa::available().into_iter().flat_map(|isa| [1, 3].map(|threads| Compute::new(isa, threads).unwrap())).collect()
}

#[test]
fn the_first_product_and_those_after_it_are_those_of_packed_weights() {
    for (outputs, inputs) in [(1, 1), (5, 3), (16, 32), (17, 67), (130, 300), (300, 40), (50, 803)] {
        let weights = numbers(outputs * inputs);
        let transposed = || (0..inputs).flat_map(|i| weights.iter().skip(i).step_by(inputs)).copied();
        for encoding in FLOATS {
            let files = [
                (Layout::OutIn, stored(weights.iter().copied(), encoding)),
                (Layout::InOut, stored(transposed(), encoding)),
            ];
            for (compute, (layout, bytes)) in computes().iter().flat_map(|c| files.iter().map(move |file| (c, file))) {
                let source = Source { encoding, layout: *layout, bytes, outputs, inputs, order: None };
                let packed = Matrix::pack(&source, None, compute).unwrap();
                for rows in [1, 2, 6, 7, 101] {
                    let (x, bias) = (numbers(rows * inputs), numbers(outputs));
                    let mut expected = vec![0.0; rows * outputs];
                    packed.product(&x, Some(&bias), &mut expected, compute);
                    let (lent, released) = lent(bytes);
                    let matrix = Matrix::in_place(lent, encoding, *layout, [outputs, inputs]).unwrap();
                    for time in 0..3 {
                        let mut out = vec![f32::NAN; rows * outputs];
                        matrix.product(&x, Some(&bias), &mut out, compute);
                        assert_eq!(bits(&out), bits(&expected), "{encoding} {outputs} x {inputs}, {rows} rows, {time}");
                        assert_eq!(released.load(Ordering::Relaxed), usize::from(time > 0), "packed by the second");
                        for output in [0, outputs - 1] {
                            let (mut row, mut expected) = (vec![0.0; inputs], vec![0.0; inputs]);
                            matrix.row(output, &mut row);
                            packed.row(output, &mut expected);
                            assert_eq!(bits(&row), bits(&expected), "row {output} of {encoding}");
                            matrix.rows(&[output], &mut row, compute);
                            assert_eq!(bits(&row), bits(&expected), "row {output} of {encoding}, by {compute:?}");
                        }
                    }
                    assert_eq!(matrix.bytes(), packed.bytes());
                }
            }
        }
    }
}

#[test]
fn what_is_no_number_is_found_before_anything_is_computed_or_by_the_first_product() {
    let (outputs, inputs) = (70, 9000);
    let matrix = |weights: &[f32], encoding, layout| {
        let (lent, _) = lent(&stored(weights.iter().copied(), encoding));
        Matrix::in_place(lent, encoding, layout, [outputs, inputs]).unwrap()
    };
    for (non_finite, encoding) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into_iter().zip(FLOATS) {
        for (layout, at, output) in [(Layout::OutIn, 69 * inputs + 8999, 69), (Layout::InOut, 8999 * outputs + 3, 3)] {
            let mut weights = numbers(outputs * inputs);
            let fine = matrix(&weights, encoding, layout);
            weights[at] = non_finite;
            let bad = matrix(&weights, encoding, layout);
            for compute in computes() {
                assert_eq!(Matrix::check(&[&fine, &fine], &compute), Ok(()));
                let refused = Matrix::check(&[&fine, &bad, &fine, &bad], &compute).unwrap_err();
                assert_eq!(refused, (1, PackError::NotFinite { output }), "{encoding}");

                let (fine, bad) =
                    (matrix(&numbers(outputs * inputs), encoding, layout), matrix(&weights, encoding, layout));
                let mut out = vec![0.0; 2 * outputs];
                // What comes out is infinite, but not because of a weight.
                fine.product(&vec![f32::MAX; 2 * inputs], None, &mut out, &compute);
                assert_eq!((fine.defect(), bad.defect()), (None, None));
                bad.product(&vec![0.0; 2 * inputs], None, &mut out, &compute);
                assert_eq!(bad.defect(), Some(PackError::NotFinite { output }), "{encoding}");
            }
            let mut row = vec![0.0; inputs];
            bad.row(5, &mut row);
            assert_eq!(bad.defect(), None, "another row");
            bad.row(output, &mut row);
            assert_eq!(bad.defect(), Some(PackError::NotFinite { output }));
        }
    }
}

#[test]
fn quantised_weights_and_shapes_that_do_not_fit_are_refused() {
    let bytes = stored(numbers(64), Encoding::Q8_0);
    let refused = |encoding, layout, shape| Matrix::in_place(lent(&bytes).0, encoding, layout, shape).unwrap_err();
    assert_eq!(refused(Encoding::Q8_0, Layout::OutIn, [2, 32]), PackError::Quantised(Encoding::Q8_0));
    for (encoding, layout, shape) in [
        (Encoding::F32, Layout::OutIn, [2, 32]),
        (Encoding::F16, Layout::InOut, [0, 34]),
        (Encoding::F16, Layout::OutIn, [usize::MAX, 2]),
        (Encoding::Q8_0, Layout::InOut, [2, 32]),
    ] {
        let refused = refused(encoding, layout, shape);
        assert!(matches!(refused, PackError::Length { .. }), "{refused}");
    }
}

#[test]
fn products_from_many_threads_agree_whoever_packs() {
    let (outputs, inputs) = (130, 300);
    let bytes = stored(numbers(outputs * inputs), Encoding::F32);
    let compute = Compute::new(Isa::detect(), 2).unwrap();
    let x = numbers(inputs);
    let product = |matrix: &Matrix| {
        let mut out = vec![f32::NAN; outputs];
        matrix.product(&x, None, &mut out, &compute);
        bits(&out)
    };
    for _ in 0..50 {
        let (place, released) = lent(&bytes);
        let matrix = Matrix::in_place(place, Encoding::F32, Layout::OutIn, [outputs, inputs]).unwrap();
        let all: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| product(&matrix))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.iter().all(|out| *out == all[0]) && all[0] == product(&matrix));
        assert_eq!(released.load(Ordering::Relaxed), 1);
    }
}

//! Blocks of every GGUF format against the values of gguf-py's reference decoder, bit for bit.
#![allow(clippy::unwrap_used)] // tests may

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beamline_kernels::{ActivationFormat, Compute, Encoding, Isa, Layout, Matrix, Source};

struct Golden {
    encoding: Encoding,
    rows: usize,
    inputs: usize,
    raw: Vec<u8>,
    values: Vec<f32>,
}

fn goldens() -> Vec<Golden> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/quants.json");
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let bytes = |v: &serde_json::Value| STANDARD.decode(v.as_str().unwrap()).unwrap();
    let golden = |(name, g): (&String, &serde_json::Value)| Golden {
        encoding: name.parse().unwrap(),
        rows: g["shape"][0].as_u64().unwrap() as usize,
        inputs: g["shape"][1].as_u64().unwrap() as usize,
        raw: bytes(&g["raw"]),
        values: bytes(&g["values"]).as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
    };
    json.as_object().unwrap().iter().map(golden).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn every_format_decodes_bit_for_bit() {
    let goldens = goldens();
    assert_eq!(goldens.len(), 12);
    for g in goldens {
        let mut out = vec![0.0; g.values.len()];
        g.encoding.decode(&g.raw, &mut out);
        assert_eq!(bits(&out), bits(&g.values), "{}", g.encoding);
    }
}

/// Packing keeps what each weight means: rows read back from the panels, and products, equal those of the same
/// weights stored as f32.
#[test]
fn packed_weights_mean_what_the_stored_ones_mean() {
    for isa in Isa::available() {
        let compute = Compute::new(isa, 1).unwrap();
        for g in goldens() {
            let plain: Vec<u8> = g.values.iter().flat_map(|v| v.to_le_bytes()).collect();
            let source = |encoding, bytes| Source {
                encoding,
                bytes,
                layout: Layout::OutIn,
                outputs: g.rows,
                inputs: g.inputs,
                order: None,
            };
            let packed = Matrix::pack(&source(g.encoding, &g.raw), None, &compute).unwrap();
            let widened = Matrix::pack(&source(Encoding::F32, &plain), None, &compute).unwrap();
            for output in 0..g.rows {
                let (mut a, mut b) = (vec![0.0; g.inputs], vec![0.0; g.inputs]);
                packed.row(output, &mut a);
                widened.row(output, &mut b);
                assert!(a == b, "{} row {output}", g.encoding); // == on numbers: -0.0 may come back as 0.0
            }
            let x: Vec<f32> = (0..7 * g.inputs).map(|i| (i as f32 * 0.73).sin()).collect();
            for rows in [1, 2, 6, 7] {
                let (mut a, mut b) = (vec![0.0; rows * g.rows], vec![0.0; rows * g.rows]);
                packed.product(&x[..rows * g.inputs], None, &mut a, &compute);
                widened.product(&x[..rows * g.inputs], None, &mut b, &compute);
                assert_eq!(bits(&a), bits(&b), "{} on {isa}, {rows} rows", g.encoding);
            }
        }
    }
}

/// Whole numbers meet every format: the same bits from every instruction set and tile, and what the weights mean.
#[test]
fn integer_products_of_every_format_agree_and_are_near_the_f32_ones() {
    for g in goldens().into_iter().filter(|g| !g.encoding.is_float()) {
        let source = Source {
            encoding: g.encoding,
            bytes: &g.raw,
            layout: Layout::OutIn,
            outputs: g.rows,
            inputs: g.inputs,
            order: None,
        };
        let x: Vec<f32> =
            (0..9 * g.inputs).map(|i| (i as f32 * 0.73).sin() * [1.0, 40.0][usize::from(i % 97 == 0)]).collect();
        let product = |rows: usize, format, compute: &Compute| {
            let mut out = vec![0.0; rows * g.rows];
            let matrix = Matrix::pack(&source, None, compute).unwrap().with_activations(format);
            matrix.product(&x[..rows * g.inputs], None, &mut out, compute);
            out
        };
        let exact = product(9, ActivationFormat::F32, &Compute::scalar());
        let size = exact.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        for (format, bound) in
            [(ActivationFormat::I24, 1e-5), (ActivationFormat::I16, 2e-4), (ActivationFormat::I8, 3e-2)]
        {
            let expected = product(9, format, &Compute::scalar());
            let worst = exact.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst <= bound * size, "{} by {format}: off by {worst} of {size}", g.encoding);
            for isa in Isa::available() {
                for rows in [1, 2, 3, 5, 6, 9] {
                    let out = product(rows, format, &Compute::new(isa, 2).unwrap());
                    let first = &expected[..rows * g.rows];
                    assert_eq!(bits(&out), bits(first), "{} by {format} on {isa}, {rows} rows", g.encoding);
                }
            }
        }
    }
}

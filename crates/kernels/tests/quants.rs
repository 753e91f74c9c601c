//! Blocks of every GGUF format against the values of gguf-py's reference decoder, bit for bit.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beamline_kernels::{ActivationFormat, Compute, Encoding, Isa, Layout, Matrix, PackError, Source};
use support::spelled_out;

struct Golden {
    encoding: Encoding,
    rows: usize,
    inputs: usize,
    raw: Vec<u8>,
    values: Vec<f32>,
}

impl Golden {
    /// Its rows over and over: three panels, the last one not full, and every lane.
    fn tall(self) -> Self {
        let rows = 37;
        let raw = self.raw.iter().copied().cycle().take(self.raw.len() / self.rows * rows).collect();
        let values = self.values.iter().copied().cycle().take(rows * self.inputs).collect();
        Self { rows, raw, values, ..self }
    }
}

fn goldens() -> Vec<Golden> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/expected/quants.json");
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
    // All but f32, which is what the values are.
    assert_eq!(goldens.len(), Encoding::ALL.len() - 1);
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
        for g in goldens().into_iter().map(Golden::tall) {
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
                for isa in Isa::available() {
                    packed.rows(&[output], &mut b, &Compute::new(isa, 2).unwrap());
                    assert_eq!(bits(&a), bits(&b), "{} row {output} on {isa}", g.encoding);
                }
            }
            let x: Vec<f32> = (0..7 * g.inputs).map(|i| (i as f32 * 0.73).sin()).collect();
            for rows in [1, 2, 4, 6, 7] {
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
    for g in goldens().into_iter().filter(|g| !g.encoding.is_float()).map(Golden::tall) {
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
        for (format, bound) in [(ActivationFormat::I16, 2e-4), (ActivationFormat::I8, 3e-2)] {
            let expected = product(9, format, &Compute::scalar());
            let worst = exact.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst <= bound * size, "{} by {format}: off by {worst} of {size}", g.encoding);
            for isa in Isa::available() {
                for rows in [1, 2, 3, 4, 5, 6, 9] {
                    let out = product(rows, format, &Compute::new(isa, 2).unwrap());
                    let first = &expected[..rows * g.rows];
                    assert_eq!(bits(&out), bits(first), "{} by {format} on {isa}, {rows} rows", g.encoding);
                }
            }
        }
    }
}

/// Weights of `outputs` rows in any bytes: scales of 2^-6 and minima of -2^-7, of which the formats of 256 take multiples; the
/// first output has the lowest weights there are, the second the greatest.
fn extreme(encoding: Encoding, outputs: usize, inputs: usize) -> Vec<u8> {
    let mut raw: Vec<u8> = (0..encoding.bytes(outputs * inputs).unwrap()).map(|i| (i * 167 % 251) as u8).collect();
    let stride = encoding.bytes(inputs).unwrap();
    raw[..stride].fill(if encoding == Encoding::Q8_0 { 0x80 } else { 0x00 });
    raw[stride..2 * stride].fill(if encoding == Encoding::Q8_0 { 0x7f } else { 0xff });
    let (scale, min) = (half::f16::from_f32(0.015_625).to_le_bytes(), half::f16::from_f32(-0.007_812_5).to_le_bytes());
    for (i, block) in raw.chunks_mut(encoding.block_bytes()).enumerate() {
        match encoding {
            Encoding::Q6K => {
                block[208..].copy_from_slice(&scale);
                match i / (stride / encoding.block_bytes()) {
                    0 => block[192..208].fill(0x80),
                    1 => block[192..208].fill(0x7f),
                    _ => (),
                }
            }
            Encoding::Mxfp4 => block[0] = 120 + (i % 5) as u8,
            _ => block[..2].copy_from_slice(&scale),
        }
        if matches!(encoding, Encoding::Q4_1 | Encoding::Q4K) {
            block[2..4].copy_from_slice(&min);
        }
    }
    raw
}

/// Activations with outliers; the first two rows are the greatest numbers there are, all of one sign.
fn activations(rows: usize, inputs: usize) -> Vec<f32> {
    (0..rows * inputs)
        .map(|i| if i < 2 * inputs { [1.0, -1.0][i / inputs] } else { (i as f32 * 0.73).sin() * (i % 11) as f32 })
        .enumerate()
        .map(|(i, x)| if i % 41 == 30 || i % 223 == 60 { 90.0 * x } else { x })
        .collect()
}

/// To the bit what the contract says, also at the greatest numbers that bytes and nibbles hold, where an activation towers
/// above its block (an outlier), and over more inputs than many rows meet at a time (768).
#[test]
fn integer_products_are_exact_sums_in_groups_and_towers_alone() {
    let (outputs, rows) = (37, 9);
    let bias: Vec<f32> = (0..outputs).map(|o| (o as f32).cos()).collect();
    let of_32 = [Encoding::Q8_0, Encoding::Q4_0, Encoding::Q4_1, Encoding::Iq4Nl, Encoding::Mxfp4]
        .map(|encoding| (encoding, [96, 800]));
    let cases = of_32
        .into_iter()
        .chain([Encoding::Q4K, Encoding::Q6K, Encoding::Iq4Xs].map(|encoding| (encoding, [256, 1024])));
    for (encoding, inputs) in cases.flat_map(|(encoding, lengths)| lengths.map(|inputs| (encoding, inputs))) {
        let x = activations(rows, inputs);
        let raw = extreme(encoding, outputs, inputs);
        let source = Source { encoding, bytes: &raw, layout: Layout::OutIn, outputs, inputs, order: None };
        for format in [ActivationFormat::I16, ActivationFormat::I8] {
            let weights = || raw.chunks(encoding.bytes(inputs).unwrap()).zip(&bias);
            let row = |x| weights().map(move |(raw, &bias)| spelled_out(encoding, format, raw, x, bias));
            let expected: Vec<f32> = x.chunks(inputs).flat_map(row).collect();
            for isa in Isa::available() {
                let compute = Compute::new(isa, 1).unwrap();
                let matrix = Matrix::pack(&source, None, &compute).unwrap().with_activations(format);
                for rows in 1..=rows {
                    let mut out = vec![0.0; rows * outputs];
                    matrix.product(&x[..rows * inputs], Some(&bias), &mut out, &compute);
                    assert_eq!(
                        bits(&out),
                        bits(&expected[..rows * outputs]),
                        "{encoding} by {format} on {isa}, {rows} rows of {inputs}"
                    );
                }
            }
        }
    }
}

/// Powers of two far beyond f16: the lowest two are not normal, and those that would take a weight beyond f32 are refused.
#[test]
fn powers_of_two_are_scales_as_far_as_weights_stay_finite() {
    let compute = Compute::scalar();
    for power in 0..=255u8 {
        let raw = [&[power][..], &[0x17; 16]].concat(); // 12 / 2 = 6 in the low half, 0.5 in the high one
        let [mut out, mut decoded] = [[0.0; 32]; 2];
        Encoding::Mxfp4.decode(&raw, &mut decoded);
        let scale = 2f64.powi(i32::from(power) - 127);
        assert_eq!((f64::from(decoded[16]), decoded[0]), (scale / 2.0, (6.0 * scale) as f32), "2^({power} - 127)");
        let source = Source {
            encoding: Encoding::Mxfp4,
            bytes: &raw,
            layout: Layout::OutIn,
            outputs: 1,
            inputs: 32,
            order: None,
        };
        match Matrix::pack(&source, None, &compute) {
            Ok(matrix) => {
                matrix.row(0, &mut out);
                assert_eq!(bits(&out), bits(&decoded));
            }
            Err(error) => assert!(power > 240 && error == PackError::NotFinite { output: 0 }, "{power}: {error}"),
        }
        assert!(decoded[0].is_finite() || Matrix::pack(&source, None, &compute).is_err());
    }
}

/// 64-bit floats are rounded to f32 once, whichever way they lie, and refused where that makes them infinite.
#[test]
fn doubles_are_held_as_f32() {
    let compute = Compute::scalar();
    let (outputs, inputs) = (19, 35);
    let numbers: Vec<f64> = (0..outputs * inputs).map(|i| (f64::from(i as u32) * 0.37).sin() / 3.0).collect();
    let pack = |numbers: &[f64], layout, target| {
        let bytes = numbers.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
        let source = Source { encoding: Encoding::F64, bytes: &bytes, layout, outputs, inputs, order: None };
        Matrix::pack(&source, target, &compute)
    };
    for (layout, steps) in [(Layout::OutIn, [inputs, 1]), (Layout::InOut, [1, outputs])] {
        let matrix = pack(&numbers, layout, None).unwrap();
        assert_eq!(matrix.encoding(), Encoding::F32);
        for output in 0..outputs {
            let mut row = vec![0.0; inputs];
            matrix.row(output, &mut row);
            let expected: Vec<f32> = (0..inputs).map(|i| numbers[output * steps[0] + i * steps[1]] as f32).collect();
            assert_eq!(bits(&row), bits(&expected), "{layout:?} {output}");
        }
        assert_eq!(pack(&numbers, layout, Some(Encoding::Q8_0)).unwrap().encoding(), Encoding::Q8_0);
        assert_eq!(pack(&numbers, layout, Some(Encoding::F64)).unwrap_err(), PackError::Target(Encoding::F64));
    }
    let mut large = numbers;
    large[2 * inputs] = 1e300;
    assert_eq!(pack(&large, Layout::OutIn, None).unwrap_err(), PackError::NotFinite { output: 2 });
}

//! The contract's chain of groups, spelled out from the bytes of a file: what integer products must equal to the bit.

use beamline_kernels::{ActivationFormat, Encoding};

/// Weights that share a scale: each means `scale * weight`, plus a minimum where there is one.
struct Group {
    weights: Vec<i32>,
    scale: f32,
    min: Option<f32>,
}

fn f16(bytes: &[u8], at: usize) -> f32 {
    half::f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// A block of 32: scale, perhaps a minimum, perhaps the fifth bits, then bytes or nibbles.
fn of_32(encoding: Encoding, block: &[u8]) -> Group {
    let has_min = matches!(encoding, Encoding::Q4_1 | Encoding::Q5_1);
    let rest = &block[if has_min { 4 } else { 2 }..];
    let nibble = |bytes: &[u8], i: usize| i32::from(if i < 16 { bytes[i] & 15 } else { bytes[i - 16] >> 4 });
    let five = |i: usize| nibble(&rest[4..], i) + 16 * i32::from((rest[i / 8] >> (i % 8)) & 1);
    let weight = |i: usize| match encoding {
        Encoding::Q8_0 => i32::from(rest[i] as i8),
        Encoding::Q4_0 => nibble(rest, i) - 8,
        Encoding::Q4_1 => nibble(rest, i),
        Encoding::Q5_0 => five(i) - 16,
        Encoding::Q5_1 => five(i),
        _ => panic!("{encoding} is not spelled out"),
    };
    Group { weights: (0..32).map(weight).collect(), scale: f16(block, 0), min: has_min.then(|| f16(block, 2)) }
}

/// 256 weights of four bits: six bits of scale and of minimum for each 32, by twelve bytes.
fn q4_k(block: &[u8]) -> Vec<Group> {
    let (packed, nibbles) = (&block[4..16], &block[16..]);
    let group = |g: usize| {
        let (scale, min) = if g < 4 {
            (packed[g] % 64, packed[g + 4] % 64)
        } else {
            (packed[g + 4] % 16 + packed[g - 4] / 64 * 16, packed[g + 4] / 16 + packed[g] / 64 * 16)
        };
        // 64 weights to 32 bytes: the low nibbles are the first 32.
        let bytes = &nibbles[g / 2 * 32..][..32];
        let weights = bytes.iter().map(|b| i32::from(if g.is_multiple_of(2) { b % 16 } else { b / 16 })).collect();
        Group { weights, scale: f16(block, 0) * f32::from(scale), min: Some(-(f16(block, 2) * f32::from(min))) }
    };
    (0..8).map(group).collect()
}

/// 256 weights of six bits: eight bits of scale for each sixteen; in each half 64 bytes of low nibbles, 32 of high pairs.
fn q6_k(block: &[u8]) -> Vec<Group> {
    let mut weights = Vec::new();
    for half in 0..2 {
        let (low, high) = (&block[64 * half..][..64], &block[128 + 32 * half..][..32]);
        for quarter in 0..4 {
            for i in 0..32 {
                let byte = low[i + 32 * (quarter % 2)];
                let nibble = if quarter < 2 { byte % 16 } else { byte / 16 };
                weights.push(i32::from(nibble + 16 * (high[i] >> (2 * quarter) & 3)) - 32);
            }
        }
    }
    let scale = |g: usize| f16(block, 208) * f32::from(block[192 + g] as i8);
    weights.chunks(16).enumerate().map(|(g, w)| Group { weights: w.to_vec(), scale: scale(g), min: None }).collect()
}

/// The sixteen numbers that nibbles of IQ4_NL and IQ4_XS stand for.
const IQ4: [i32; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// 16 bytes of nibbles, the low ones first.
fn nibbles(bytes: &[u8]) -> impl Iterator<Item = usize> {
    [bytes.iter().map(|b| b % 16).collect::<Vec<_>>(), bytes.iter().map(|b| b / 16).collect()]
        .concat()
        .into_iter()
        .map(usize::from)
}

fn iq4_nl(block: &[u8]) -> Group {
    Group { weights: nibbles(&block[2..]).map(|n| IQ4[n]).collect(), scale: f16(block, 0), min: None }
}

/// 256 weights: six bits of scale for each 32, the top two of them apart.
fn iq4_xs(block: &[u8]) -> Vec<Group> {
    let top = u16::from_le_bytes([block[2], block[3]]);
    let group = |(g, bytes): (usize, &[u8])| {
        let low = if g.is_multiple_of(2) { block[4 + g / 2] % 16 } else { block[4 + g / 2] / 16 };
        let scale = i16::from(low) + 16 * (top >> (2 * g) & 3) as i16 - 32;
        let weights = nibbles(bytes).map(|n| IQ4[n]).collect();
        Group { weights, scale: f16(block, 0) * f32::from(scale), min: None }
    };
    block[8..].chunks(16).enumerate().map(group).collect()
}

/// A power of two, and numbers of two bits of exponent and one of mantissa, doubled.
fn mxfp4(block: &[u8]) -> Group {
    let number = |n: usize| [0, 1, 2, 3, 4, 6, 8, 12][n % 8] * if n < 8 { 1 } else { -1 };
    let scale = 2f32.powi(i32::from(block[0]) - 128);
    Group { weights: nibbles(&block[1..]).map(number).collect(), scale, min: None }
}

fn groups(encoding: Encoding, raw: &[u8]) -> Vec<Group> {
    let of = |block: &[u8]| match encoding {
        Encoding::Q4K => q4_k(block),
        Encoding::Q6K => q6_k(block),
        Encoding::Iq4Xs => iq4_xs(block),
        Encoding::Iq4Nl => vec![iq4_nl(block)],
        Encoding::Mxfp4 => vec![mxfp4(block)],
        _ => vec![of_32(encoding, block)],
    };
    raw.chunks(encoding.block_bytes()).flat_map(of).collect()
}

/// 32 activations as integers with a scale, and the outlier among them, if it is apart: which, and its value.
struct Rounded {
    whole: Vec<i32>,
    scale: f32,
    outlier: Option<(usize, f32)>,
}

impl Rounded {
    fn new(x: &[f32], format: ActivationFormat) -> Self {
        let mut rest = x.to_vec();
        rest.resize(32, 0.0);
        let most = |x: &[f32]| x.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        let mean = rest.iter().map(|v| v.abs()).sum::<f32>() / 32.0;
        let above = |v: &f32| v.abs() == most(x) && v.abs() > 8.0 * mean;
        let at = rest.iter().position(above).filter(|_| format == ActivationFormat::I16);
        let outlier = at.map(|at| (at, std::mem::take(&mut rest[at])));
        let greatest = if format == ActivationFormat::I16 { 32_767.0 } else { 127.0 };
        let (by, scale) = (greatest / most(&rest), most(&rest) / greatest);
        Self { whole: rest.iter().map(|v| (v * by).round_ties_even() as i32).collect(), scale, outlier }
    }
}

/// One output of one row: an exact sum inside each group, then its outlier, then one multiply-add a group, and one for its
/// minimum. `raw` is the output's row of weights as it is stored in `encoding`, `format` is `i16` or `i8`.
pub(crate) fn spelled_out(encoding: Encoding, format: ActivationFormat, raw: &[u8], x: &[f32], bias: f32) -> f32 {
    let x: Vec<Rounded> = x.chunks(32).map(|x| Rounded::new(x, format)).collect();
    let (mut acc, mut at) = (bias, 0);
    for Group { weights, scale, min } in groups(encoding, raw) {
        let (x, range) = (&x[at / 32], at % 32..at % 32 + weights.len());
        let whole = &x.whole[range.clone()];
        let exact: i32 = whole.iter().zip(&weights).map(|(x, w)| x * w).sum();
        let (mut sum, mut of_x) = (exact as f32, whole.iter().sum::<i32>() as f32 * x.scale);
        if let Some((place, value)) = x.outlier.filter(|(place, _)| range.contains(place)) {
            sum = (weights[place - range.start] as f32).mul_add(value / x.scale, sum);
            of_x += value;
        }
        acc = sum.mul_add(scale * x.scale, acc);
        if let Some(min) = min {
            acc = min.mul_add(of_x, acc);
        }
        at += weights.len();
    }
    acc
}

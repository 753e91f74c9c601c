//! Blocks of 32 written: the rounding is ggml's, so that a file converted here equals one converted there.

use super::Encoding;

/// Appends one block.
pub(super) fn block(encoding: Encoding, x: &[f32; 32], out: &mut Vec<u8>) {
    match encoding {
        Encoding::Q8_0 => {
            let d = x.iter().fold(0.0f32, |m, v| m.max(v.abs())) / 127.0;
            put_half(d, out);
            out.extend(x.iter().map(|v| (v * inverse(d)).round() as i8 as u8));
        }
        Encoding::Q4_0 => centred(x, 8, out),
        Encoding::Q5_0 => centred(x, 16, out),
        Encoding::Q4_1 => ranged(x, 15, out),
        Encoding::Q5_1 => ranged(x, 31, out),
        _ => panic!("{encoding} cannot be written"),
    }
}

fn put_half(v: f32, out: &mut Vec<u8>) {
    out.extend(half::f16::from_f32(v).to_le_bytes());
}

fn inverse(d: f32) -> f32 {
    if d == 0.0 { 0.0 } else { 1.0 / d }
}

/// A scale that takes the value farthest from zero (the first of equals) to `-centre`; numbers from 0 to
/// `2 * centre - 1`.
fn centred(x: &[f32; 32], centre: u8, out: &mut Vec<u8>) {
    let extreme = x.iter().fold(0.0f32, |m, &v| if v.abs() > m.abs() { v } else { m });
    let d = extreme / -f32::from(centre);
    put_half(d, out);
    let quants = x.map(|v| ((v * inverse(d) + f32::from(centre) + 0.5) as u8).min(2 * centre - 1));
    put_quants(&quants, centre == 16, out);
}

/// A scale and minimum that take the block's range to `0..=top`.
fn ranged(x: &[f32; 32], top: u8, out: &mut Vec<u8>) {
    let min = x.iter().copied().fold(f32::INFINITY, f32::min);
    let max = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let d = (max - min) / f32::from(top);
    put_half(d, out);
    put_half(min, out);
    let quants = x.map(|v| (((v - min) * inverse(d) + 0.5) as u8).min(top));
    put_quants(&quants, top == 31, out);
}

/// The fifth bits as one word, where there are five, then the nibbles: first half low, second half high.
fn put_quants(quants: &[u8; 32], five: bool, out: &mut Vec<u8>) {
    if five {
        let word = quants.iter().enumerate().fold(0u32, |w, (i, q)| w | (u32::from(q >> 4) << i));
        out.extend(word.to_le_bytes());
    }
    out.extend((0..16).map(|i| (quants[i] & 15) | ((quants[i + 16] & 15) << 4)));
}

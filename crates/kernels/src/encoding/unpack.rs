//! The blocks of GGUF taken apart: integer weights, with the scale and minimum of each group.
//!
//! Bit layouts are those of ggml (`ggml-common.h`); values follow its reference decoder.

use super::Encoding;

/// The most weights in one block.
pub(crate) const MAX_BLOCK: usize = 256;

/// One block, unpacked: weight `i` is `scale * quant[i]`, plus a minimum where there are minima.
///
/// Scale and minimum of a group are the block's own, or, in the formats of 256, the block's times an integer of the
/// group's.
pub(crate) struct Block {
    pub(crate) quant: [i8; MAX_BLOCK],
    /// The block's scale and minimum, as bits of f16, or of bf16 where a power of two is the scale (MXFP4). The minimum of
    /// 256 is subtracted, that of 32 added.
    pub(crate) large: [u16; 2],
    /// The groups' factors of both; all 1 where the block is one group.
    pub(crate) small: [[i8; 16]; 2],
    /// Weights that share a scale: 16 or 32.
    pub(crate) group: usize,
    pub(crate) has_min: bool,
    /// Whether [`large`](Self::large) is bf16.
    pub(crate) brain: bool,
}

impl Default for Block {
    fn default() -> Self {
        Self { quant: [0; MAX_BLOCK], large: [0; 2], small: [[1; 16]; 2], group: 32, has_min: false, brain: false }
    }
}

impl Block {
    /// Whether scale and minimum, and with them all weights, are finite.
    pub(crate) fn is_finite(&self) -> bool {
        let numbers = if self.has_min { &self.large[..] } else { &self.large[..1] };
        // No scale of f16 takes a number of eight bits beyond f32; a power of two of bf16 might.
        numbers.iter().all(|&bits| (large(bits, self.brain) * 256.0).is_finite())
    }

    /// The weights as numbers.
    pub(super) fn values(&self, out: &mut [f32]) {
        let [scale, min] = self.large.map(|bits| large(bits, self.brain));
        let sign = if out.len() == MAX_BLOCK { -1.0 } else { 1.0 };
        for (g, out) in out.chunks_mut(self.group).enumerate() {
            let scale = scale * f32::from(self.small[0][g]);
            let min = sign * (min * f32::from(self.small[1][g]));
            let quants = &self.quant[g * self.group..];
            for (o, &q) in out.iter_mut().zip(quants) {
                *o = scale * f32::from(q);
                if self.has_min {
                    *o += min;
                }
            }
        }
    }
}

/// What the bits of a block's scale or minimum mean.
fn large(bits: u16, brain: bool) -> f32 {
    if brain { half::bf16::from_bits(bits).to_f32() } else { half::f16::from_bits(bits).to_f32() }
}

/// The bits of an f16.
fn f16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// Takes one block apart. `bytes` is exactly one block; `encoding` is not a plain float.
pub(crate) fn unpack(encoding: Encoding, bytes: &[u8], to: &mut Block) {
    (to.group, to.has_min) = match encoding {
        Encoding::Q2K => (16, true),
        Encoding::Q3K | Encoding::Q6K => (16, false),
        Encoding::Q4_1 | Encoding::Q5_1 | Encoding::Q4K | Encoding::Q5K => (32, true),
        _ => (32, false),
    };
    to.brain = encoding == Encoding::Mxfp4;
    match encoding {
        Encoding::F32 | Encoding::F64 | Encoding::F16 | Encoding::Bf16 => unreachable!("floats have no blocks"),
        Encoding::Q8_0 => {
            to.large[0] = f16(bytes, 0);
            to.quant.iter_mut().zip(&bytes[2..]).for_each(|(q, &b)| *q = b as i8);
        }
        Encoding::Q4_0 | Encoding::Q4_1 | Encoding::Q5_0 | Encoding::Q5_1 => simple(encoding, bytes, to),
        Encoding::Q2K => q2_k(bytes, to),
        Encoding::Q3K => q3_k(bytes, to),
        Encoding::Q4K | Encoding::Q5K => q4_k(bytes, encoding == Encoding::Q5K, to),
        Encoding::Q6K => q6_k(bytes, to),
        Encoding::Iq4Nl => {
            to.large[0] = f16(bytes, 0);
            looked_up(&bytes[2..], &IQ4, &mut to.quant);
        }
        Encoding::Iq4Xs => iq4_xs(bytes, to),
        Encoding::Mxfp4 => {
            to.large[0] = half_power(bytes[0]);
            looked_up(&bytes[1..], &E2M1, &mut to.quant);
        }
    }
}

/// Blocks of 32: scale, perhaps a minimum, perhaps a word of fifth bits, then 16 bytes of nibbles, the low halves
/// being the first 16 weights.
fn simple(encoding: Encoding, bytes: &[u8], to: &mut Block) {
    let five = matches!(encoding, Encoding::Q5_0 | Encoding::Q5_1);
    to.large[0] = f16(bytes, 0);
    let mut at = 2;
    if to.has_min {
        to.large[1] = f16(bytes, at);
        at += 2;
    }
    let mut fifth = 0;
    if five {
        fifth = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        at += 4;
    }
    // Without a minimum the numbers are centred.
    let centre = match (to.has_min, five) {
        (true, _) => 0,
        (false, false) => 8,
        (false, true) => 16,
    };
    for i in 0..32 {
        let nibble = (bytes[at + i % 16] >> (4 * (i / 16))) & 15;
        let high = ((fifth >> i) & 1) as u8;
        to.quant[i] = (nibble | (high << 4)) as i8 - centre;
    }
}

/// 16 bytes of (scale, minimum) nibbles, 64 of 2-bit weights, two f16.
fn q2_k(bytes: &[u8], to: &mut Block) {
    to.large = [f16(bytes, 80), f16(bytes, 82)];
    for g in 0..16 {
        to.small[0][g] = (bytes[g] & 15) as i8;
        to.small[1][g] = (bytes[g] >> 4) as i8;
    }
    for i in 0..256 {
        let (half, shift, j) = (i / 128, (i / 32) % 4, i % 32);
        to.quant[i] = ((bytes[16 + half * 32 + j] >> (2 * shift)) & 3) as i8;
    }
}

/// 32 bytes of third bits, 64 of low bits, 12 of 6-bit scales, one f16.
fn q3_k(bytes: &[u8], to: &mut Block) {
    let (third, low, scales) = (&bytes[..32], &bytes[32..96], &bytes[96..108]);
    to.large[0] = f16(bytes, 108);
    for g in 0..16 {
        let nibble = (scales[g % 8] >> (4 * (g / 8))) & 15;
        let top = (scales[8 + g % 4] >> (2 * (g / 4))) & 3;
        to.small[0][g] = (nibble | (top << 4)) as i8 - 32;
    }
    for i in 0..256 {
        let (half, shift, j) = (i / 128, (i / 32) % 4, i % 32);
        let q = ((low[half * 32 + j] >> (2 * shift)) & 3) as i8;
        // A third bit that is not set means minus four.
        let set = (third[j] >> (half * 4 + shift)) & 1 == 1;
        to.quant[i] = if set { q } else { q - 4 };
    }
}

/// Two f16, 12 bytes of 6-bit scales and minima, (32 bytes of fifth bits,) 128 of nibbles.
fn q4_k(bytes: &[u8], five: bool, to: &mut Block) {
    to.large = [f16(bytes, 0), f16(bytes, 2)];
    let packed = &bytes[4..16];
    for g in 0..8 {
        let (scale, min) = if g < 4 {
            (packed[g] & 63, packed[g + 4] & 63)
        } else {
            let both = packed[g + 4];
            ((both & 15) | ((packed[g - 4] >> 2) & 0x30), (both >> 4) | ((packed[g] >> 2) & 0x30))
        };
        to.small[0][g] = scale as i8;
        to.small[1][g] = min as i8;
    }
    let (fifth, nibbles) = if five { (&bytes[16..48], &bytes[48..]) } else { (&bytes[..0], &bytes[16..]) };
    for i in 0..256 {
        let (g, j) = (i / 32, i % 32);
        let nibble = (nibbles[(g / 2) * 32 + j] >> (4 * (g % 2))) & 15;
        let high = if five { (fifth[j] >> g) & 1 } else { 0 };
        to.quant[i] = (nibble | (high << 4)) as i8;
    }
}

/// 128 bytes of low nibbles, 64 of high pairs, 16 of 8-bit scales, one f16.
fn q6_k(bytes: &[u8], to: &mut Block) {
    let (low, high, scales) = (&bytes[..128], &bytes[128..192], &bytes[192..208]);
    to.large[0] = f16(bytes, 208);
    for g in 0..16 {
        to.small[0][g] = scales[g] as i8;
    }
    for i in 0..256 {
        let half = i / 128;
        let nibble = (low[half * 64 + i % 64] >> (4 * ((i / 64) % 2))) & 15;
        let top = (high[half * 32 + i % 32] >> (2 * ((i / 32) % 4))) & 3;
        to.quant[i] = (nibble | (top << 4)) as i8 - 32;
    }
}

/// The numbers of IQ4_NL and IQ4_XS: close together near zero, where most weights are.
const IQ4: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// The 4-bit floats of MXFP4 (two bits of exponent, one of mantissa), twice as large so that all are whole.
const E2M1: [i8; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/// Nibbles that are places in a table: of each 16 bytes the low halves first.
fn looked_up(nibbles: &[u8], table: &[i8; 16], to: &mut [i8]) {
    for (from, to) in nibbles.chunks_exact(16).zip(to.chunks_exact_mut(32)) {
        for (i, byte) in from.iter().enumerate() {
            to[i] = table[usize::from(byte & 15)];
            to[i + 16] = table[usize::from(byte >> 4)];
        }
    }
}

/// One f16, a word of the top pairs of eight scales, 4 bytes of their low nibbles, 128 of nibbles.
fn iq4_xs(bytes: &[u8], to: &mut Block) {
    to.large[0] = f16(bytes, 0);
    let top = f16(bytes, 2);
    for g in 0..8 {
        let low = (bytes[4 + g / 2] >> (4 * (g % 2))) & 15;
        let high = (top >> (2 * g)) as u8 & 3;
        to.small[0][g] = (low | (high << 4)) as i8 - 32;
    }
    looked_up(&bytes[8..], &IQ4, &mut to.quant);
}

/// Half of the power of two that a byte stands for, which makes up for the doubled numbers: 2^(byte - 128), as bits of bf16.
fn half_power(byte: u8) -> u16 {
    // The two lowest are not normal.
    if byte < 2 { 0x20 << byte } else { u16::from(byte - 1) << 7 }
}

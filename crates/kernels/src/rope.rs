//! Rotary positions (Su et al., 2021): pairs of a head's numbers turned by an angle that grows with the position.

/// Cosines and sines for one position, one for each pair of a head's numbers.
///
/// ```
/// use beamline_kernels::{Rotation, rotate};
/// // One pair, a quarter turn at position 1.
/// let rotation = Rotation::at(1, &[std::f32::consts::FRAC_PI_2], 1.0);
/// let mut head = [1.0, 0.0, 7.0];
/// rotate(&mut head, 3, &rotation);
/// assert!(head[0].abs() < 1e-6 && (head[1] - 1.0).abs() < 1e-6);
/// assert_eq!(head[2], 7.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    cos: Vec<f32>, // [head width / 2]
    sin: Vec<f32>, // [head width / 2]
}

impl Rotation {
    /// The turn at `position`: `position * frequency` radians for each pair, in f32 as transformers computes it; both
    /// functions are then multiplied by `factor` (1 unless a scaling method asks for more).
    pub fn at(position: usize, frequencies: &[f32], factor: f32) -> Self {
        let angles = frequencies.iter().map(|f| f64::from(position as f32 * f));
        let (cos, sin) = angles.map(|a| (libm::cos(a) as f32 * factor, libm::sin(a) as f32 * factor)).unzip();
        Self { cos, sin }
    }

    /// The cosines, then the sines: as many as a head has numbers.
    pub fn numbers(&self) -> impl Iterator<Item = f32> + '_ {
        self.cos.iter().chain(&self.sin).copied()
    }
}

/// Turns every head of `heads`, `[n, head]`: the pairs are `(i, i + half)`, where `half` is the number of pairs. What a head has
/// beyond its pairs stays (partial rotary positions).
///
/// # Panics
/// When `heads` is not whole heads, or a head is narrower than its pairs.
pub fn rotate(heads: &mut [f32], head: usize, by: &Rotation) {
    let half = by.cos.len();
    assert!(heads.len().is_multiple_of(head) && 2 * half <= head, "whole heads");
    for head in heads.chunks_exact_mut(head) {
        let (first, second) = head[..2 * half].split_at_mut(half);
        for i in 0..half {
            let (a, b) = (first[i], second[i]);
            first[i] = a * by.cos[i] - b * by.sin[i];
            second[i] = b * by.cos[i] + a * by.sin[i];
        }
    }
}

//! Uniform numbers by address.

/// What a number is drawn for. Draws for one purpose never shift those for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Choosing the next token.
    Token = 0,
    /// A candidate of a beam search that samples.
    Candidate = 1,
    /// A coin that a processor tosses.
    Processor = 2,
    /// The noise of a stochastic beam search.
    Noise = 3,
    /// The place of arithmetic samples.
    Place = 4,
    /// A weight of a model that has learned nothing.
    Weight = 5,
}

/// Uniform numbers addressed by (seed, sequence, position, purpose, candidate).
///
/// There is no state and no order: a draw is a function of its address, so it cannot depend on the batch, on neighbours
/// or on how work is scheduled. The function is Philox4x32-10 (Salmon et al., 2011), with the seed as its key and the
/// rest as its counter.
///
/// ```
/// use beamline_search::{Coins, Purpose};
/// let coins = Coins::new(42);
/// let first = coins.toss(0, 0, Purpose::Token, 0);
/// assert!((0.0..1.0).contains(&first));
/// assert_eq!(first, Coins::new(42).toss(0, 0, Purpose::Token, 0));
/// assert_ne!(first, coins.toss(0, 1, Purpose::Token, 0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coins {
    key: [u32; 2],
}

impl Coins {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32] }
    }

    /// A number in `[0, 1)`, a multiple of 2^-53.
    pub fn toss(&self, sequence: u32, position: u32, purpose: Purpose, candidate: u32) -> f64 {
        let [low, high, ..] = philox([position, sequence, purpose as u32, candidate], self.key);
        let bits = (u64::from(high) << 32) | u64::from(low);
        (bits >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Philox4x32 with ten rounds.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
    const STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
    for _ in 0..10 {
        let wide = |m: u32, x: u32| u64::from(m) * u64::from(x);
        let (a, b) = (wide(MULTIPLIERS[0], counter[0]), wide(MULTIPLIERS[1], counter[2]));
        let high = |x: u64| (x >> 32) as u32;
        counter = [high(b) ^ counter[1] ^ key[0], b as u32, high(a) ^ counter[3] ^ key[1], a as u32];
        key = [key[0].wrapping_add(STEPS[0]), key[1].wrapping_add(STEPS[1])];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The authors' own test vectors.
    #[test]
    fn philox_gives_the_published_values() {
        let all = u32::MAX;
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([all; 4], [all; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn coins_are_spread_evenly() {
        let mut buckets = [0u32; 16];
        for position in 0..16_000 {
            let coin = Coins::new(7).toss(3, position, Purpose::Token, 0);
            buckets[(coin * 16.0) as usize] += 1;
        }
        let square: f64 = buckets.iter().map(|&n| (f64::from(n) - 1000.0).powi(2) / 1000.0).sum();
        assert!(square < 37.7, "chi-square {square} with 15 degrees of freedom (37.7 has probability 0.001)");
    }
}

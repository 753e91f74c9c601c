//! torch's random numbers on a CPU, seed for seed.

use beamline_shape::Logits;
use beamline_tokens::TokenId;
use std::sync::{Arc, Mutex, PoisonError};

const N: usize = 624;
const M: usize = 397;

/// The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded as `torch.manual_seed` does.
#[derive(Clone, Debug)]
struct Twister {
    state: [u32; N],
    at: usize,
}

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = [seed; N];
        for i in 1..N {
            let before = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(i as u32);
        }
        Self { state, at: N }
    }

    fn refill(&mut self) {
        for i in 0..N {
            let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + M) % N] ^ (y >> 1) ^ odd;
        }
        self.at = 0;
    }

    fn word(&mut self) -> u32 {
        if self.at == N {
            self.refill();
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn skip(&mut self, words: usize) {
        for _ in 0..words {
            if self.at == N {
                self.refill();
            }
            self.at += 1;
        }
    }

    /// As `Tensor.exponential_` fills an f32: two words a value, the first one high.
    fn exponential(&mut self) -> f32 {
        let bits = (u64::from(self.word()) << 32) | u64::from(self.word());
        let uniform = (bits & ((1 << 53) - 1)) as f64 / (1u64 << 53) as f64;
        -libm::log1p(-uniform) as f32
    }
}

/// The one stream of random numbers that all rows of a batch share, as in torch. Every row draws in turn, also a row
/// that has ended.
#[derive(Clone, Debug)]
pub struct TorchStream(Arc<Mutex<Twister>>);

/// The place of a row, a token of it, and the sum that it takes part with.
type Entrant = (usize, TokenId, f32);

impl TorchStream {
    /// After `torch.manual_seed(seed)`; only the low 32 bits count there.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Twister::new(seed as u32))))
    }

    /// `multinomial(softmax(scores), 1)` of a row of `vocab` tokens.
    pub fn draw(&self, scores: &Logits, vocab: usize) -> Option<TokenId> {
        self.race(&[scores], &[0.0], 1, vocab, 1).first().map(|&(_, token, _)| token)
    }

    /// `multinomial(softmax(all), count)` without replacement, `all` being rows side by side, each with a number added.
    /// Gives row, token and sum, in the order drawn; those whose probability rounds to 0 come last, by place. torch draws
    /// for `width` rows, also where fewer are alive.
    pub fn race(&self, rows: &[&Logits], plus: &[f32], width: usize, vocab: usize, count: usize) -> Vec<Entrant> {
        let sums = |row: usize| rows[row].iter().map(move |(id, value)| (row, id, value + plus[row]));
        let all = || (0..rows.len()).flat_map(sums).filter(|entrant| entrant.2 > f32::NEG_INFINITY);
        let max = all().map(|entrant| entrant.2).fold(f32::NEG_INFINITY, f32::max);
        let weight = |sum: f32| libm::exp(f64::from(sum - max)) as f32;
        let total: f64 = all().map(|entrant| f64::from(weight(entrant.2))).sum();
        let reciprocal = 1.0 / total as f32;
        let mut twister = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = 0;
        let mut racers: Vec<(f32, Entrant)> = Vec::new();
        for entrant in all() {
            let (row, token, sum) = entrant;
            let own = row * vocab + token.index();
            twister.skip(2 * (own - place));
            place = own + 1;
            racers.push((weight(sum) * reciprocal / twister.exponential(), entrant));
        }
        twister.skip(2 * (width.max(rows.len()) * vocab - place));
        // A stable sort keeps equals by place.
        let count = count.min(racers.len());
        if count < racers.len() && count > 0 {
            let by_place = |e: &Entrant| (e.0, e.1);
            racers.select_nth_unstable_by(count - 1, |a, b| {
                b.0.total_cmp(&a.0).then(by_place(&a.1).cmp(&by_place(&b.1)))
            });
            racers.truncate(count);
            racers.sort_by_key(|racer| by_place(&racer.1));
        }
        racers.sort_by(|a, b| b.0.total_cmp(&a.0));
        racers.into_iter().map(|(_, entrant)| entrant).collect()
    }

    /// Draws for `rows` rows of which nobody wants to know.
    pub fn idle(&self, rows: usize, vocab: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).skip(2 * rows * vocab);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the authors' own program for seed 5489, and the ten-thousandth, which C++'s standard names.
    #[test]
    fn the_twister_gives_the_published_values() {
        let mut twister = Twister::new(5489);
        assert_eq!([(); 3].map(|()| twister.word()), [3_499_211_612, 581_869_302, 3_890_346_734]);
        twister.skip(9_996);
        assert_eq!(twister.word(), 4_123_659_995);
    }
}

//! Probabilities that sum to one.

use crate::Logits;
use beamline_tokens::TokenId;

/// What a row of [`Logits`] stands for: a probability for each token still in play. There is no way back.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    ids: Vec<TokenId>, // rising
    p: Vec<f64>,
}

impl Logits {
    /// The only way from log-weights to probabilities.
    pub fn distribution(&self) -> Distribution {
        Distribution::new(self)
    }
}

impl Distribution {
    fn new(logits: &Logits) -> Self {
        let max = f64::from(logits.max());
        let live = logits.iter().filter(|&(_, value)| value > f32::NEG_INFINITY);
        let (ids, mut p): (Vec<_>, Vec<_>) = live.map(|(id, value)| (id, libm::exp(f64::from(value) - max))).unzip();
        let sum: f64 = p.iter().sum();
        for p in &mut p {
            *p /= sum;
        }
        Self { ids, p }
    }

    /// Tokens in play.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True if nothing is left.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Tokens and their probabilities, ids rising.
    pub fn iter(&self) -> impl Iterator<Item = (TokenId, f64)> + '_ {
        self.ids.iter().copied().zip(self.p.iter().copied())
    }

    /// The probability of a token, 0 where it has been removed.
    pub fn of(&self, token: TokenId) -> f64 {
        self.ids.binary_search(&token).map_or(0.0, |i| self.p[i])
    }

    /// The token on which `coin`, uniform in `[0, 1)`, falls when probabilities are laid end to end by rising id.
    ///
    /// The randomness comes in as an argument, so a pick can be repeated, and two shapings be compared on one coin. None
    /// where nothing is left.
    ///
    /// ```
    /// use beamline_shape::Logits;
    /// let mut logits = Logits::default();
    /// logits.load(&[0.25f32.ln(), 0.75f32.ln()]);
    /// let distribution = logits.distribution();
    /// assert_eq!([0.0, 0.2, 0.3, 0.99].map(|coin| distribution.pick(coin).map(|id| id.0)), [0, 0, 1, 1].map(Some));
    /// ```
    pub fn pick(&self, coin: f64) -> Option<TokenId> {
        let mut below = 0.0;
        for (id, p) in self.iter() {
            below += p;
            if coin < below {
                return Some(id);
            }
        }
        // Rounding may leave the last sum a little below one.
        self.iter().filter(|&(_, p)| p > 0.0).map(|(id, _)| id).last()
    }
}

//! Mirostat: a cut that steers the surprise of the text towards a target.

use super::prelude::*;

/// Tokens from which version 1 estimates the shape of the row.
const POOL: usize = 100;

processor! {
    Mirostat { version: u64, tau: f64, eta: f64, mu: f64, vocab: usize, surprises: Vec<(TokenId, f64)> }
    what: "Cuts off surprising tokens at a threshold that follows how surprising the text has been."
    rule: "Version 2: remove tokens with `-log2 p > mu`, draw, then `mu -= eta (observed - tau)`, with `mu` beginning at `2 tau`. Version 1 keeps the `k` best, with `k` estimated from `mu` and the slope of the 100 best (Zipf's law)."
    when: "`mirostat` 2, tau 3 to 5 (bits), eta 0.1: neither the boredom of a small nucleus nor the nonsense of a large one, over a long text."
    limits: "0 switches it off. A small tau makes the text predictable; eta 0 keeps the threshold still. The best token always stays."
    example: "let mut logits = Logits::of_probabilities(&[0.5, 0.26, 0.12, 0.12]);
Mirostat::new(2, 1.0, 0.1, 4)?.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [0, 1]); // mu is 2 bits"
    source: "Basu et al. (2021); as llama.cpp's `mirostat` and `mirostat_v2`."
}

impl Mirostat {
    /// Version 1 or 2, a target in bits, a rate of learning, and the size of the vocabulary.
    ///
    /// # Errors
    /// When a value is out of its range.
    pub fn new(version: u64, tau: f64, eta: f64, vocab: usize) -> Result<Self, ShapeError> {
        if !(1..=2).contains(&version) {
            return Err(ShapeError::value(VERSION.name, version, "1 or 2", "leave it out to switch it off"));
        }
        let (tau, eta) = (TAU.number(tau)?, ETA.number(eta)?);
        Ok(Self { version, tau, eta, mu: 2.0 * tau, vocab, surprises: Vec::new() })
    }

    /// How many of the best tokens version 1 keeps.
    fn estimate(&self, logits: &Logits) -> usize {
        let top = logits.top(POOL, 0.0);
        let (mut products, mut squares) = (0.0, 0.0);
        for (i, pair) in top.windows(2).enumerate() {
            let t = libm::log((i as f64 + 2.0) / (i as f64 + 1.0));
            let b = f64::from(pair[0].1) - f64::from(pair[1].1); // ln(p_i / p_i+1)
            products += t * b;
            squares += t * t;
        }
        if squares == 0.0 {
            return 1;
        }
        let s = products / squares;
        let epsilon = s - 1.0;
        let n = self.vocab as f64;
        let k = libm::pow(epsilon * libm::exp2(self.mu) / (1.0 - libm::pow(n, -epsilon)), 1.0 / s);
        // A flat or odd row gives no number: then all stay.
        if k.is_nan() { usize::MAX } else { (k as usize).max(1) }
    }
}

impl Processor for Mirostat {
    named!(VERSION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        const LN_2: f64 = std::f64::consts::LN_2;
        if self.version == 1 {
            if let Some(kth) = logits.kth_greatest(self.estimate(logits)) {
                logits.retain(|_, value| value >= kth);
            }
        } else {
            let (log_sum, mu) = (logits.sums().log_sum(), self.mu);
            logits.truncate(1, |_, value| (log_sum - f64::from(value)) / LN_2 <= mu);
        }
        let log_sum = logits.sums().log_sum();
        self.surprises.clear();
        self.surprises.extend(logits.iter().map(|(id, value)| (id, (log_sum - f64::from(value)) / LN_2)));
    }
    fn accept(&mut self, _: &TokenList, token: TokenId) {
        if let Ok(i) = self.surprises.binary_search_by_key(&token, |&(id, _)| id) {
            self.mu -= self.eta * (self.surprises[i].1 - self.tau);
        }
    }
}

const VERSION: OptionSpec = OptionSpec {
    name: "mirostat",
    kind: OptionKind::Count { least: 0 },
    needs: SAMPLING,
    range: "0, 1 or 2",
    default: "0",
    short: "steer the surprise of the text towards a target, by version 1 or 2; 0 is off",
    remedy: "0 switches it off",
    check: |value| value.count().is_some_and(|version| version <= 2),
    neutral: |value, _| value.count() == Some(0),
    ..OptionSpec::BASE
};

const TAU: OptionSpec = OptionSpec {
    name: "mirostat_tau",
    needs: &["mirostat"],
    range: "greater than 0 and at most 100",
    default: "5.0",
    short: "the surprise that mirostat aims at, in bits a token",
    check: |value| value.number().is_some_and(|tau| 0.0 < tau && tau <= 100.0),
    ..OptionSpec::BASE
};

const ETA: OptionSpec = OptionSpec {
    name: "mirostat_eta",
    needs: &["mirostat"],
    range: "in [0, 1]",
    default: "0.1",
    short: "how fast mirostat learns",
    check: |value| value.number().is_some_and(|eta| (0.0..=1.0).contains(&eta)),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: VERSION.name,
    options: &[VERSION, TAU, ETA],
    page: PAGE,
    build: |brief| {
        let version = brief.count(&VERSION) as u64;
        built(Mirostat::new(version, brief.number(&TAU), brief.number(&ETA), brief.vocab)?)
    },
};

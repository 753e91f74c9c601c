//! Adaptive-p: tokens near a target probability.

use super::prelude::*;

/// How wide the curve is around the target, how high its top and how steep its sides.
const WIDTH: f64 = 0.3;
const PEAK: f64 = 5.0;
const SHARPNESS: f64 = 10.0;

processor! {
    AdaptiveP { target: f64, decay: f64, sum: f64, weight: f64, before: Vec<(TokenId, f64)> }
    what: "Prefers tokens whose probability is near a target, and moves the target so that the picks come to it on average."
    rule: "`t = clamp(2 target - average of the picks' p, 0, 1)`, `d = |p - t| / 0.3`, `s' = 5 - 10 d^2 / (1 + d)`; the average forgets by `decay` each step."
    when: "A target of 0.4 to 0.6, after min-p: prose that is neither the obvious nor the odd. It should come last."
    limits: "Below 0 it is off. It gives every token left a new score, so what is improbable must be cut off before."
    example: "let mut logits = Logits::of_probabilities(&[0.5, 0.3, 0.2]);
AdaptiveP::new(0.3, 0.9)?.apply(&mut logits, &Context::default());
assert_eq!(logits.best(), Some(TokenId(1)));"
    source: "llama.cpp's `adaptive_p` (2025)."
}

impl AdaptiveP {
    /// A target in `[0, 1]`, and in `[0, 0.99]` how slowly earlier picks are forgotten.
    ///
    /// # Errors
    /// When a value is out of its range.
    pub fn new(target: f64, decay: f64) -> Result<Self, ShapeError> {
        if target < 0.0 {
            return Err(ShapeError::value(TARGET.name, target, "in [0, 1]", "leave it out to switch it off"));
        }
        let (target, decay) = (TARGET.number(target)?, DECAY.number(decay)?);
        // As if the target had been met for ever.
        Ok(Self { target, decay, sum: target / (1.0 - decay), weight: 1.0 / (1.0 - decay), before: Vec::new() })
    }
}

impl Processor for AdaptiveP {
    named!("adaptive_p");
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let log_sum = logits.sums().log_sum();
        let p = |value: f32| libm::exp(f64::from(value) - log_sum);
        let target = (2.0 * self.target - self.sum / self.weight).clamp(0.0, 1.0);
        self.before.clear();
        self.before.extend(logits.iter().map(|(id, value)| (id, p(value))));
        logits.map(|value| {
            if value == f32::NEG_INFINITY {
                return value;
            }
            let d = (p(value) - target).abs() / WIDTH;
            (PEAK - SHARPNESS * d * d / (1.0 + d)) as f32
        });
    }
    fn accept(&mut self, _: &TokenList, token: TokenId) {
        if let Ok(i) = self.before.binary_search_by_key(&token, |&(id, _)| id) {
            self.sum = self.before[i].1 + self.decay * self.sum;
            self.weight = 1.0 + self.decay * self.weight;
        }
    }
}

const TARGET: OptionSpec = OptionSpec {
    name: "adaptive_target",
    needs: SAMPLING,
    range: "in [0, 1], or below 0 for off",
    default: "-1.0",
    short: "prefer tokens near this probability; below 0 is off",
    remedy: "-1 switches it off",
    check: |value| value.number().is_some_and(|t| t <= 1.0),
    neutral: |value, _| value.number().is_some_and(|t| t < 0.0),
    ..OptionSpec::BASE
};

const DECAY: OptionSpec = OptionSpec {
    name: "adaptive_decay",
    needs: &["adaptive_target"],
    range: "in [0, 0.99]",
    default: "0.9",
    short: "how slowly adaptive-p forgets earlier picks",
    check: |value| value.number().is_some_and(|d| (0.0..=0.99).contains(&d)),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: "adaptive_p",
    options: &[TARGET, DECAY],
    page: PAGE,
    build: |brief| built(AdaptiveP::new(brief.number(&TARGET), brief.number(&DECAY))?),
};

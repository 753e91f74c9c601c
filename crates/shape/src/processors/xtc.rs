//! XTC, "exclude top choices": now and then the obvious tokens are taken away.

use super::prelude::*;

processor! {
    Xtc { probability: f64, threshold: f64 }
    what: "With some probability, removes all tokens above a threshold but the least probable of them."
    rule: "If a coin falls below `probability` and two or more tokens have `p >= threshold`, remove all of those but the last."
    when: "Probability 0.5, threshold 0.1, for stories that leave the beaten track; what is left is still a plausible token."
    limits: "A probability of 0 or a threshold above 0.5 switches it off. It tosses a coin, so equal rows may come out different."
    example: "let mut logits = Logits::of_probabilities(&[0.5, 0.3, 0.15, 0.05]);
Xtc::new(1.0, 0.1)?.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [2, 3]);"
    source: "P. E. Weidmann (2024); as llama.cpp's `xtc`."
}

impl Xtc {
    /// The chance that it acts, and the probability from which a token counts as obvious.
    ///
    /// # Errors
    /// When a value is out of its range.
    pub fn new(probability: f64, threshold: f64) -> Result<Self, ShapeError> {
        Ok(Self { probability: PROBABILITY.number(probability)?, threshold: THRESHOLD.number(threshold)? })
    }
}

impl Processor for Xtc {
    named!("xtc");
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        if context.coin >= self.probability {
            return;
        }
        let log_sum = logits.sums().log_sum();
        let obvious = |value: f32| libm::exp(f64::from(value) - log_sum) >= self.threshold;
        // The least obvious token, the highest id of equals, as the last of a list by falling probability.
        let mut last: Option<(TokenId, f32)> = None;
        for (id, value) in logits.iter().filter(|&(_, value)| value > f32::NEG_INFINITY && obvious(value)) {
            if last.is_none_or(|(_, least)| value <= least) {
                last = Some((id, value));
            }
        }
        if let Some((last, _)) = last {
            logits.retain(|id, value| id == last || !obvious(value));
        }
    }
    fn is_random(&self) -> bool {
        true
    }
}

const PROBABILITY: OptionSpec = OptionSpec {
    name: "xtc_probability",
    aliases: &["xtc"],
    needs: SAMPLING,
    range: "in [0, 1]",
    default: "0.0",
    short: "how often to remove the most obvious tokens",
    remedy: "0 switches it off",
    check: |value| value.number().is_some_and(|p| (0.0..=1.0).contains(&p)),
    neutral: |value, _| value.number() == Some(0.0),
    ..OptionSpec::BASE
};

const THRESHOLD: OptionSpec = OptionSpec {
    name: "xtc_threshold",
    needs: &["xtc_probability"],
    range: "in [0, 1]",
    default: "0.1",
    short: "from which probability a token counts as obvious to xtc",
    remedy: "above 0.5 it removes nothing",
    check: |value| value.number().is_some_and(|p| (0.0..=1.0).contains(&p)),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: "xtc",
    options: &[PROBABILITY, THRESHOLD],
    page: PAGE,
    build: |brief| built(Xtc::new(brief.number(&PROBABILITY), brief.number(&THRESHOLD))?),
};

//! Top-p, or nucleus sampling: the smallest set of tokens that holds a share p of the probability.

use super::prelude::*;

processor! {
    TopP { p: f64, keep: usize }
    what: "Keeps the most probable tokens until together they hold a share `p` of the probability."
    rule: "By falling probability, keep a token while those before it sum to less than `p`: the token that crosses `p` stays, and the best always does."
    when: "0.9 to 0.95: few tokens where the model is sure, many where it is not."
    limits: "Towards 0 only the best token is left; 1 keeps all. Probabilities are those after the processors before it: after top-k, shares of what top-k kept. Tokens equal to the last one kept all stay."
    example: "let mut logits = Logits::of_probabilities(&[0.5, 0.3, 0.15, 0.05]);
TopP::new(0.75)?.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [0, 1]); // 0.5 is not enough, 0.8 is"
    source: "Holtzman et al. (2020); as transformers' `TopPLogitsWarper`, but that sums are taken in f64 and equals at the cut stay together, where transformers drops some of them at the whim of an unstable sort."
}

impl TopP {
    /// A share from 0 (only the best token) to 1 (all).
    ///
    /// # Errors
    /// When it is outside.
    pub fn new(p: f64) -> Result<Self, ShapeError> {
        Ok(Self { p: OPTION.number(p)?, keep: 1 })
    }

    /// The least logit that stays.
    fn threshold(&self, logits: &mut Logits) -> Option<f32> {
        let sums = logits.sums();
        let share = self.p * sums.sum;
        let mut together = 0.0;
        for (taken, value) in logits.falling().enumerate() {
            together += libm::exp(f64::from(value) - f64::from(sums.max));
            if together >= share && taken + 1 >= self.keep {
                return Some(value);
            }
        }
        None
    }
}

impl Processor for TopP {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        if self.p < 1.0
            && let Some(threshold) = self.threshold(logits)
        {
            logits.retain_from(threshold);
        }
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "top_p",
    common: true,
    aliases: &["nucleus", "p"],
    needs: SAMPLING,
    range: "in [0, 1]",
    default: "1.0",
    short: "keep the most probable tokens that together hold this share of the probability",
    remedy: "leave it out, or give 1, to keep every token",
    check: |value| value.number().is_some_and(|p| (0.0..=1.0).contains(&p)),
    neutral: |value, _| value.number() == Some(1.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| built(TopP { keep: brief.keep, ..TopP::new(brief.number(&OPTION))? }),
};

//! Min-p: no token much less probable than the best.

use super::prelude::*;

processor! {
    MinP { p: f64, keep: usize }
    what: "Removes tokens whose probability is below a share of the best token's."
    rule: "Remove a token with `p < m max(p)`."
    when: "0.05 to 0.1, often with a temperature above 1: the cut follows the model's confidence."
    limits: "0 keeps all; 1 keeps the best and its equals."
    example: "let mut logits = Logits::of_probabilities(&[0.6, 0.3, 0.08, 0.02]);
MinP::new(0.2)?.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [0, 1]); // 0.08 is below 0.2 * 0.6"
    source: "Nguyen et al. (2024); as transformers' `MinPLogitsWarper`."
}

impl MinP {
    /// A share from 0 (keeps all) to 1 (keeps the best).
    ///
    /// # Errors
    /// When it is outside.
    pub fn new(p: f64) -> Result<Self, ShapeError> {
        Ok(Self { p: OPTION.number(p)?, keep: 1 })
    }
}

impl Processor for MinP {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        // Of a ratio of probabilities only the difference of logits is needed.
        let max = f64::from(logits.max());
        let p = self.p;
        logits.truncate(self.keep, |_, value| libm::exp(f64::from(value) - max) >= p);
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "min_p",
    needs: SAMPLING,
    range: "in [0, 1]",
    default: "0.0",
    short: "remove tokens less probable than this share of the best token's probability",
    remedy: "leave it out, or give 0, to keep every token",
    check: |value| value.number().is_some_and(|p| (0.0..=1.0).contains(&p)),
    neutral: |value, _| value.number() == Some(0.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| built(MinP { keep: brief.keep, ..MinP::new(brief.number(&OPTION))? }),
};

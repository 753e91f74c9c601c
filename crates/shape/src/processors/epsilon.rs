//! Epsilon sampling: a floor under every probability.

use super::prelude::*;

processor! {
    Epsilon { epsilon: f64, keep: usize }
    what: "Removes tokens whose probability is below a fixed floor."
    rule: "Remove a token with `p < epsilon`, but never the best."
    when: "3e-4 to 9e-4: what is left is never absurd, whatever the row looks like."
    limits: "0 keeps all; towards 1 only the best token is left."
    example: "let mut logits = Logits::of_probabilities(&[0.9, 0.08, 0.02]);
Epsilon::new(0.05)?.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [0, 1]);"
    source: "Hewitt, Manning and Liang (2022); as transformers' `EpsilonLogitsWarper`."
}

impl Epsilon {
    /// A floor in `[0, 1)`.
    ///
    /// # Errors
    /// When it is outside.
    pub fn new(epsilon: f64) -> Result<Self, ShapeError> {
        Ok(Self { epsilon: OPTION.number(epsilon)?, keep: 1 })
    }
}

impl Processor for Epsilon {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let (log_sum, epsilon) = (logits.sums().log_sum(), self.epsilon);
        logits.truncate(self.keep, |_, value| libm::exp(f64::from(value) - log_sum) >= epsilon);
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "epsilon_cutoff",
    aliases: &["epsilon"],
    needs: SAMPLING,
    range: "in [0, 1)",
    default: "0.0",
    short: "remove tokens less probable than this",
    remedy: "leave it out, or give 0, to keep every token",
    check: |value| value.number().is_some_and(|p| (0.0..1.0).contains(&p)),
    neutral: |value, _| value.number() == Some(0.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| built(Epsilon { keep: brief.keep, ..Epsilon::new(brief.number(&OPTION))? }),
};

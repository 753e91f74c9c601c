//! Eta sampling: a floor that sinks where the model is unsure.

use super::prelude::*;

processor! {
    Eta { epsilon: f64, keep: usize }
    what: "Removes tokens below a floor that depends on the entropy of the row."
    rule: "Remove a token with `p < min(epsilon, sqrt(epsilon) exp(-H))`, but never the best."
    when: "3e-4 to 4e-3: as epsilon sampling, but gentle on flat rows, where every probability is small."
    limits: "0 keeps all; towards 1 little but the best token is left."
    example: "let flat = [0.25, 0.25, 0.25, 0.25];
let mut logits = Logits::of_probabilities(&flat);
Eta::new(0.3)?.apply(&mut logits, &Context::default());
assert_eq!(logits.live(), 4); // the floor is sqrt(0.3) / 4; epsilon sampling would cut at 0.3"
    source: "Hewitt, Manning and Liang (2022); as transformers' `EtaLogitsWarper`."
}

impl Eta {
    /// A floor in `[0, 1)`.
    ///
    /// # Errors
    /// When it is outside.
    pub fn new(epsilon: f64) -> Result<Self, ShapeError> {
        Ok(Self { epsilon: OPTION.number(epsilon)?, keep: 1 })
    }
}

impl Processor for Eta {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let sums = logits.sums();
        let floor = self.epsilon.min(self.epsilon.sqrt() * libm::exp(-sums.entropy()));
        let log_sum = sums.log_sum();
        logits.truncate(self.keep, |_, value| libm::exp(f64::from(value) - log_sum) >= floor);
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "eta_cutoff",
    aliases: &["eta"],
    needs: SAMPLING,
    range: "in [0, 1)",
    default: "0.0",
    short: "remove tokens below a floor that sinks with the entropy",
    remedy: "leave it out, or give 0, to keep every token",
    check: |value| value.number().is_some_and(|p| (0.0..1.0).contains(&p)),
    neutral: |value, _| value.number() == Some(0.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| built(Eta { keep: brief.keep, ..Eta::new(brief.number(&OPTION))? }),
};

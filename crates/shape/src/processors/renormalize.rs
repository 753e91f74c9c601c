//! Renormalisation: scores become log-probabilities again.

use super::prelude::*;

processor! {
    Renormalize {}
    what: "Turns scores back into log-probabilities, after all other processors."
    rule: "`s' = s - log(sum(exp(s)))`."
    when: "With beams and any processor that masks or moves tokens: without it, a beam's score counts probability that masked tokens have taken along."
    limits: "Sampling and greedy search choose the same with it and without."
    example: "let mut logits = Logits::of_probabilities(&[0.1, 0.3]);
Renormalize::new().apply(&mut logits, &Context::default());
assert!((logits.distribution().of(TokenId(1)) - 0.75).abs() < 1e-6 && logits.max() < 0.0);"
    source: "transformers' `LogitNormalization`."
}

impl Renormalize {
    /// There is nothing to choose.
    #[allow(clippy::new_without_default)] // as all its siblings are made
    pub fn new() -> Self {
        Self {}
    }
}

impl Processor for Renormalize {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        if logits.max() > f32::NEG_INFINITY {
            logits.log_softmax();
        }
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "renormalize_logits",
    short: "turn scores into log-probabilities after all processors",
    ..OptionSpec::FLAG
};

pub(crate) const ENTRY: Entry =
    Entry { name: OPTION.name, options: &[OPTION], page: PAGE, build: |_| built(Renormalize::new()) };

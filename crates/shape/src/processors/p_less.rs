//! P-less sampling: a cut without a number to choose.

use super::prelude::*;

processor! {
    PLess {}
    what: "Removes tokens less probable than two draws are to be equal."
    rule: "Remove a token with `p < sum(p^2)`."
    when: "Where no hyper-parameter should be tuned; it bears high temperatures well."
    limits: "A sure row keeps one token, a flat row keeps all. The best token always stays, since `max(p) >= sum(p^2)`."
    example: "let mut logits = Logits::of_probabilities(&[0.6, 0.3, 0.1]);
PLess::new().apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [0]); // 0.36 + 0.09 + 0.01 = 0.46"
    source: "Tan, Wu and Howard (2025)."
}

impl PLess {
    /// There is nothing to choose.
    #[allow(clippy::new_without_default)] // as all its siblings are made
    pub fn new() -> Self {
        Self {}
    }
}

impl Processor for PLess {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let log_sum = logits.sums().log_sum();
        let p = |value: f32| libm::exp(f64::from(value) - log_sum);
        let floor: f64 = logits.iter().map(|(_, value)| p(value) * p(value)).sum();
        logits.truncate(1, |_, value| p(value) >= floor);
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "p_less",
    needs: SAMPLING,
    short: "remove tokens less probable than two draws are to be equal",
    ..OptionSpec::FLAG
};

pub(crate) const ENTRY: Entry =
    Entry { name: OPTION.name, options: &[OPTION], page: PAGE, build: |_| built(PLess::new()) };

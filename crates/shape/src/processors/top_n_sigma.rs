//! Top-n-sigma: a cut in logits, not in probabilities.

use super::prelude::*;

processor! {
    TopNSigma { n: f64 }
    what: "Removes tokens whose logit lies more than `n` standard deviations below the greatest."
    rule: "Remove a token with `s < max(s) - n sigma`, sigma being the standard deviation of the logits in play."
    when: "1.0; since it works on logits, a temperature before or after it leaves the same tokens."
    limits: "0 switches it off; a large `n` keeps all. It assumes that noise is spread like a bell."
    example: "let mut logits = Logits::of(&[10.0, 9.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
TopNSigma::new(1.0)?.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [0, 1]);"
    source: "Tang et al. (2024); as llama.cpp's `top_n_sigma`."
}

impl TopNSigma {
    /// Standard deviations, above 0.
    ///
    /// # Errors
    /// When it is negative.
    pub fn new(n: f64) -> Result<Self, ShapeError> {
        Ok(Self { n: OPTION.number(n)? })
    }
}

impl Processor for TopNSigma {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let live = || logits.iter().map(|(_, v)| f64::from(v)).filter(|v| v.is_finite());
        let count = live().count();
        if count <= 1 {
            return;
        }
        let mean = live().sum::<f64>() / count as f64;
        let sigma = (live().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count as f64).sqrt();
        let least = f64::from(logits.max()) - self.n * sigma;
        logits.truncate(1, |_, value| f64::from(value) >= least);
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "top_n_sigma",
    needs: SAMPLING,
    range: "0 or more",
    default: "0.0",
    short: "remove tokens this many standard deviations below the best; 0 keeps all",
    remedy: "0 keeps every token",
    check: |value| value.number().is_some_and(|n| n >= 0.0),
    neutral: |value, _| value.number() == Some(0.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| built(TopNSigma::new(brief.number(&OPTION))?),
};

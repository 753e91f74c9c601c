//! Top-h: the best tokens that together hold a share of the entropy.

use super::prelude::*;

/// How many of the best tokens are looked at.
const POOL: usize = 100;

processor! {
    TopH { share: f64 }
    what: "Keeps the best tokens while their part of the entropy stays within a share of the whole."
    rule: "Of the 100 best tokens, with `p` their softmax and `H` its entropy: by falling `p`, keep while the sum of `-p log p` is at most `h H`. The best always stays."
    when: "0.4, with temperatures from 1 to 2: the more peaked the row, the fewer tokens."
    limits: "Towards 0 only the best token is left; 1 keeps the 100 best. `H` is of those 100 alone, in transformers' code too (its text says otherwise)."
    example: "let mut logits = Logits::of_probabilities(&[0.7, 0.2, 0.1]);
TopH::new(0.5)?.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [0]); // -p log p is 0.25, 0.32, 0.23; half of their sum is 0.40"
    source: "Potraghloo et al. (2025), as transformers' `TopHLogitsWarper`; the paper asks for the greatest set, this takes the best tokens in turn."
}

impl TopH {
    /// A share above 0 and at most 1.
    ///
    /// # Errors
    /// When it is outside.
    pub fn new(share: f64) -> Result<Self, ShapeError> {
        Ok(Self { share: OPTION.number(share)? })
    }
}

impl Processor for TopH {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let top = logits.top(POOL, 0.0);
        let Some(&(_, max)) = top.first() else { return };
        let weights: Vec<f64> = top.iter().map(|&(_, v)| libm::exp(f64::from(v) - f64::from(max))).collect();
        let sum: f64 = weights.iter().sum();
        let parts: Vec<f64> =
            weights.iter().map(|w| w / sum).map(|p| if p > 0.0 { -p * libm::log(p) } else { 0.0 }).collect();
        let limit = parts.iter().sum::<f64>() * self.share;
        let mut together = 0.0;
        // Sums of equal terms in equal order differ from the limit by rounding alone.
        let within = |part: &&f64| {
            together += **part;
            together <= limit * (1.0 + 1e-7)
        };
        let kept = parts.iter().take_while(within).count().max(1);
        let mut ids: Vec<TokenId> = top[..kept].iter().map(|&(id, _)| id).collect();
        ids.sort_unstable();
        logits.retain(|id, _| ids.binary_search(&id).is_ok());
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "top_h",
    needs: SAMPLING,
    range: "in (0, 1]",
    default: "off",
    short: "keep the best tokens that together hold this share of the entropy",
    remedy: "leave it out to keep every token",
    check: |value| value.number().is_some_and(|h| 0.0 < h && h <= 1.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| built(TopH::new(brief.number(&OPTION))?),
};

//! Locally typical sampling: tokens about as surprising as the model expects to be surprised.

use super::prelude::*;
use crate::ordered::Ordered;

processor! {
    Typical { mass: f64, keep: usize }
    what: "Keeps the tokens whose surprise is nearest to the entropy of the row, until they hold a share of the probability."
    rule: "By rising `|-log p - H|`, keep tokens until their probabilities sum to `mass`; tokens as far as the last one all stay."
    when: "0.2 for summaries, 0.95 for stories: it may drop the most probable token, where that would say nothing."
    limits: "Near 0 only the most typical token is left; 1 changes nothing."
    example: "let mut logits = Logits::of_probabilities(&[0.5, 0.2, 0.15, 0.1, 0.05]);
Typical::new(0.3)?.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [1, 2]); // the best token is less surprising than the row is on average"
    source: "Meister et al. (2023); as transformers' `TypicalLogitsWarper`."
}

impl Typical {
    /// A share of the probability, above 0 and at most 1.
    ///
    /// # Errors
    /// When it is outside.
    pub fn new(mass: f64) -> Result<Self, ShapeError> {
        Ok(Self { mass: OPTION.number(mass)?, keep: 1 })
    }
}

impl Processor for Typical {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let sums = logits.sums();
        let (log_sum, entropy) = (sums.log_sum(), sums.entropy());
        let distance = |value: f32| (log_sum - f64::from(value) - entropy).abs();
        let live = logits.iter().map(|(_, value)| value).filter(|&value| value > f32::NEG_INFINITY);
        let mut items: Vec<(f64, f64)> =
            live.map(|value| (distance(value), libm::exp(f64::from(value) - log_sum))).collect();
        let (mut together, mut farthest) = (0.0, 0.0);
        for (taken, (distance, p)) in Ordered::new(&mut items, |a, b| a.0.total_cmp(&b.0)).enumerate() {
            if together >= self.mass && taken >= self.keep {
                break;
            }
            together += p;
            farthest = distance;
        }
        logits.retain(|_, value| distance(value) <= farthest);
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "typical_p",
    aliases: &["typical"],
    needs: SAMPLING,
    range: "in (0, 1]",
    default: "1.0",
    short: "keep the tokens about as surprising as the model expects, up to this share",
    remedy: "leave it out, or give 1, to keep every token",
    check: |value| value.number().is_some_and(|p| 0.0 < p && p <= 1.0),
    neutral: |value, _| value.number() == Some(1.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| built(Typical { keep: brief.keep, ..Typical::new(brief.number(&OPTION))? }),
};

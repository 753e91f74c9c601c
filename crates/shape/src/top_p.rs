//! Top-p, or nucleus sampling: the smallest set of tokens that holds a share p of the probability.

use crate::{Context, Entry, Logits, OptionKind, OptionSpec, OptionValue, Page, Processor, Scope, ShapeError};

/// **What it does.** Keeps the most probable tokens until together they hold a share `p` of the probability.
///
/// **Rule.** By falling probability, keep a token while those before it sum to less than `p`: the token that crosses `p`
/// stays, and the best always does.
///
/// **When.** 0.9 to 0.95: few tokens where the model is sure, many where it is not.
///
/// **Limits.** Towards 0 only the best token is left; 1 keeps all. Probabilities are those after the processors before
/// it: after top-k, shares of what top-k kept. Tokens equal to the last one kept all stay.
///
/// **Example.**
/// ```
/// use beamline_shape::{Context, Logits, Processor, TopP};
/// let mut logits = Logits::default();
/// logits.load(&[0.5f32.ln(), 0.3f32.ln(), 0.15f32.ln(), 0.05f32.ln()]);
/// TopP::new(0.75)?.apply(&mut logits, &Context { tokens: &[], prompt_len: 0 });
/// assert_eq!(logits.live(), 2); // 0.5 is not enough, 0.8 is
/// # Ok::<(), beamline_shape::ShapeError>(())
/// ```
///
/// **Source.** Holtzman et al. (2020); as transformers' `TopPLogitsWarper`, but that sums are taken in f64 and equals at
/// the cut stay together, where transformers drops some of them at the whim of an unstable sort.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopP(f64);

impl TopP {
    /// A share from 0 (only the best token) to 1 (all).
    ///
    /// # Errors
    /// When it is outside.
    pub fn new(p: f64) -> Result<Self, ShapeError> {
        OPTION.parse(&p.to_string()).map(|_| Self(p))
    }

    /// The least logit that stays.
    fn threshold(self, logits: &mut Logits) -> Option<f32> {
        if self.0 >= 1.0 {
            return None;
        }
        let sums = logits.sums();
        let share = self.0 * sums.sum;
        // Most nuclei are small: look at a few, then at more.
        let mut count = 64;
        loop {
            let held = logits.len();
            let greatest = logits.greatest(count);
            let mut together = 0.0;
            for &value in greatest {
                together += libm::exp(f64::from(value) - f64::from(sums.max));
                if together >= share {
                    return Some(value);
                }
            }
            if count >= held {
                return None;
            }
            count *= 8;
        }
    }
}

impl Processor for TopP {
    fn name(&self) -> &'static str {
        OPTION.name
    }
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        if let Some(threshold) = self.threshold(logits) {
            logits.retain(|_, value| value >= threshold);
        }
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(*self)
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "top_p",
    kind: OptionKind::Number,
    scope: Scope::Sampling,
    range: "in [0, 1]",
    default: "1.0",
    short: "keep the most probable tokens that together hold this share of the probability",
    remedy: "leave it out, or give 1, to keep every token",
    check: |value| value.number().is_some_and(|p| (0.0..=1.0).contains(&p)),
    neutral: |value, _| value.number() == Some(1.0),
};

pub(crate) const ENTRY: Entry = Entry {
    option: OPTION,
    page: Page {
        what: "Keeps the most probable tokens until together they hold a share p of the probability.",
        rule: "by falling probability, keep a token while those before it sum to less than p",
        when: "0.9 to 0.95: few tokens where the model is sure, many where it is not.",
        limits: "Towards 0 only the best token is left; 1 keeps all. After top-k, shares are of what top-k kept.",
        source: "Holtzman et al. (2020); transformers' TopPLogitsWarper.",
    },
    build: |value| match value {
        OptionValue::Number(p) if *p != 1.0 => Ok(Some(Box::new(TopP::new(*p)?))),
        _ => Ok(None),
    },
};

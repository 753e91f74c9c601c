//! Top-k: only the k most probable tokens.

use crate::{Context, Entry, Logits, OptionKind, OptionSpec, OptionValue, Page, Processor, Scope, ShapeError};

/// **What it does.** Keeps the `k` tokens with the greatest logits.
///
/// **Rule.** With `t` the k-th greatest logit, remove every token with `s < t`.
///
/// **When.** 40 or 50 to cut off the long tail; it keeps as many tokens where the model is sure as where it is not, which
/// top-p does not.
///
/// **Limits.** 1 is greedy search (but for equals); the size of the vocabulary or more keeps all. Tokens equal to the
/// k-th all stay, so more than `k` may be left.
///
/// **Example.**
/// ```
/// use beamline_shape::{Context, Logits, Processor, TopK};
/// let mut logits = Logits::default();
/// logits.load(&[1.0, 4.0, 2.0, 2.0]);
/// TopK::new(2)?.apply(&mut logits, &Context { tokens: &[], prompt_len: 0 });
/// assert_eq!(logits.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [1, 2, 3]); // 2 and 3 are equal
/// # Ok::<(), beamline_shape::ShapeError>(())
/// ```
///
/// **Source.** Fan, Lewis and Dauphin (2018); as transformers' `TopKLogitsWarper`, ties included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopK(usize);

impl TopK {
    /// Keeps `k` tokens, 1 or more.
    ///
    /// # Errors
    /// When `k` is 0: leave the processor out to keep all.
    pub fn new(k: usize) -> Result<Self, ShapeError> {
        if k == 0 {
            Err(ShapeError::value("top_k", k, "1 or more", "leave it out to keep every token"))
        } else {
            Ok(Self(k))
        }
    }
}

impl Processor for TopK {
    fn name(&self) -> &'static str {
        OPTION.name
    }
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        if let Some(threshold) = logits.kth_greatest(self.0).filter(|_| self.0 < logits.len()) {
            logits.retain(|_, value| value >= threshold);
        }
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(*self)
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "top_k",
    kind: OptionKind::Count { least: 0 },
    scope: Scope::Sampling,
    range: "a whole number, 0 or more",
    default: "50",
    short: "keep the k most probable tokens; 0 keeps all",
    remedy: "0 keeps every token",
    check: |_| true,
    neutral: |value, vocab| value.count().is_some_and(|k| k == 0 || k >= vocab as u64),
};

pub(crate) const ENTRY: Entry = Entry {
    option: OPTION,
    page: Page {
        what: "Keeps the k tokens with the greatest logits.",
        rule: "t = the k-th greatest logit; remove every token with s < t",
        when: "40 or 50 to cut off the long tail; it keeps as many tokens where the model is sure as where it is not, which top-p does not.",
        limits: "1 is greedy search (but for equals); the size of the vocabulary or more keeps all. Tokens equal to the k-th all stay.",
        source: "Fan, Lewis and Dauphin (2018); transformers' TopKLogitsWarper.",
    },
    build: |value| match value {
        OptionValue::Count(k) if *k > 0 => Ok(Some(Box::new(TopK::new(usize::try_from(*k).unwrap_or(usize::MAX))?))),
        _ => Ok(None),
    },
};

//! Top-k: only the k most probable tokens.

use super::prelude::*;

processor! {
    TopK { k: usize }
    what: "Keeps the `k` tokens with the greatest logits."
    rule: "With `t` the k-th greatest logit, remove every token with `s < t`."
    when: "40 or 50 to cut off the long tail; it keeps as many tokens where the model is sure as where it is not, which top-p does not."
    limits: "1 is greedy search (but for equals); the size of the vocabulary or more keeps all. Tokens equal to the k-th all stay, so more than `k` may be left."
    example: "let mut logits = Logits::of(&[1.0, 4.0, 2.0, 2.0]);
TopK::new(2)?.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [1, 2, 3]); // 2 and 3 are equal"
    source: "Fan, Lewis and Dauphin (2018); as transformers' `TopKLogitsWarper`, ties included."
}

impl TopK {
    /// Keeps `k` tokens, 1 or more.
    ///
    /// # Errors
    /// When `k` is 0: leave the processor out to keep all.
    pub fn new(k: usize) -> Result<Self, ShapeError> {
        if k == 0 {
            Err(ShapeError::value(OPTION.name, k, "1 or more", "leave it out to keep every token"))
        } else {
            Ok(Self { k })
        }
    }
}

impl Processor for TopK {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        if let Some(threshold) = logits.kth_greatest(self.k).filter(|_| self.k < logits.len()) {
            logits.retain_from(threshold);
        }
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "top_k",
    common: true,
    aliases: &["k"],
    kind: OptionKind::Count { least: 0 },
    needs: &["do_sample", "penalty_alpha"],
    range: "an integer, 0 or more",
    default: "50",
    short: "keep the k most probable tokens; 0 keeps all",
    remedy: "0 keeps every token",
    neutral: |value, vocab| value.count().is_some_and(|k| k == 0 || k >= vocab as u64),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| {
        // Contrastive search takes its candidates itself.
        if brief.flag("do_sample") { built(TopK::new(brief.count(&OPTION).max(brief.keep))?) } else { Ok(None) }
    },
};

//! Least lengths: no end token too early.

use super::prelude::*;

processor! {
    MinLength { name: &'static str, least: usize, new: bool, eos: Vec<TokenId> }
    what: "Removes the end tokens until the text is long enough."
    rule: "Remove every end token while there are fewer than `n` tokens: prompt and new ones for `min_length`, new ones for `min_new_tokens`."
    when: "Against empty or clipped answers; beam search tends to end early."
    limits: "0 switches it off. Probability is taken from the end tokens and, in beams, given to no one (see `renormalize_logits`)."
    example: "let mut logits = Logits::of(&[3.0, 1.0]);
MinLength::new_tokens(2, &[TokenId(0)]).apply(&mut logits, &Context::default());
assert_eq!(logits.best(), Some(TokenId(1)));"
    source: "transformers' `MinLengthLogitsProcessor` and `MinNewTokensLengthLogitsProcessor`."
}

impl MinLength {
    /// Prompt and new tokens together.
    pub fn total(least: usize, eos: &[TokenId]) -> Self {
        Self { name: TOTAL.name, least, new: false, eos: eos.to_vec() }
    }

    /// New tokens.
    pub fn new_tokens(least: usize, eos: &[TokenId]) -> Self {
        Self { name: NEW.name, least, new: true, eos: eos.to_vec() }
    }
}

impl Processor for MinLength {
    fn name(&self) -> &'static str {
        self.name
    }
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        let len = context.tokens.len() - if self.new { context.prompt_len } else { 0 };
        if len < self.least {
            self.eos.iter().for_each(|&token| logits.remove(token));
        }
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

const TOTAL: OptionSpec = OptionSpec {
    name: "min_length",
    kind: OptionKind::Count { least: 0 },
    range: "an integer, 0 or more",
    default: "0",
    short: "no end before prompt and new tokens are this many",
    remedy: "0 switches it off",
    neutral: |value, _| value.count() == Some(0),
    ..OptionSpec::BASE
};

const NEW: OptionSpec = OptionSpec { name: "min_new_tokens", short: "no end before this many new tokens", ..TOTAL };

pub(crate) const ENTRY: Entry = Entry {
    name: TOTAL.name,
    options: &[TOTAL],
    page: PAGE,
    build: |brief| built(MinLength::total(brief.count(&TOTAL), brief.eos)),
};

pub(crate) const NEW_TOKENS: Entry = Entry {
    name: NEW.name,
    options: &[NEW],
    page: PAGE,
    build: |brief| built(MinLength::new_tokens(brief.count(&NEW), brief.eos)),
};

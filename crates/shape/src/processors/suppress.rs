//! Suppressed tokens: never, or not as the first.

use super::prelude::*;
use std::sync::Arc;

processor! {
    Suppress { name: &'static str, tokens: Arc<[TokenId]>, only_at: Option<usize> }
    what: "Removes the given tokens, always or at the beginning of the text alone."
    rule: "`s[t] = -inf` for each of them; for `begin_suppress_tokens` only for the first new token."
    when: "Tokens that must not occur: brackets, timestamps, an end token at the very start."
    limits: "It acts after forced tokens, and wins over them."
    example: "let mut logits = Logits::of(&[3.0, 1.0]);
Suppress::always(&[TokenId(0)]).apply(&mut logits, &Context::default());
assert_eq!(logits.best(), Some(TokenId(1)));"
    source: "transformers' `SuppressTokensLogitsProcessor` and `SuppressTokensAtBeginLogitsProcessor`."
}

impl Suppress {
    /// At every step.
    pub fn always(tokens: &[TokenId]) -> Self {
        Self { name: ALWAYS.name, tokens: tokens.into(), only_at: None }
    }

    /// Only where prompt and text have `len` tokens.
    pub fn at(len: usize, tokens: &[TokenId]) -> Self {
        Self { name: BEGIN.name, tokens: tokens.into(), only_at: Some(len) }
    }
}

impl Processor for Suppress {
    fn name(&self) -> &'static str {
        self.name
    }
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        if self.only_at.is_none_or(|len| context.tokens.len() == len) {
            self.tokens.iter().for_each(|&token| logits.remove(token));
        }
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

const ALWAYS: OptionSpec = OptionSpec {
    name: "suppress_tokens",
    kind: OptionKind::Ids,
    range: "a list of token ids",
    short: "tokens that never occur",
    neutral: |value, _| value.ids().is_some_and(<[u32]>::is_empty),
    ..OptionSpec::BASE
};

const BEGIN: OptionSpec =
    OptionSpec { name: "begin_suppress_tokens", short: "tokens that the text does not begin with", ..ALWAYS };

pub(crate) const ENTRY: Entry = Entry {
    name: ALWAYS.name,
    options: &[ALWAYS],
    page: PAGE,
    build: |brief| built(Suppress::always(&brief.tokens(&ALWAYS))),
};

pub(crate) const AT_BEGIN: Entry = Entry {
    name: BEGIN.name,
    options: &[BEGIN],
    page: PAGE,
    build: |brief| {
        // A forced first token after a prompt of one comes before the text's own beginning.
        let forced = (brief.value)("forced_bos_token_id").is_some() && brief.prompt.len() <= 1;
        built(Suppress::at(brief.prompt.len() + usize::from(forced), &brief.tokens(&BEGIN)))
    },
};

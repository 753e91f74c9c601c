//! Forced tokens: the first one, or the last.

use super::prelude::*;

processor! {
    Forced { name: &'static str, tokens: Vec<TokenId>, at: usize }
    what: "Leaves only the given tokens at one place of the text."
    rule: "Where prompt and text together have exactly the given length, all other tokens are removed, and the given ones have score 0."
    when: "`forced_eos_token_id` ends a text of full length properly; `forced_bos_token_id` sets the first token after a prompt of one token (a language code)."
    limits: "It overrides whatever earlier processors removed, and least lengths."
    example: "let mut logits = Logits::of(&[3.0, f32::NEG_INFINITY]);
Forced::at(0, &[TokenId(1)]).apply(&mut logits, &Context::default());
assert_eq!(logits.best(), Some(TokenId(1)));"
    source: "transformers' `ForcedBOSTokenLogitsProcessor` and `ForcedEOSTokenLogitsProcessor`."
}

impl Forced {
    /// These tokens where prompt and text have `len` tokens.
    pub fn at(len: usize, tokens: &[TokenId]) -> Self {
        Self { name: "forced_eos_token_id", tokens: tokens.to_vec(), at: len }
    }
}

impl Processor for Forced {
    fn name(&self) -> &'static str {
        self.name
    }
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        if context.tokens.len() == self.at {
            logits.force(&self.tokens);
        }
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

const BEGIN: OptionSpec = OptionSpec {
    name: "forced_bos_token_id",
    kind: OptionKind::Ids,
    range: "a token id",
    short: "the token that must follow a prompt of one token",
    check: |value| value.ids().is_some_and(|ids| ids.len() == 1),
    ..OptionSpec::BASE
};

const END: OptionSpec = OptionSpec {
    name: "forced_eos_token_id",
    range: "a token id, or a list of ids",
    short: "the token, or tokens, with which a text of full length must end",
    check: |value| value.ids().is_some_and(|ids| !ids.is_empty()),
    ..BEGIN
};

pub(crate) const ENTRY: Entry = Entry {
    name: BEGIN.name,
    options: &[BEGIN],
    page: PAGE,
    build: |brief| built(Forced { name: BEGIN.name, ..Forced::at(1, &brief.tokens(&BEGIN)) }),
};

pub(crate) const LAST: Entry = Entry {
    name: END.name,
    options: &[END],
    page: PAGE,
    build: |brief| built(Forced::at(brief.max_length - 1, &brief.tokens(&END))),
};

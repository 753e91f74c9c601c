//! No repeated n-grams: no run of n tokens twice.

use super::prelude::*;
use rpds::{HashTrieMapSync, RedBlackTreeSetSync};

/// Which tokens have followed each run of `n - 1` tokens. A fork shares what it has in common; adding a token costs the
/// same however long the text is.
#[derive(Clone, Debug)]
struct Followers {
    n: usize,
    after: HashTrieMapSync<Box<[TokenId]>, RedBlackTreeSetSync<TokenId>>,
}

impl Followers {
    fn new(n: usize, text: &[TokenId]) -> Self {
        let mut followers = Self { n, after: HashTrieMapSync::new_sync() };
        for window in text.windows(n) {
            followers.add(&window[..n - 1], window[n - 1]);
        }
        followers
    }

    fn add(&mut self, run: &[TokenId], token: TokenId) {
        let mut set = self.after.get(run).cloned().unwrap_or_else(RedBlackTreeSetSync::new_sync);
        if !set.contains(&token) {
            set.insert_mut(token);
            self.after.insert_mut(run.into(), set);
        }
    }

    /// The last `n - 1` tokens, if there are as many.
    fn run(&self, text: &TokenList) -> Option<Vec<TokenId>> {
        text.suffix(self.n - 1)
    }

    fn ban(&self, logits: &mut Logits, text: &TokenList) {
        if let Some(set) = self.run(text).and_then(|run| self.after.get(run.as_slice())) {
            set.iter().for_each(|&token| logits.remove(token));
        }
    }
}

processor! {
    NoRepeatNgram { followers: Followers }
    what: "Removes every token that would complete a run of `n` tokens that is in the text already."
    rule: "With `q` the last `n - 1` tokens: for every place in prompt and text where `q` occurs, remove the token after it."
    when: "2 or 3 breaks the loops of greedy and beam search at once."
    limits: "0 switches it off; 1 allows no token twice, the end token included. Names of several tokens can be said once only, and a short vocabulary may run out of tokens."
    example: "let text = [5, 6, 7, 5, 6].map(TokenId);
let mut logits = Logits::of(&[0.0; 8]);
NoRepeatNgram::new(3, &text)?.apply(&mut logits, &Context { tokens: &text.into(), ..Context::default() });
assert_eq!(logits.get(TokenId(7)), None); // 5 6 7 has been said"
    source: "Paulus, Xiong and Socher (2018); as transformers' `NoRepeatNGramLogitsProcessor`."
}

impl NoRepeatNgram {
    /// Runs of `n` tokens, 1 or more, in a text that begins with `prompt`.
    ///
    /// # Errors
    /// When `n` is 0: leave the processor out.
    pub fn new(n: usize, prompt: &[TokenId]) -> Result<Self, ShapeError> {
        one_or_more(&OPTION, n)?;
        Ok(Self { followers: Followers::new(n, prompt) })
    }
}

impl Processor for NoRepeatNgram {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        self.followers.ban(logits, context.tokens);
    }
    fn accept(&mut self, before: &TokenList, token: TokenId) {
        if let Some(run) = self.followers.run(before) {
            self.followers.add(&run, token);
        }
    }
}

/// Removes tokens that would complete a run of `n` tokens of the prompt: transformers' `encoder_no_repeat_ngram_size`.
#[derive(Clone, Debug)]
pub struct NoPromptNgram {
    followers: Followers,
}

impl NoPromptNgram {
    /// Runs of `n` tokens, 1 or more.
    ///
    /// # Errors
    /// When `n` is 0: leave the processor out.
    pub fn new(n: usize, prompt: &[TokenId]) -> Result<Self, ShapeError> {
        one_or_more(&PROMPT, n)?;
        Ok(Self { followers: Followers::new(n, prompt) })
    }
}

impl Processor for NoPromptNgram {
    named!(PROMPT.name);
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        self.followers.ban(logits, context.tokens);
    }
}

fn one_or_more(option: &OptionSpec, n: usize) -> Result<(), ShapeError> {
    if n > 0 { Ok(()) } else { Err(ShapeError::value(option.name, n, "1 or more", "leave it out to allow repetition")) }
}

const OPTION: OptionSpec = OptionSpec {
    name: "no_repeat_ngram_size",
    common: true,
    aliases: &["ngram", "ngrams", "no_repeat", "ngram_size"],
    kind: OptionKind::Count { least: 0 },
    range: "an integer, 0 or more",
    default: "0",
    short: "let no run of this many tokens occur twice; 0 is off",
    remedy: "0 switches it off",
    neutral: |value, _| value.count() == Some(0),
    ..OptionSpec::BASE
};

const PROMPT: OptionSpec = OptionSpec {
    name: "encoder_no_repeat_ngram_size",
    common: false,
    aliases: &[],
    short: "let no run of this many tokens of the prompt occur in the text; 0 is off",
    ..OPTION
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| match brief.count(&OPTION) {
        // Longer than any text: nothing can be repeated.
        n if n > brief.max_length => Ok(None),
        n => built(NoRepeatNgram::new(n, brief.prompt)?),
    },
};

pub(crate) const ENCODER: Entry = Entry {
    name: PROMPT.name,
    options: &[PROMPT],
    page: crate::Page {
        what: "Removes every token that would complete a run of `n` tokens of the prompt.",
        rule: "With `q` the last `n - 1` tokens: wherever `q` occurs in the prompt, remove the token after it.",
        when: "3 or more, where the text must not copy the prompt.",
        limits: "0 switches it off; 1 allows no token of the prompt.",
        example: "let mut processor = NoPromptNgram::new(2, &[TokenId(1), TokenId(2)])?;",
        source: "transformers' `EncoderNoRepeatNGramLogitsProcessor`, on the prompt of a decoder.",
    },
    build: |brief| match brief.count(&PROMPT) {
        n if n > brief.prompt.len() => Ok(None),
        n => built(NoPromptNgram::new(n, brief.prompt)?),
    },
};

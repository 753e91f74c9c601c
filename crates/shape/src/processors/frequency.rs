//! Frequency and presence penalties: what occurred costs a little, for each time or once.

use super::counts::Counts;
use super::prelude::*;
use super::repetition::window;

processor! {
    OccurrencePenalty { name: &'static str, penalty: f32, each: bool, counts: Counts }
    what: "Lowers the score of a token by a fixed amount, for every time it has occurred (frequency) or once (presence)."
    rule: "`s' = s - f n` or `s' = s - p`, with `n` the number of times the token occurs in the text, prompt included."
    when: "0.1 to 1 against repetition; unlike the repetition penalty it does not depend on the size of the score."
    limits: "0 changes nothing; below 0 it rewards repetition. llama.cpp looks at the last 64 tokens (`repeat_last_n`), OpenAI's servers at the new ones alone."
    example: "let text = [TokenId(1), TokenId(1)];
let mut logits = Logits::of(&[1.0, 1.0]);
OccurrencePenalty::frequency(0.25, &text, -1)?.apply(&mut logits, &Context::default());
assert_eq!(logits, Logits::of(&[1.0, 0.5]));
OccurrencePenalty::presence(0.25, &text, -1)?.apply(&mut logits, &Context::default());
assert_eq!(logits, Logits::of(&[1.0, 0.25]));"
    source: "OpenAI's API; as llama.cpp's `penalties`."
}

impl OccurrencePenalty {
    /// A penalty for each occurrence.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn frequency(penalty: f64, prompt: &[TokenId], window: i64) -> Result<Self, ShapeError> {
        let penalty = FREQUENCY.number(penalty)? as f32;
        Ok(Self { name: FREQUENCY.name, penalty, each: true, counts: Counts::new(prompt, window) })
    }

    /// A penalty for having occurred at all.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn presence(penalty: f64, prompt: &[TokenId], window: i64) -> Result<Self, ShapeError> {
        let penalty = PRESENCE.number(penalty)? as f32;
        Ok(Self { name: PRESENCE.name, penalty, each: false, counts: Counts::new(prompt, window) })
    }
}

impl Processor for OccurrencePenalty {
    fn name(&self) -> &'static str {
        self.name
    }
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        for (token, count) in self.counts.iter() {
            let times = if self.each { count as f32 } else { 1.0 };
            logits.update(token, |value| value - times * self.penalty);
        }
    }
    fn accept(&mut self, before: &TokenList, token: TokenId) {
        self.counts.push(before, token);
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

const FREQUENCY: OptionSpec = OptionSpec {
    name: "frequency_penalty",
    range: "a number of size up to 1e6",
    default: "0.0",
    short: "lower a token's score by this for each time it has occurred",
    remedy: "0 switches it off",
    check: |value| value.number().is_some_and(|p| p.abs() <= 1e6),
    neutral: |value, _| value.number() == Some(0.0),
    ..OptionSpec::BASE
};

const PRESENCE: OptionSpec =
    OptionSpec { name: "presence_penalty", short: "lower a token's score by this if it has occurred", ..FREQUENCY };

pub(crate) const ENTRY: Entry = Entry {
    name: FREQUENCY.name,
    options: &[FREQUENCY],
    page: PAGE,
    build: |brief| built(OccurrencePenalty::frequency(brief.number(&FREQUENCY), brief.prompt, window(brief))?),
};

pub(crate) const PRESENCE_ENTRY: Entry = Entry {
    name: PRESENCE.name,
    options: &[PRESENCE],
    page: PAGE,
    build: |brief| built(OccurrencePenalty::presence(brief.number(&PRESENCE), brief.prompt, window(brief))?),
};

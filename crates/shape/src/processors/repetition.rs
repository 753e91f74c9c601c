//! Repetition penalties: tokens that occurred become less likely.

use super::counts::Counts;
use super::prelude::*;
use std::sync::Arc;

processor! {
    RepetitionPenalty { penalty: f32, counts: Counts }
    what: "Makes every token that has occurred less likely, once, however often it occurred."
    rule: "For each token of the text, prompt included: `s' = s r` if `s < 0`, else `s / r`."
    when: "1.1 to 1.3 against loops; more makes grammar suffer, since \"the\" is a repetition too."
    limits: "1 changes nothing; below 1 it rewards repetition. A score of exactly 0 stays. In a beam search scores are log-probabilities, so it always multiplies."
    example: "let mut logits = Logits::of(&[2.0, -1.0, 2.0]);
RepetitionPenalty::new(2.0, &[TokenId(0), TokenId(1)], -1)?.apply(&mut logits, &Context::default());
assert_eq!(logits, Logits::of(&[1.0, -2.0, 2.0]));"
    source: "Keskar et al. (2019), CTRL; as transformers' `RepetitionPenaltyLogitsProcessor`, and with `repeat_last_n` as llama.cpp's."
}

impl RepetitionPenalty {
    /// A penalty above 0, over the last `window` tokens (-1 for all) of a text that begins with `prompt`.
    ///
    /// # Errors
    /// When the penalty is 0 or less.
    pub fn new(penalty: f64, prompt: &[TokenId], window: i64) -> Result<Self, ShapeError> {
        Ok(Self { penalty: PENALTY.number(penalty)? as f32, counts: Counts::new(prompt, window) })
    }
}

fn penalise(value: f32, penalty: f32) -> f32 {
    if value < 0.0 { value * penalty } else { value / penalty }
}

impl Processor for RepetitionPenalty {
    named!(PENALTY.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        for (token, _) in self.counts.iter() {
            logits.update(token, |value| penalise(value, self.penalty));
        }
    }
    fn accept(&mut self, before: &TokenList, token: TokenId) {
        self.counts.push(before, token);
    }
}

/// Makes the tokens of the prompt more likely: transformers' `encoder_repetition_penalty`.
#[derive(Clone, Debug)]
pub struct PromptPenalty {
    penalty: f32,
    tokens: Arc<[TokenId]>,
}

impl PromptPenalty {
    /// Above 1 favours the tokens of `prompt`, below 1 avoids them.
    ///
    /// # Errors
    /// When the penalty is 0 or less.
    pub fn new(penalty: f64, prompt: &[TokenId]) -> Result<Self, ShapeError> {
        let mut tokens = prompt.to_vec();
        tokens.sort_unstable();
        tokens.dedup();
        Ok(Self { penalty: (1.0 / PROMPT.number(penalty)?) as f32, tokens: tokens.into() })
    }
}

impl Processor for PromptPenalty {
    named!(PROMPT.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        for &token in self.tokens.iter() {
            logits.update(token, |value| penalise(value, self.penalty));
        }
    }
}

const PENALTY: OptionSpec = OptionSpec {
    name: "repetition_penalty",
    common: true,
    aliases: &["repeat_penalty", "repetition"],
    range: "in [1e-6, 1e6]",
    default: "1.0",
    short: "make tokens that occurred less likely; 1 is off",
    remedy: "1 switches it off",
    check: in_range,
    neutral: |value, _| value.number() == Some(1.0),
    ..OptionSpec::BASE
};

const PROMPT: OptionSpec = OptionSpec {
    name: "encoder_repetition_penalty",
    common: false,
    aliases: &[],
    short: "make tokens of the prompt more likely; 1 is off",
    ..PENALTY
};

/// How far back penalties look.
pub(super) const WINDOW: OptionSpec = OptionSpec {
    name: "repeat_last_n",
    kind: OptionKind::Whole,
    needs: &["repetition_penalty", "frequency_penalty", "presence_penalty"],
    range: "an integer, -1 or more",
    default: "-1",
    short: "how many of the last tokens the penalties look at; -1 for all",
    check: |value| value.number().is_some_and(|n| n >= -1.0),
    neutral: |value, _| value.number() == Some(-1.0),
    ..OptionSpec::BASE
};

fn in_range(value: &OptionValue) -> bool {
    value.number().is_some_and(|r| (1e-6..=1e6).contains(&r))
}

/// The window that is asked for.
pub(super) fn window(brief: &Brief<'_>) -> i64 {
    brief.number(&WINDOW) as i64
}

pub(crate) const ENTRY: Entry = Entry {
    name: PENALTY.name,
    options: &[PENALTY, WINDOW],
    page: PAGE,
    build: |brief| built(RepetitionPenalty::new(brief.number(&PENALTY), brief.prompt, window(brief))?),
};

pub(crate) const ENCODER: Entry = Entry {
    name: PROMPT.name,
    options: &[PROMPT],
    page: crate::Page {
        what: "Makes the tokens of the prompt more likely.",
        rule: "For each token of the prompt, once: `s' = s / r` if `s < 0`, else `s r`.",
        when: "1.1 to 1.5 to keep to the words of the prompt: summaries, translations with names.",
        limits: "1 changes nothing; below 1 it avoids the prompt's words.",
        example: "let mut penalty = PromptPenalty::new(2.0, &[TokenId(0)])?;",
        source: "transformers' `EncoderRepetitionPenaltyLogitsProcessor`, on the prompt of a decoder.",
    },
    build: |brief| built(PromptPenalty::new(brief.number(&PROMPT), brief.prompt)?),
};

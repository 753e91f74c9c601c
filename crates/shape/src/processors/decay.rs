//! Exponential decay length penalty: the longer the text, the likelier its end.

use super::prelude::*;

processor! {
    LengthDecay { start: usize, factor: f64, eos: Vec<TokenId> }
    what: "Raises the end tokens more and more, from a given length on."
    rule: "With `k` the number of new tokens beyond `start`: `s[eos] += |s[eos]| (factor^k - 1)`, once `k > 0`."
    when: "A factor of 1.05 to 1.5 ends a text softly near a length, where a limit would clip it."
    limits: "A factor of 1 changes nothing; below 1 it puts the end off. A score of 0, or a removed token, stays as it is."
    example: "let mut logits = Logits::of(&[-2.0, 0.0]);
let text = [TokenId(1); 4];
LengthDecay::new(2, 1.5, &[TokenId(0)])?.apply(&mut logits, &Context { tokens: &text.into(), ..Context::default() });
assert_eq!(logits.get(TokenId(0)), Some(0.5)); // -2 + 2 (1.5^2 - 1)"
    source: "transformers' `ExponentialDecayLengthPenalty`."
}

impl LengthDecay {
    /// Acts after more than `start` new tokens, with a factor above 0.
    ///
    /// # Errors
    /// When the factor is 0 or less.
    pub fn new(start: usize, factor: f64, eos: &[TokenId]) -> Result<Self, ShapeError> {
        OPTION.read(&serde_json::json!([start, factor]))?;
        Ok(Self { start, factor, eos: eos.to_vec() })
    }
}

impl Processor for LengthDecay {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        let new = context.tokens.len() - context.prompt_len;
        let Some(beyond) = new.checked_sub(self.start).filter(|&k| k > 0) else { return };
        // Python's own power, in f64, before it meets an f32.
        let rise = (libm::pow(self.factor, beyond as f64) - 1.0) as f32;
        for &token in &self.eos {
            let raised =
                |value: f32| if value == 0.0 { value } else { (value + value.abs() * rise).clamp(f32::MIN, f32::MAX) };
            logits.update(token, |value| if value.is_finite() { raised(value) } else { value });
        }
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "exponential_decay_length_penalty",
    kind: OptionKind::Decay,
    range: "[start, factor], an integer and a number greater than 0 and at most 100",
    short: "from this many new tokens on, raise the end tokens by this factor each step",
    check: |value| matches!(value, OptionValue::Decay(_, factor) if 0.0 < *factor && *factor <= 100.0),
    neutral: |value, _| matches!(value, OptionValue::Decay(_, factor) if *factor == 1.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| {
        let Some(OptionValue::Decay(start, factor)) = (brief.value)(OPTION.name) else { return Ok(None) };
        built(LengthDecay::new(usize::try_from(start).unwrap_or(usize::MAX), factor, brief.eos)?)
    },
};

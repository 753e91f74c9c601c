//! Temperature: how much the model's preferences count.

use super::prelude::*;

processor! {
    Temperature { temperature: f32 }
    what: "Divides every logit by the temperature."
    rule: "`s' = s / T`, so probabilities become proportional to `p^(1/T)`."
    when: "0.7 to 1.0 for prose; above 1 for variety, below for safety."
    limits: "Near 0 only the best token is left; 1 changes nothing; towards infinity all tokens become equally probable. It removes no token, but for those whose probability falls below what a float can hold."
    example: "let mut logits = Logits::of_probabilities(&[0.1, 0.9]);
Temperature::new(2.0)?.apply(&mut logits, &Context::default());
assert!((logits.distribution().of(TokenId(0)) - 0.25).abs() < 1e-6); // 1 : 9 has become 1 : 3"
    source: "Ackley, Hinton and Sejnowski (1985); as transformers' `TemperatureLogitsWarper`: a division in f32, not a product with the reciprocal."
}

impl Temperature {
    /// A temperature above 0.
    ///
    /// # Errors
    /// When it is 0 or less, or not a number that f32 has.
    pub fn new(temperature: f64) -> Result<Self, ShapeError> {
        Ok(Self { temperature: OPTION.number(temperature)? as f32 })
    }
}

impl Processor for Temperature {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        soften(logits, self.temperature);
    }
}

/// Divides by a temperature, however small.
pub(super) fn soften(logits: &mut Logits, temperature: f32) {
    let max = logits.max();
    // Nothing is left, or there is an overflow to report.
    if !max.is_finite() {
        return;
    }
    if (max / temperature).is_finite() {
        logits.map(|value| value / temperature);
    } else {
        // A tiny temperature overflows f32. Measured from the best token, which is then 0, only the others do.
        logits.map(|value| if value == max { 0.0 } else { (value - max) / temperature });
    }
}

pub(super) const OPTION: OptionSpec = OptionSpec {
    name: "temperature",
    common: true,
    aliases: &["temp", "t"],
    needs: SAMPLING,
    range: "greater than 0 and at most 3.4e38",
    default: "1.0",
    short: "divide the logits by this: below 1 sharper, above 1 flatter",
    remedy: "for the most probable token every time, leave out do_sample",
    check: |value| value.number().is_some_and(|t| t as f32 > 0.0 && (t as f32).is_finite()),
    neutral: |value, _| value.number() == Some(1.0),
    ..OptionSpec::BASE
};

/// The range of the dynamic temperature, which takes this one's place where it is on.
pub(super) const RANGE: OptionSpec = OptionSpec {
    name: "dynatemp_range",
    needs: SAMPLING,
    range: "in [0, 1e6]",
    default: "0.0",
    short: "let the temperature move this far up and down with the entropy",
    remedy: "0 keeps the temperature still",
    check: |value| value.number().is_some_and(|r| (0.0..=1e6).contains(&r)),
    neutral: |value, _| value.number() == Some(0.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| {
        if brief.is_on(&RANGE) { Ok(None) } else { built(Temperature::new(brief.number(&OPTION))?) }
    },
};

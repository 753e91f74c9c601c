//! Dynamic temperature: warm where the model is unsure, cool where it is sure.

use super::prelude::*;
use super::temperature::{self, RANGE, soften};

processor! {
    DynamicTemperature { least: f32, most: f32, exponent: f32 }
    what: "Chooses a temperature for each step from the entropy of the row."
    rule: "`T = least + (most - least) (H / ln n)^e`, with `least` and `most` the temperature less and plus the range, `H` the entropy and `n` the number of tokens in play."
    when: "A range of 0.3 to 0.5 around a temperature near 1: lively prose that still spells words rightly."
    limits: "A range of 0 is the plain temperature. The lower end is never below 0; at 0 only the best token is left."
    example: "let sure = [5.0, 0.0, 0.0, 0.0];
let mut logits = Logits::of(&sure);
DynamicTemperature::new(1.0, 0.5, 1.0)?.apply(&mut logits, &Context::default());
let t = sure[0] / logits.max();
assert!(0.5 < t && t < 0.7); // little entropy, so near the lower end"
    source: "llama.cpp's `temp_ext` sampler; the idea of a temperature from entropy: Zhang et al. (2024), EDT."
}

impl DynamicTemperature {
    /// Temperatures within `range` of `temperature`; `exponent` bends the way from entropy to temperature.
    ///
    /// # Errors
    /// When a value is out of its range.
    pub fn new(temperature: f64, range: f64, exponent: f64) -> Result<Self, ShapeError> {
        let (range, exponent) = (RANGE.number(range)?, EXPONENT.number(exponent)?);
        let temperature = temperature::OPTION.number(temperature)?;
        let least = (temperature - range).max(0.0) as f32;
        Ok(Self { least, most: (temperature + range) as f32, exponent: exponent as f32 })
    }
}

impl Processor for DynamicTemperature {
    named!(RANGE.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let live = logits.live();
        if live <= 1 {
            return;
        }
        let share = (logits.sums().entropy() / libm::log(live as f64)).clamp(0.0, 1.0);
        let t = self.least + (self.most - self.least) * libm::pow(share, f64::from(self.exponent)) as f32;
        // A temperature of 0 is the limit: only the best is left.
        soften(logits, t.max(f32::MIN_POSITIVE));
    }
}

const EXPONENT: OptionSpec = OptionSpec {
    name: "dynatemp_exponent",
    needs: &["dynatemp_range"],
    range: "in [0, 1e6]",
    default: "1.0",
    short: "how the dynamic temperature follows the entropy; above 1 it warms late",
    check: |value| value.number().is_some_and(|r| (0.0..=1e6).contains(&r)),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: RANGE.name,
    options: &[RANGE, EXPONENT],
    page: PAGE,
    build: |brief| {
        let temperature = brief.number(&temperature::OPTION);
        built(DynamicTemperature::new(temperature, brief.number(&RANGE), brief.number(&EXPONENT))?)
    },
};

//! Temperature: how much the model's preferences count.

use crate::{Context, Entry, Logits, OptionKind, OptionSpec, OptionValue, Page, Processor, Scope, ShapeError};

/// **What it does.** Divides every logit by the temperature.
///
/// **Rule.** `s' = s / T`, so probabilities become proportional to `p^(1/T)`.
///
/// **When.** 0.7 to 1.0 for prose; above 1 for variety, below for safety.
///
/// **Limits.** Near 0 only the best token is left; 1 changes nothing; towards infinity all tokens become equally
/// probable. It removes no token.
///
/// **Example.**
/// ```
/// use beamline_shape::{Context, Logits, Processor, Temperature};
/// let mut logits = Logits::default();
/// logits.load(&[0.0, 9f32.ln()]); // 10 % and 90 %
/// Temperature::new(2.0)?.apply(&mut logits, &Context { tokens: &[], prompt_len: 0 });
/// let p: Vec<f64> = logits.distribution().iter().map(|(_, p)| p).collect();
/// assert!((p[0] - 0.25).abs() < 1e-6); // 1 : 3 now
/// # Ok::<(), beamline_shape::ShapeError>(())
/// ```
///
/// **Source.** Ackley, Hinton and Sejnowski (1985); as transformers' `TemperatureLogitsWarper`: a division in f32, not a
/// product with the reciprocal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temperature(f32);

impl Temperature {
    /// A temperature above 0.
    ///
    /// # Errors
    /// When it is 0 or less, or not a number that f32 has.
    pub fn new(temperature: f64) -> Result<Self, ShapeError> {
        OPTION.parse(&temperature.to_string()).map(|_| Self(temperature as f32))
    }
}

impl Processor for Temperature {
    fn name(&self) -> &'static str {
        OPTION.name
    }
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let temperature = self.0;
        let max = logits.max();
        if (max / temperature).is_finite() {
            logits.map(|value| value / temperature);
        } else {
            // A tiny temperature overflows f32. Measured from the best token, which is then 0, only the others do.
            logits.map(|value| (value - max) / temperature);
        }
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(*self)
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "temperature",
    kind: OptionKind::Number,
    scope: Scope::Sampling,
    range: "greater than 0 and at most 3.4e38",
    default: "1.0",
    short: "divide the logits by this: below 1 sharper, above 1 flatter",
    remedy: "for the most probable token every time, leave out do_sample",
    check: |value| value.number().is_some_and(|t| t as f32 > 0.0 && (t as f32).is_finite()),
    neutral: |value, _| value.number() == Some(1.0),
};

pub(crate) const ENTRY: Entry = Entry {
    option: OPTION,
    page: Page {
        what: "Divides every logit by the temperature.",
        rule: "s' = s / T; probabilities become proportional to p^(1/T)",
        when: "0.7 to 1.0 for prose; above 1 for variety, below for safety.",
        limits: "Near 0 only the best token is left; 1 changes nothing; towards infinity all tokens become equally probable. It removes no token.",
        source: "Ackley, Hinton and Sejnowski (1985); transformers' TemperatureLogitsWarper.",
    },
    build: |value| match value {
        OptionValue::Number(t) if *t != 1.0 => Ok(Some(Box::new(Temperature::new(*t)?))),
        _ => Ok(None),
    },
};

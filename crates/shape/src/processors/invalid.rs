//! Repair of scores that are not numbers.

use super::prelude::*;

processor! {
    RemoveInvalid {}
    what: "Replaces scores that are infinite or no number by ones that can be computed with."
    rule: "NaN becomes 0, infinity the greatest f32, minus infinity the least."
    when: "Where extreme biases or penalties overflow. Beamline's models never give such scores themselves: they report an error."
    limits: "Tokens that were banned before it get the least score instead, and are chosen only where nothing else is left; those that a truncation or a forced token took out stay out."
    example: "let mut logits = Logits::of(&[f32::INFINITY, 0.0, f32::NEG_INFINITY]);
RemoveInvalid::new().apply(&mut logits, &Context::default());
assert_eq!(logits, Logits::of(&[f32::MAX, 0.0, f32::MIN]));"
    source: "transformers' `InfNanRemoveLogitsProcessor`."
}

impl RemoveInvalid {
    /// There is nothing to choose.
    #[allow(clippy::new_without_default)] // as all its siblings are made
    pub fn new() -> Self {
        Self {}
    }
}

impl Processor for RemoveInvalid {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        logits.map(|value| if value.is_nan() { 0.0 } else { value.clamp(f32::MIN, f32::MAX) });
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "remove_invalid_values",
    short: "replace infinite scores by the greatest and the least that can be computed with",
    ..OptionSpec::FLAG
};

pub(crate) const ENTRY: Entry =
    Entry { name: OPTION.name, options: &[OPTION], page: PAGE, build: |_| built(RemoveInvalid::new()) };

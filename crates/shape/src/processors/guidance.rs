//! Classifier-free guidance: away from what the model would say anyway.

use super::prelude::*;

processor! {
    Guidance { scale: f32 }
    what: "Moves the scores away from those that the model gives without the prompt, and makes log-probabilities of them."
    rule: "With `c` and `u` the log-probabilities with and without the prompt: `s' = scale (c - u) + u`."
    when: "1.2 to 2: text that keeps closer to the prompt, or, with `negative_prompt_ids`, away from another."
    limits: "1 changes nothing; 0 forgets the prompt; between them lies a mixture of both; below 0 flees it. Every step costs two passes."
    example: "let mut logits = Logits::of_probabilities(&[0.5, 0.5]);
let unguided = [0.8f32.ln(), 0.2f32.ln()];
Guidance::new(2.0)?.apply(&mut logits, &Context { unguided: Some(&unguided), ..Context::default() });
assert_eq!(logits.best(), Some(TokenId(1))); // what the prompt makes more probable"
    source: "Sanchez et al. (2023); as transformers' `UnbatchedClassifierFreeGuidanceLogitsProcessor`."
}

impl Guidance {
    /// Any number.
    ///
    /// # Errors
    /// When f32 does not have it.
    pub fn new(scale: f64) -> Result<Self, ShapeError> {
        Ok(Self { scale: OPTION.number(scale)? as f32 })
    }
}

impl Processor for Guidance {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        let Some(unguided) = context.unguided.filter(|_| logits.max() > f32::NEG_INFINITY) else { return };
        let mut without = Logits::of(unguided);
        without.log_softmax();
        logits.log_softmax();
        let scaled: Vec<(TokenId, f32)> = logits.iter().collect();
        for (id, with) in scaled {
            let u = without.get(id).unwrap_or(f32::NEG_INFINITY);
            // What has been removed stays so.
            if with > f32::NEG_INFINITY {
                logits.update(id, |_| self.scale * (with - u) + u);
            }
        }
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "guidance_scale",
    aliases: &["cfg_scale", "guidance", "cfg"],
    range: "a number of size up to 1e6",
    default: "1.0",
    short: "move scores away from those that the model gives without the prompt; 1 is off",
    check: |value| value.number().is_some_and(|g| g.abs() <= 1e6),
    neutral: |value, _| value.number() == Some(1.0),
    ..OptionSpec::BASE
};

const NEGATIVE: OptionSpec = OptionSpec {
    name: "negative_prompt_ids",
    kind: OptionKind::Ids,
    needs: &["guidance_scale"],
    range: "one or more token ids",
    default: "the prompt's last token",
    short: "the prompt to move away from",
    check: |value| value.ids().is_some_and(|ids| !ids.is_empty()),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION, NEGATIVE],
    page: PAGE,
    build: |brief| built(Guidance::new(brief.number(&OPTION))?),
};

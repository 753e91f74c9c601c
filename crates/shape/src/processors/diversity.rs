//! Diversity penalty: what other groups of beams have just chosen costs more.

use super::prelude::*;

processor! {
    Diversity { penalty: f32 }
    what: "Lowers the score of a token for every beam of an earlier group that has chosen it at this step."
    rule: "`s' = s - penalty n`, with `n` the number of those beams."
    when: "0.2 to 1 with 2 to 4 groups (`num_beam_groups`): answers that differ from the first words on."
    limits: "0 changes nothing: all groups find the same. The first group never feels it."
    example: "let mut logits = Logits::of(&[1.0, 1.0]);
let taken = [TokenId(0), TokenId(0)];
Diversity::new(0.5)?.apply(&mut logits, &Context { taken: &taken, ..Context::default() });
assert_eq!(logits, Logits::of(&[0.0, 1.0]));"
    source: "Vijayakumar et al. (2018); as transformers 4's `HammingDiversityLogitsProcessor`."
}

impl Diversity {
    /// A penalty, 0 or more.
    ///
    /// # Errors
    /// When it is negative.
    pub fn new(penalty: f64) -> Result<Self, ShapeError> {
        Ok(Self { penalty: OPTION.number(penalty)? as f32 })
    }
}

impl Processor for Diversity {
    named!(OPTION.name);
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        let mut taken = context.taken.to_vec();
        taken.sort_unstable();
        for equal in taken.chunk_by(|a, b| a == b) {
            logits.update(equal[0], |value| value - self.penalty * equal.len() as f32);
        }
    }
}

const OPTION: OptionSpec = OptionSpec {
    name: "diversity_penalty",
    needs: &["num_beam_groups"],
    range: "a number from 0 to 1e6",
    default: "0.0",
    short: "what a token costs a group for each beam of an earlier group that has just taken it",
    check: |value| value.number().is_some_and(|p| (0.0..=1e6).contains(&p)),
    neutral: |value, _| value.number() == Some(0.0),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: OPTION.name,
    options: &[OPTION],
    page: PAGE,
    build: |brief| built(Diversity::new(brief.number(&OPTION))?),
};

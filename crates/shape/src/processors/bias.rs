//! Sequence bias and bad words: tokens made more or less likely where they would complete a sequence.

use super::prelude::*;
use std::sync::Arc;

processor! {
    SequenceBias { name: &'static str, biases: Arc<Biases> }
    what: "Adds a bias to the score of every token that would complete one of the given sequences."
    rule: "For a sequence of one token, `s[t] += b` always; for a longer one `(p.., t)`, where the text ends in `p..`. Biases of several matches add up."
    when: "Positive to invite a name or a word, negative to discourage it. Note that words have several tokens, and other ones after a space."
    limits: "0 changes nothing. Of a longer sequence only the last token is biased, when the others are there already."
    example: "let mut bias = SequenceBias::new(&[(vec![TokenId(2)], -1.0), (vec![TokenId(0), TokenId(1)], 5.0)]);
let mut logits = Logits::of(&[0.0, 0.0, 0.0]);
bias.apply(&mut logits, &Context { tokens: &[TokenId(0)].into(), ..Context::default() });
assert_eq!(logits, Logits::of(&[0.0, 5.0, -1.0]));"
    source: "transformers' `SequenceBiasLogitsProcessor`; llama.cpp's and OpenAI's `logit_bias` is the case of one token."
}

/// Tokens and what is added to them, and sequences and what is added to their last tokens.
#[derive(Debug, Default)]
struct Biases {
    single: Vec<(TokenId, f32)>,
    longer: Vec<(Vec<TokenId>, TokenId, f32)>,
}

impl SequenceBias {
    /// Sequences and their biases; of equal sequences the last one counts. Empty sequences do nothing.
    pub fn new(biases: &[(Vec<TokenId>, f32)]) -> Self {
        Self::named(BIAS.name, biases)
    }

    /// Sequences that must never be completed.
    pub fn bad_words(words: &[Vec<TokenId>]) -> Self {
        let biases: Vec<_> = words.iter().map(|word| (word.clone(), f32::NEG_INFINITY)).collect();
        Self::named(BAD.name, &biases)
    }

    fn named(name: &'static str, list: &[(Vec<TokenId>, f32)]) -> Self {
        let mut biases = Biases::default();
        for (i, (ids, bias)) in list.iter().enumerate() {
            if list[i + 1..].iter().any(|(later, _)| later == ids) {
                continue;
            }
            match ids.split_last() {
                Some((&last, [])) => biases.single.push((last, *bias)),
                Some((&last, before)) => biases.longer.push((before.to_vec(), last, *bias)),
                None => {}
            }
        }
        Self { name, biases: Arc::new(biases) }
    }
}

impl Processor for SequenceBias {
    fn name(&self) -> &'static str {
        self.name
    }
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        // Biases of one token are summed first, then added once, as transformers does.
        let matches = self.biases.longer.iter().filter(|(before, ..)| context.tokens.ends_with(before));
        let mut sums: Vec<(TokenId, f32)> = self.biases.single.clone();
        for &(_, token, bias) in matches {
            match sums.iter_mut().find(|(id, _)| *id == token) {
                Some((_, sum)) => *sum += bias,
                None => sums.push((token, bias)),
            }
        }
        for (token, bias) in sums {
            logits.update(token, |value| value + bias);
        }
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

const BIAS: OptionSpec = OptionSpec {
    name: "sequence_bias",
    aliases: &["logit_bias", "bias"],
    kind: OptionKind::Biases,
    range: "pairs of token ids and a number, such as [[[5, 7], -2.0]]",
    short: "add to the score of tokens that complete these sequences",
    check: |value| match value {
        OptionValue::Biases(list) => !value.has_empty_list() && list.iter().all(|(_, b)| (*b as f32).is_finite()),
        _ => false,
    },
    neutral: |value, _| matches!(value, OptionValue::Biases(list) if list.iter().all(|(_, b)| *b == 0.0)),
    ..OptionSpec::BASE
};

const BAD: OptionSpec = OptionSpec {
    name: "bad_words_ids",
    aliases: &["bad_words", "banned_words", "stop_words"],
    kind: OptionKind::Lists,
    range: "lists of token ids, none empty, such as [[5], [7, 8]]",
    short: "never complete these token sequences",
    check: |value| !value.has_empty_list(),
    neutral: |value, _| matches!(value, OptionValue::Lists(list) if list.is_empty()),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: BIAS.name,
    options: &[BIAS],
    page: PAGE,
    build: |brief| {
        let Some(OptionValue::Biases(list)) = (brief.value)(BIAS.name) else { return Ok(None) };
        let list: Vec<_> = list.into_iter().map(|(ids, bias)| (tokens(ids), bias as f32)).collect();
        built(SequenceBias::new(&list))
    },
};

pub(crate) const BAD_WORDS: Entry = Entry {
    name: BAD.name,
    options: &[BAD],
    page: crate::Page {
        what: "Never completes one of the given token sequences.",
        rule: "`s[t] = -inf` for every sequence `(p.., t)` where the text ends in `p..`, and for every sequence of one token.",
        when: "Words that must not occur. Note that a word has other tokens at the beginning of a text, after a space, and in capitals.",
        limits: "An end token alone is passed over, so that texts can end.",
        example: "let mut bad = SequenceBias::bad_words(&[vec![TokenId(1)]]);",
        source: "transformers' `NoBadWordsLogitsProcessor`.",
    },
    build: |brief| {
        let Some(OptionValue::Lists(words)) = (brief.value)(BAD.name) else { return Ok(None) };
        let mut words: Vec<_> = words.into_iter().map(tokens).collect();
        words.retain(|word| !brief.eos.iter().any(|eos| word.as_slice() == [*eos]));
        if words.is_empty() { Ok(None) } else { built(SequenceBias::bad_words(&words)) }
    },
};

fn tokens(ids: Vec<u32>) -> Vec<TokenId> {
    ids.into_iter().map(TokenId).collect()
}

//! DRY, "don't repeat yourself": a penalty that grows with the length of what would be repeated.

use super::prelude::*;
use beamline_tokens::Vocabulary;
use rpds::{HashTrieMapSync, ListSync};
use std::sync::Arc;

processor! {
    Dry { rule: Rule, breakers: Breakers, matches: Matches }
    what: "Lowers the score of tokens that would continue a repetition, the more the longer it is already."
    rule: "For each token that would extend to `n + 1` tokens a run of `n >= allowed` tokens that occurred before: `s' = s - multiplier base^(n - allowed)`, with the longest such run."
    when: "A multiplier of 0.8 with the defaults; it stops loops of any length and leaves words alone."
    limits: "A multiplier of 0 switches it off. Runs do not reach across a sequence breaker (a line end, a colon, a quote, an asterisk), nor out of the window."
    example: "let text = [1, 2, 3, 1, 2].map(TokenId);
let mut dry = Dry::new(1.0, 2.0, 2, -1, &text)?;
let mut logits = Logits::of(&[0.0; 5]);
dry.apply(&mut logits, &Context { tokens: &text.into(), ..Context::default() });
assert_eq!(logits.get(TokenId(3)), Some(-1.0)); // 1 2 3 would be said again: n is 2"
    source: "P. E. Weidmann (2024); as llama.cpp's `dry`."
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    multiplier: f64,
    base: f64,
    allowed: usize,
    /// How far back to look; none for all.
    window: Option<usize>,
}

/// Texts that end a run, found in the bytes of the tokens.
#[derive(Clone, Debug, Default)]
struct Breakers {
    texts: Arc<[Vec<u8>]>,
    vocabulary: Option<Arc<Vocabulary>>,
    /// The last bytes of the text, as many as a breaker may begin before its last token.
    tail: Vec<u8>,
}

impl Breakers {
    /// Takes a token; true if a breaker ends in it.
    fn ends_in(&mut self, token: TokenId) -> bool {
        let Some(vocabulary) = &self.vocabulary else { return false };
        let old = self.tail.len();
        self.tail.extend_from_slice(vocabulary.bytes(token));
        let ends = |text: &Vec<u8>| {
            let starts = (old + 1).saturating_sub(text.len());
            self.tail[starts..].windows(text.len()).any(|window| window == text.as_slice())
        };
        let found = self.texts.iter().any(ends);
        let longest = self.texts.iter().map(Vec::len).max().unwrap_or(0);
        let surplus = self.tail.len().saturating_sub(longest.saturating_sub(1));
        self.tail.drain(..surplus);
        found
    }
}

/// The earlier places whose text is that of the end, and how long each run is.
///
/// Only places in the window where a run of the allowed length recurs are followed, so a step costs as much as there are
/// such places, and not as much as the text is long.
#[derive(Clone, Debug, Default)]
struct Matches {
    /// Where each run of the allowed length has ended: the position after it, the latest first.
    ends: HashTrieMapSync<Box<[TokenId]>, ListSync<usize>>,
    /// Positions whose token would continue a run, and the run's length so far.
    open: Vec<(usize, usize)>,
    /// Tokens since the last breaker.
    unbroken: usize,
}

impl Dry {
    /// Runs of `allowed` tokens (1 or more) may recur; longer ones cost `multiplier` times a growing power of `base`.
    /// Looks at the last `window` tokens, -1 for all. Without breakers; see [`break_at`](Self::break_at).
    ///
    /// # Errors
    /// When a value is out of its range.
    pub fn new(
        multiplier: f64,
        base: f64,
        allowed: usize,
        window: i64,
        prompt: &[TokenId],
    ) -> Result<Self, ShapeError> {
        let (multiplier, base) = (MULTIPLIER.number(multiplier)?, BASE.number(base)?);
        let rule = Rule { multiplier, base, allowed: allowed.max(1), window: usize::try_from(window).ok() };
        let mut dry = Self { rule, breakers: Breakers::default(), matches: Matches::default() };
        dry.read(prompt);
        Ok(dry)
    }

    /// Adds texts, its sequence breakers, that runs do not reach across; `prompt` is the one given to [`new`](Self::new).
    #[must_use]
    pub fn break_at(self, texts: &[String], vocabulary: &Arc<Vocabulary>, prompt: &[TokenId]) -> Self {
        let texts = texts.iter().filter(|text| !text.is_empty()).map(|text| text.clone().into_bytes()).collect();
        let breakers = Breakers { texts, vocabulary: Some(Arc::clone(vocabulary)), tail: Vec::new() };
        let mut dry = Self { rule: self.rule, breakers, matches: Matches::default() };
        dry.read(prompt);
        dry
    }

    fn read(&mut self, prompt: &[TokenId]) {
        let mut before = TokenList::new();
        for &token in prompt {
            self.accept(&before, token);
            before.push(token);
        }
    }

    /// The run of the allowed length that a text ends in, if no breaker is in it.
    fn run(&self, before: &TokenList, token: TokenId) -> Option<Box<[TokenId]>> {
        let allowed = self.rule.allowed;
        if self.matches.unbroken < allowed || before.len() + 1 < allowed {
            return None;
        }
        Some(before.iter_from(before.len() + 1 - allowed).chain([token]).collect())
    }
}

impl Processor for Dry {
    named!("dry");
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        let mut longest: Vec<(TokenId, usize)> = Vec::new();
        let from = self.rule.window.map_or(0, |window| context.tokens.len().saturating_sub(window));
        for &(at, n) in &self.matches.open {
            // Of the earlier run, what lies in the window counts.
            let n = n.min(at.saturating_sub(from));
            if n < self.rule.allowed {
                continue;
            }
            let token = context.tokens[at];
            match longest.iter_mut().find(|(id, _)| *id == token) {
                Some((_, most)) => *most = n.max(*most),
                None => longest.push((token, n)),
            }
        }
        for (token, n) in longest {
            let power = libm::pow(self.rule.base, (n - self.rule.allowed) as f64);
            let penalty = (self.rule.multiplier * power).min(f64::from(f32::MAX) / 2.0) as f32;
            logits
                .update(token, |value| if value > f32::NEG_INFINITY { (value - penalty).max(f32::MIN) } else { value });
        }
    }

    fn accept(&mut self, before: &TokenList, token: TokenId) {
        let end = before.len() + 1;
        if self.breakers.ends_in(token) {
            self.matches.open.clear();
            self.matches.unbroken = 0;
            return;
        }
        self.matches.unbroken += 1;
        let text = |at: usize| before.get(at);
        // Runs that go on, and those that have just become long enough.
        let unbroken = self.matches.unbroken;
        self.matches.open.retain_mut(|(at, n)| {
            let goes_on = text(*at) == Some(token);
            *at += 1;
            *n += 1;
            goes_on && *at < end && *n <= unbroken
        });
        let Some(run) = self.run(before, token) else { return };
        let known = self.matches.ends.get(&run).cloned().unwrap_or_else(ListSync::new_sync);
        // Those that have gone on are longer than the allowed length, and known already: what has just become long enough
        // was one shorter before, so it is not among them. Both lists fall by position.
        let mut going = std::mem::take(&mut self.matches.open).into_iter().peekable();
        // A run that ends before the window counts for nothing, nor do those before it.
        let from = self.rule.window.map_or(0, |window| end.saturating_sub(window));
        for &at in known.iter().take_while(|&&at| at >= from) {
            match going.next_if(|&(open, _)| open == at) {
                Some(longer) => self.matches.open.push(longer),
                None => self.matches.open.push((at, self.rule.allowed)),
            }
        }
        self.matches.ends.insert_mut(run, known.push_front(end));
    }
}

const MULTIPLIER: OptionSpec = OptionSpec {
    name: "dry_multiplier",
    aliases: &["dry"],
    range: "in [0, 1e6]",
    default: "0.0",
    short: "how strongly to penalise tokens that continue a repetition; 0 is off",
    remedy: "0 switches it off",
    check: |value| value.number().is_some_and(|m| (0.0..=1e6).contains(&m)),
    neutral: |value, _| value.number() == Some(0.0),
    ..OptionSpec::BASE
};

const BASE: OptionSpec = OptionSpec {
    name: "dry_base",
    needs: &["dry_multiplier"],
    range: "in [1, 1e6]",
    default: "1.75",
    short: "by how much dry's penalty grows with each repeated token",
    check: |value| value.number().is_some_and(|b| (1.0..=1e6).contains(&b)),
    ..OptionSpec::BASE
};

const ALLOWED: OptionSpec = OptionSpec {
    name: "dry_allowed_length",
    kind: OptionKind::Count { least: 1 },
    needs: &["dry_multiplier"],
    range: "an integer, 1 or more",
    default: "2",
    short: "the longest repetition that dry lets pass",
    ..OptionSpec::BASE
};

const WINDOW: OptionSpec = OptionSpec {
    name: "dry_penalty_last_n",
    kind: OptionKind::Whole,
    needs: &["dry_multiplier"],
    range: "an integer, -1 or more",
    default: "64",
    short: "how many of the last tokens dry looks at; -1 for all",
    remedy: "0 switches it off",
    check: |value| value.number().is_some_and(|n| n >= -1.0),
    ..OptionSpec::BASE
};

const BREAKERS: OptionSpec = OptionSpec {
    name: "dry_sequence_breakers",
    kind: OptionKind::Texts,
    needs: &["dry_multiplier"],
    range: "one or more texts, none empty; as a flag also a JSON list",
    default: r#"["\n", ":", "\"", "*"]"#,
    short: "texts across which dry sees no repetition",
    check: |value| !value.has_empty_list(),
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: "dry",
    options: &[MULTIPLIER, BASE, ALLOWED, WINDOW, BREAKERS],
    page: PAGE,
    build: |brief| {
        let window = brief.number(&WINDOW) as i64;
        if window == 0 {
            return Ok(None);
        }
        let (multiplier, base) = (brief.number(&MULTIPLIER), brief.number(&BASE));
        let dry = Dry::new(multiplier, base, brief.count(&ALLOWED), window, brief.prompt)?;
        match (brief.value)(BREAKERS.name) {
            Some(OptionValue::Texts(texts)) => built(dry.break_at(&texts, brief.vocabulary, brief.prompt)),
            _ => built(dry),
        }
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule, spelled out: for every earlier place, how long is the run that ends there and at the end of the text?
    fn slow(text: &[u32], allowed: usize) -> Vec<(u32, usize)> {
        let mut longest = std::collections::BTreeMap::new();
        for at in 0..text.len() {
            let n = (0..at).take_while(|&k| text[at - 1 - k] == text[text.len() - 1 - k]).count();
            if n >= allowed {
                let most = longest.entry(text[at]).or_insert(0);
                *most = n.max(*most);
            }
        }
        longest.into_iter().collect()
    }

    proptest! {
        #[test]
        fn penalties_are_those_of_the_longest_runs(text in prop::collection::vec(0u32..3, 1..40), allowed in 1usize..4, prompt in 0usize..40) {
            let ids: Vec<TokenId> = text.iter().copied().map(TokenId).collect();
            let prompt = prompt.min(ids.len());
            let mut dry = Dry::new(1.0, 2.0, allowed, -1, &ids[..prompt]).unwrap();
            for at in prompt..ids.len() {
                dry.accept(&ids[..at].into(), ids[at]);
            }
            let mut logits = Logits::of(&[0.0; 3]);
            dry.apply(&mut logits, &Context { tokens: &ids.as_slice().into(), ..Context::default() });
            let mut expected = [0.0f32; 3];
            for (token, n) in slow(&text, allowed) {
                expected[token as usize] = -libm::pow(2.0, (n - allowed) as f64) as f32;
            }
            prop_assert_eq!(logits, Logits::of(&expected));
        }
    }
}

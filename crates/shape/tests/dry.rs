//! DRY against its rule, spelled out: breakers, windows and growing texts.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;
use support::{Maker, alike, shaped, vocabulary, with};

const WORDS: [&str; 8] = ["a", "b", "c", "\n", "say:", "*b", "d", "e"];

static WORDED: LazyLock<Maker> = LazyLock::new(|| {
    let maker = with(Value::Null);
    Maker { vocabulary: vocabulary(&WORDS), ..maker }
});

fn dry(options: Value, prompt: &[u32]) -> Maker {
    Maker { options, ..WORDED.clone() }.prompt(prompt)
}

/// For every earlier place: how long is the run before it that is also the end of the text, back to a breaker or to the
/// beginning of the window? The longest run counts for each token that followed.
fn runs(text: &[u32], allowed: usize, window: Option<usize>, breakers: &[&str]) -> Vec<(u32, usize)> {
    let breaks = |token: &u32| breakers.iter().any(|breaker| WORDS[*token as usize].contains(breaker));
    let from = window.map_or(0, |window| text.len().saturating_sub(window));
    let unbroken = text.iter().rev().take_while(|token| !breaks(token)).count();
    let mut longest = std::collections::BTreeMap::new();
    for at in from..text.len() {
        let equal = |k: &usize| text[at - 1 - k] == text[text.len() - 1 - k];
        let n = (0..(at - from).min(unbroken)).take_while(equal).count();
        if n >= allowed {
            let most = longest.entry(text[at]).or_insert(0);
            *most = n.max(*most);
        }
    }
    longest.into_iter().collect()
}

fn follow(
    options: &Value,
    (prompt, more): (&[u32], &[u32]),
    (allowed, window): (usize, Option<usize>),
    breakers: &[&str],
) -> Result<(), TestCaseError> {
    let maker = dry(options.clone(), prompt);
    let (mut processor, mut text) = (maker.one("dry"), maker.text());
    let number = |name: &str, default: f64| options.get(name).map_or(default, |v| v.as_f64().unwrap());
    let (multiplier, base) = (number("dry_multiplier", 0.0), number("dry_base", 1.75));
    let mut next = more.iter();
    loop {
        let mut expected: Vec<(u32, f32)> = (0..8).map(|id| (id, 1.0)).collect();
        for (token, n) in runs(&text.numbers(), allowed, window, breakers) {
            expected[token as usize].1 -= (multiplier * base.powf((n - allowed) as f64)) as f32;
        }
        let found = shaped(&mut *processor, &[1.0; 8], &text);
        prop_assert!(alike(&found, &expected), "{} {:?} {:?} {:?}", options, text.numbers(), found, expected);
        let Some(&token) = next.next() else { return Ok(()) };
        text.accept(&mut *processor, token);
    }
}

/// Few tokens, so that runs recur, and now and then a breaker.
fn text(most: usize) -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![12 => 0u32..3, 1 => 3u32..8], 1..most)
}

proptest! {
    #[test]
    fn repetitions_cost_the_more_the_longer_they_are(prompt in text(20), more in text(30)) {
        follow(&json!({"dry_multiplier": 0.8}), (&prompt, &more), (2, None), &["\n", ":", "\"", "*"])?;
    }

    #[test]
    fn every_option_counts(
        prompt in text(20), more in text(30), allowed in 1usize..5, base in 1.0f64..2.0, window in -1i64..16,
    ) {
        prop_assume!(window != 0);
        let options = json!({"dry_multiplier": 0.5, "dry_base": base, "dry_allowed_length": allowed,
            "dry_penalty_last_n": window, "dry_sequence_breakers": ["c", "\n"]});
        follow(&options, (&prompt, &more), (allowed, usize::try_from(window).ok()), &["c", "\n"])?;
    }

    #[test]
    fn without_breakers_runs_reach_across_everything(prompt in text(20), more in text(30)) {
        let options = json!({"dry_multiplier": 0.5, "dry_sequence_breakers": []});
        follow(&options, (&prompt, &more), (2, None), &[])?;
    }
}

#[test]
fn a_breaker_may_begin_in_an_earlier_token() {
    // "bc" lies across two tokens: after it nothing is repeated, however much was equal before.
    let text = [0, 1, 2, 0, 1, 2];
    let scores = |breakers: Value| {
        dry(json!({"dry_multiplier": 1.0, "dry_sequence_breakers": breakers}), &text).shape("dry", &[0.0; 8])
    };
    assert_eq!(scores(json!(["xyz"]))[0], (0, -1.75), "a b c has been said: n is 3");
    assert!(scores(json!(["bc"])).iter().all(|&(_, score)| score == 0.0));
    assert!(scores(json!(["abc"])).iter().all(|&(_, score)| score == 0.0));
    assert_eq!(scores(json!(["ac", "cb", "acb"]))[0], (0, -1.75), "and these do not occur");
}

#[test]
fn a_breaker_may_end_inside_a_token() {
    // "y:" lies within "say:", and "c*" begins in one token and ends in the midst of the next.
    for (text, breaker) in [([0, 4, 0, 4], "y:"), ([2, 5, 2, 5], "c*")] {
        let least = |breaker: &str| {
            let options = json!({"dry_multiplier": 1.0, "dry_allowed_length": 1, "dry_sequence_breakers": breaker});
            let scores = dry(options, &text).shape("dry", &[0.0; 8]);
            scores.into_iter().map(|x| x.1).fold(0.0, f32::min)
        };
        assert_eq!((least("xyz"), least(breaker)), (-1.75, 0.0), "{breaker}");
    }
}

#[test]
fn it_is_off_without_a_multiplier_or_a_window() {
    for options in [
        json!({}),
        json!({"dry_multiplier": 0.0}),
        json!({"dry_base": 3.0}),
        json!({"dry_multiplier": 1.0, "dry_penalty_last_n": 0}),
    ] {
        assert!(dry(options.clone(), &[1]).make("dry").unwrap().is_none(), "{options}");
    }
}

#[test]
fn a_very_long_repetition_is_finite() {
    // 1000 to the power of 998 is beyond every float.
    let text = vec![1; 1000];
    let scores = dry(json!({"dry_multiplier": 1e6, "dry_base": 1000.0}), &text).shape("dry", &[0.0; 8]);
    assert!(scores[1].1 < -1e38 && scores[1].1.is_finite());
    assert_eq!(scores[0], (0, 0.0));
}

//! What depends on the text: penalties, n-grams, biases and lengths, against their rules spelled out as texts grow.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Maker, Text, alike, shaped, softmax, tokens, whole_rows, with};

const REMOVED: f64 = f64::NEG_INFINITY;

/// Compares with a rule after every token of a text that begins with `prompt`. The rule is given the row's scores, all
/// tokens, and how many of them are the prompt's, and changes the scores.
fn follow(
    name: &str,
    maker: &Maker,
    row: &[f32],
    (prompt, more): (&[u32], &[u32]),
    rule: impl Fn(&mut [f64], &[u32], usize),
) -> Result<(), TestCaseError> {
    let maker = maker.clone().prompt(prompt);
    let (mut processor, mut text) = (maker.one(name), maker.text());
    let mut next = more.iter();
    loop {
        let mut scores: Vec<f64> = row.iter().map(|&value| f64::from(value)).collect();
        rule(&mut scores, &text.numbers(), prompt.len());
        let expected: Vec<(u32, f32)> =
            (0..).zip(&scores).filter(|x| *x.1 > REMOVED).map(|(id, &score)| (id, score as f32)).collect();
        let found = shaped(&mut *processor, row, &text);
        prop_assert!(alike(&found, &expected), "{} {:?} {:?} {:?}", maker.options, text.tokens, found, expected);
        let Some(&token) = next.next() else { return Ok(()) };
        text.accept(&mut *processor, token);
    }
}

/// Texts in which tokens come again.
fn text() -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
    (prop::collection::vec(0u32..5, 1..12), prop::collection::vec(0u32..5, 0..25))
}

fn window(text: &[u32], last: i64) -> &[u32] {
    &text[usize::try_from(last).map_or(0, |last| text.len().saturating_sub(last))..]
}

fn penalise(score: &mut f64, penalty: f64) {
    *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
}

/// Whether the text ends in all but the last token of a sequence.
fn completes(text: &[u32], sequence: &[u32]) -> bool {
    text.ends_with(&sequence[..sequence.len() - 1])
}

/// Sequences, no two of them equal.
fn sequences() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let one = prop::collection::vec(0u32..5, 1..4);
    prop::collection::btree_set(one, 1..6).prop_map(|set| set.into_iter().collect())
}

proptest! {
    #[test]
    fn the_repetition_penalty_counts_each_token_once(
        row in whole_rows(), (p, more) in text(), r in 0.2f64..3.0, last in -1i64..9,
    ) {
        let maker = with(json!({"repetition_penalty": r, "repeat_last_n": last}));
        follow("repetition_penalty", &maker, &row, (&p, &more), |scores, text, _| {
            let seen: std::collections::BTreeSet<u32> = window(text, last).iter().copied().collect();
            for token in seen {
                penalise(&mut scores[token as usize], r);
            }
        })?;
    }

    #[test]
    fn occurrences_cost_for_each_time_or_once(
        row in whole_rows(), (p, more) in text(), cost in 0.1f64..3.0, last in -1i64..9,
    ) {
        let maker = with(json!({"frequency_penalty": cost, "presence_penalty": -cost, "repeat_last_n": last}));
        let count = |text: &[u32], id: usize| window(text, last).iter().filter(|&&token| token as usize == id).count();
        follow("frequency_penalty", &maker, &row, (&p, &more), |scores, text, _| {
            (0..5).for_each(|id| scores[id] -= cost * count(text, id) as f64);
        })?;
        follow("presence_penalty", &maker, &row, (&p, &more), |scores, text, _| {
            (0..5).for_each(|id| scores[id] += if count(text, id) > 0 { cost } else { 0.0 });
        })?;
    }

    #[test]
    fn the_encoder_penalty_favours_the_prompt(row in whole_rows(), (p, more) in text(), r in 0.2f64..3.0) {
        let maker = with(json!({"encoder_repetition_penalty": r}));
        follow("encoder_repetition_penalty", &maker, &row, (&p, &more), |scores, text, prompt| {
            let said: std::collections::BTreeSet<u32> = text[..prompt].iter().copied().collect();
            for token in said {
                penalise(&mut scores[token as usize], 1.0 / r);
            }
        })?;
    }

    #[test]
    fn no_run_of_tokens_comes_twice(row in whole_rows(), (p, more) in text(), n in 1usize..5) {
        let maker = with(json!({"no_repeat_ngram_size": n, "encoder_no_repeat_ngram_size": n}));
        let ban = |scores: &mut [f64], said: &[u32], text: &[u32]| {
            let Some(from) = (text.len() + 1).checked_sub(n) else { return };
            for run in said.windows(n).filter(|run| run[..n - 1] == text[from..]) {
                scores[run[n - 1] as usize] = REMOVED;
            }
        };
        follow("no_repeat_ngram_size", &maker, &row, (&p, &more), |scores, text, _| ban(scores, text, text))?;
        if n <= p.len() {
            follow("encoder_no_repeat_ngram_size", &maker, &row, (&p, &more), |scores, text, prompt| {
                ban(scores, &text[..prompt], text);
            })?;
        } else {
            prop_assert!(maker.prompt(&p).make("encoder_no_repeat_ngram_size").unwrap().is_none(), "nothing to repeat");
        }
    }

    #[test]
    fn biases_of_sequences_that_would_be_completed_add_up(
        row in whole_rows(), (p, more) in text(), sequences in sequences(), bias in -3.0f64..3.0,
    ) {
        let bias = |i: usize| bias + i as f64 / 4.0;
        let list: Vec<Value> = sequences.iter().enumerate().map(|(i, s)| json!([s, bias(i)])).collect();
        follow("sequence_bias", &with(json!({"sequence_bias": list})), &row, (&p, &more), |scores, text, _| {
            for (i, sequence) in sequences.iter().enumerate().filter(|(_, sequence)| completes(text, sequence)) {
                scores[sequence[sequence.len() - 1] as usize] += bias(i);
            }
        })?;
    }

    #[test]
    fn bad_words_are_never_completed(row in whole_rows(), (p, more) in text(), sequences in sequences()) {
        let maker = with(json!({"bad_words_ids": sequences})).eos(&[0, 3]);
        let words: Vec<&Vec<u32>> = sequences.iter().filter(|word| **word != [0] && **word != [3]).collect();
        if words.is_empty() {
            prop_assert!(maker.make("bad_words_ids").unwrap().is_none(), "texts can end");
            return Ok(());
        }
        follow("bad_words_ids", &maker, &row, (&p, &more), |scores, text, _| {
            for word in words.iter().filter(|word| completes(text, word)) {
                scores[word[word.len() - 1] as usize] = REMOVED;
            }
        })?;
    }

    #[test]
    fn no_end_comes_before_the_least_length(row in whole_rows(), (p, more) in text(), least in 1usize..30) {
        let maker = with(json!({"min_length": least, "min_new_tokens": least})).eos(&[1, 6]);
        let end = |scores: &mut [f64], early: bool| {
            if early {
                (scores[1], scores[6]) = (REMOVED, REMOVED);
            }
        };
        follow("min_length", &maker, &row, (&p, &more), |scores, text, _| end(scores, text.len() < least))?;
        follow("min_new_tokens", &maker, &row, (&p, &more), |scores, text, prompt| {
            end(scores, text.len() - prompt < least);
        })?;
    }

    #[test]
    fn ends_become_likelier_with_the_length(
        row in whole_rows(), (p, more) in text(), start in 0u64..12, factor in 0.5f64..2.0,
    ) {
        let maker = with(json!({"exponential_decay_length_penalty": [start, factor]})).eos(&[1, 6]);
        follow("exponential_decay_length_penalty", &maker, &row, (&p, &more), |scores, text, prompt| {
            let beyond = (text.len() - prompt) as f64 - start as f64;
            if beyond > 0.0 {
                for id in [1, 6] {
                    scores[id] += scores[id].abs() * (factor.powf(beyond) - 1.0);
                }
            }
        })?;
    }

    #[test]
    fn the_last_token_can_be_forced(row in whole_rows(), (p, more) in text(), length in 1usize..30) {
        let maker = with(json!({"forced_eos_token_id": [4, 2]})).max_length(length);
        follow("forced_eos_token_id", &maker, &row, (&p, &more), |scores, text, _| {
            if text.len() + 1 == length {
                scores.fill(REMOVED);
                (scores[2], scores[4]) = (0.0, 0.0);
            }
        })?;
    }

    #[test]
    fn the_token_after_a_prompt_of_one_can_be_forced(row in whole_rows(), (p, more) in text()) {
        let maker = with(json!({"forced_bos_token_id": 4}));
        for prompt in [&p[..1], &p] {
            follow("forced_bos_token_id", &maker, &row, (prompt, &more), |scores, text, _| {
                if text.len() == 1 {
                    scores.fill(REMOVED);
                    scores[4] = 0.0;
                }
            })?;
        }
    }

    #[test]
    fn suppressed_tokens_never_occur_or_not_first(row in whole_rows(), (p, more) in text(), forced in any::<bool>()) {
        let mut options = json!({"suppress_tokens": [1, 3], "begin_suppress_tokens": [2]});
        if forced {
            options["forced_bos_token_id"] = json!(5);
        }
        let maker = with(options);
        for prompt in [&p[..1], &p] {
            follow("suppress_tokens", &maker, &row, (prompt, &more), |scores, _, _| {
                (scores[1], scores[3]) = (REMOVED, REMOVED);
            })?;
            follow("begin_suppress_tokens", &maker, &row, (prompt, &more), |scores, text, prompt| {
                // The forced token does not count as the text's own beginning.
                if text.len() == prompt + usize::from(forced && prompt == 1) {
                    scores[2] = REMOVED;
                }
            })?;
        }
    }

    #[test]
    fn tokens_of_other_groups_cost(row in whole_rows(), (_, taken) in text(), penalty in 0.1f64..3.0) {
        let maker = with(json!({"diversity_penalty": penalty}));
        let text = Text { taken: tokens(&taken), ..maker.text() };
        let cost = |id: usize| penalty * taken.iter().filter(|&&token| token as usize == id).count() as f64;
        let expected: Vec<(u32, f32)> =
            row.iter().enumerate().map(|(id, &value)| (id as u32, (f64::from(value) - cost(id)) as f32)).collect();
        prop_assert!(alike(&shaped(&mut *maker.one("diversity_penalty"), &row, &text), &expected));
    }

    #[test]
    fn guidance_moves_away_from_the_scores_without_the_prompt(
        (row, without) in whole_rows().prop_flat_map(|row| {
            let len = row.len();
            (Just(row), prop::collection::vec(-8.0f32..8.0, len))
        }),
        scale in -2.0f64..3.0,
    ) {
        let maker = with(json!({"guidance_scale": scale}));
        let (c, u) = (softmax(&row), softmax(&without));
        let expected: Vec<(u32, f32)> =
            (0..row.len()).map(|i| (i as u32, (scale * (c[i].ln() - u[i].ln()) + u[i].ln()) as f32)).collect();
        let mut text = maker.text();
        text.unguided = Some(without);
        let found = shaped(&mut *maker.one("guidance_scale"), &row, &text);
        prop_assert!(alike(&found, &expected), "{:?} {:?}", found, expected);
    }

    #[test]
    fn renormalised_scores_are_log_probabilities(row in whole_rows()) {
        let expected: Vec<(u32, f32)> = (0..).zip(softmax(&row)).map(|(id, p)| (id, p.ln() as f32)).collect();
        let found = with(json!({"renormalize_logits": true})).shape("renormalize_logits", &row);
        prop_assert!(alike(&found, &expected), "{:?} {:?}", found, expected);
    }

    #[test]
    fn the_temperature_divides(row in whole_rows(), t in 0.01f64..50.0) {
        let expected: Vec<(u32, f32)> = (0..).zip(row.iter().map(|value| value / t as f32)).collect();
        prop_assert_eq!(with(json!({"temperature": t})).shape("temperature", &row), expected);
    }
}

#[test]
fn of_equal_sequences_the_last_bias_counts() {
    let maker = with(json!({"sequence_bias": [[[3], 1.0], [[1, 2, 4], 1.0], [[3], 2.0], [[1, 2, 4], 5.0]]}));
    assert_eq!(maker.shape("sequence_bias", &[0.0; 5]), [(0, 0.0), (1, 0.0), (2, 0.0), (3, 2.0), (4, 5.0)]);
}

#[test]
fn tokens_beyond_the_row_are_passed_over() {
    // A tokenizer may have more tokens than the model has logits.
    let row = [1.0, 1.0];
    for options in [
        json!({"repetition_penalty": 2.0}),
        json!({"encoder_repetition_penalty": 2.0}),
        json!({"frequency_penalty": 2.0}),
        json!({"no_repeat_ngram_size": 1}),
        json!({"dry_multiplier": 1.0, "dry_allowed_length": 1}),
    ] {
        let name = options.as_object().unwrap().keys().next().unwrap().replace("dry_multiplier", "dry");
        let maker = with(options).prompt(&[7, 900, 7, 900, 7]);
        assert_eq!(maker.shape(&name, &row), [(0, 1.0), (1, 1.0)], "{name}");
    }
}

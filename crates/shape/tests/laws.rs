//! What holds for every processor, whatever the row and the text.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_shape::{Logits, Processor, REGISTRY};
use beamline_tokens::TokenId;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use support::{Maker, Text, active, alike, ids, live, quarters, shaped, texts, tokens, whole_rows};

/// Truncations that cut from below: what they remove is less probable than what they keep, or as probable.
const CUTS: [&str; 9] =
    ["top_h", "top_k", "top_p", "min_p", "epsilon_cutoff", "eta_cutoff", "top_n_sigma", "p_less", "mirostat"];

/// Truncations that may remove the best token: it surprises too little, or is what xtc excludes.
const SELDOM_BEST: [&str; 2] = ["typical_p", "xtc"];

/// They remove tokens that they are told or have seen, whatever the scores, and may remove all.
const BANS: [&str; 7] = [
    "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size",
    "bad_words_ids",
    "min_length",
    "min_new_tokens",
    "suppress_tokens",
    "begin_suppress_tokens",
];

/// They move scores and remove none.
const MOVES: [&str; 13] = [
    "guidance_scale",
    "diversity_penalty",
    "sequence_bias",
    "encoder_repetition_penalty",
    "repetition_penalty",
    "frequency_penalty",
    "presence_penalty",
    "dry",
    "exponential_decay_length_penalty",
    "temperature",
    "dynatemp_range",
    "adaptive_p",
    "renormalize_logits",
];

/// They may put back what was removed.
const REVIVALS: [&str; 3] = ["forced_bos_token_id", "forced_eos_token_id", "remove_invalid_values"];

/// It has a language to keep to, so that most texts here are none to it; it has tests of its own.
const ELSEWHERE: [&str; 1] = ["grammar"];

/// What they do depends on where zero is.
const ABSOLUTE: [&str; 5] = [
    "temperature",
    "dynatemp_range",
    "repetition_penalty",
    "encoder_repetition_penalty",
    "exponential_decay_length_penalty",
];

/// Their scores are made anew from probabilities.
const ANEW: [&str; 3] = ["guidance_scale", "adaptive_p", "renormalize_logits"];

/// Their options, or the end tokens, name ids.
const NAMING: [&str; 9] = [
    "sequence_bias",
    "bad_words_ids",
    "min_length",
    "min_new_tokens",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "exponential_decay_length_penalty",
    "suppress_tokens",
    "begin_suppress_tokens",
];

/// A processor that has heard of some tokens, each drawn after a row, and its text.
fn grown(name: &str, maker: &Maker, row: &[f32], more: &[u32]) -> (Box<dyn Processor>, Text) {
    let mut processor = maker.one(name);
    let mut text = maker.text();
    text.unguided = Some(unguided(row));
    for &token in more {
        shaped(&mut *processor, row, &text);
        text.accept(&mut *processor, token);
    }
    (processor, text)
}

/// Some other scores.
fn unguided(row: &[f32]) -> Vec<f32> {
    row.iter().map(|value| (value * 0.75).sin()).collect()
}

fn some_cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, ..ProptestConfig::default() }
}

#[test]
fn every_processor_has_its_place_in_these_laws() {
    let settings = active();
    for entry in REGISTRY.iter().filter(|entry| !ELSEWHERE.contains(&entry.name)) {
        let lists: [&[&str]; 5] = [&CUTS, &SELDOM_BEST, &BANS, &MOVES, &REVIVALS];
        let places = lists.iter().filter(|list| list.contains(&entry.name)).count();
        assert_eq!(places, 1, "put {} in the list above that it belongs to", entry.name);
        assert!(settings.iter().any(|(name, _)| *name == entry.name), "give {} settings in support", entry.name);
    }
    for (name, maker) in settings {
        assert_eq!(maker.one(name).name(), name);
    }
}

proptest! {
    #![proptest_config(some_cases(100))]

    #[test]
    fn truncations_only_remove_and_never_all(row in quarters(), more in texts()) {
        for (name, maker) in active() {
            let (mut processor, text) = grown(name, &maker, &row, &more);
            let after = shaped(&mut *processor, &row, &text);
            let untouched = after.iter().all(|&(id, value)| row[id as usize] == value);
            match name {
                _ if CUTS.contains(&name) || SELDOM_BEST.contains(&name) => {
                    prop_assert!(untouched && !after.is_empty(), "{} {:?}", maker.options, after);
                }
                _ if BANS.contains(&name) => prop_assert!(untouched, "{} {:?}", maker.options, after),
                _ if MOVES.contains(&name) => prop_assert_eq!(after.len(), row.len(), "{}", maker.options),
                _ => prop_assert!(!after.is_empty(), "{}", maker.options),
            }
        }
    }

    #[test]
    fn truncations_keep_nothing_less_probable_than_what_they_remove(row in quarters(), more in texts()) {
        for (name, maker) in active().into_iter().filter(|(name, _)| CUTS.contains(name)) {
            let (mut processor, text) = grown(name, &maker, &row, &more);
            let after = shaped(&mut *processor, &row, &text);
            let worst = after.iter().map(|x| x.1).fold(f32::INFINITY, f32::min);
            let kept = ids(&after);
            let best_removed = (0..row.len() as u32).filter(|id| !kept.contains(id)).map(|id| row[id as usize]);
            // Of equals top-h keeps some: it looks at a hundred tokens, and counts each.
            let sound = |value: f32| if name == "top_h" { value <= worst } else { value < worst };
            prop_assert!(best_removed.into_iter().all(sound), "{} {:?}", maker.options, after);
        }
    }

    #[test]
    fn truncations_leave_the_tokens_that_min_tokens_to_keep_asks_for(row in quarters(), keep in 2usize..6) {
        for (name, maker) in active() {
            if ["top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"].contains(&name) {
                let kept = maker.clone().keep(keep).ids(name, &row);
                prop_assert!(kept.len() >= keep, "{} {} {:?}", maker.options, keep, kept);
                // It changes nothing where enough are left without it.
                let without = maker.clone().keep(1).ids(name, &row);
                if without.len() >= keep {
                    prop_assert_eq!(&kept, &without, "{}", maker.options);
                }
                prop_assert!(without.iter().all(|id| kept.contains(id)));
            }
        }
    }

    #[test]
    fn adding_a_constant_to_the_logits_adds_it_to_the_scores(row in quarters(), constant in -8i32..8, more in texts()) {
        let constant = constant as f32;
        let moved: Vec<f32> = row.iter().map(|v| v + constant).collect();
        for (name, maker) in active().into_iter().filter(|(name, _)| !ABSOLUTE.contains(name)) {
            let (mut processor, text) = grown(name, &maker, &row, &more);
            let (mut other, _) = grown(name, &maker, &moved, &more);
            let same = shaped(&mut *processor, &row, &text);
            let added: Vec<(u32, f32)> = same.iter().map(|&(id, value)| (id, value + constant)).collect();
            let found = shaped(&mut *other, &moved, &text);
            // A forced token has score 0 where it is forced, and elsewhere the row is left alone.
            let sound = match name {
                "forced_bos_token_id" | "forced_eos_token_id" => alike(&found, &same) || alike(&found, &added),
                _ if ANEW.contains(&name) => alike(&found, &same),
                _ => alike(&found, &added),
            };
            prop_assert!(sound, "{} {:?} {:?}", maker.options, found, same);
        }
    }

    #[test]
    fn applying_again_to_the_same_row_gives_the_same(row in quarters(), other in quarters(), more in texts()) {
        for (name, maker) in active() {
            let (mut processor, text) = grown(name, &maker, &row, &more);
            let first = shaped(&mut *processor, &row, &text);
            prop_assert_eq!(&first, &shaped(&mut *processor, &row, &text), "{}", maker.options);
            prop_assert_eq!(&first, &shaped(&mut *processor.fork(), &row, &text), "{}", maker.options);
            // Nor does another row in between matter, since only accept moves the state.
            let elsewhere = Text { unguided: Some(unguided(&other)), ..text.clone() };
            shaped(&mut *processor, &other, &elsewhere);
            prop_assert_eq!(&first, &shaped(&mut *processor, &row, &text), "{}", maker.options);
        }
    }

    #[test]
    fn a_fork_goes_its_own_way(
        row in quarters(), more in texts(), here in prop::collection::vec(0u32..4, 1..5),
        there in prop::collection::vec(4u32..8, 1..5),
    ) {
        for (name, maker) in active() {
            let (mut original, mut text) = grown(name, &maker, &row, &more);
            shaped(&mut *original, &row, &text);
            let mut fork = original.fork();
            prop_assert_eq!(fork.name(), name);
            prop_assert_eq!(fork.is_random(), original.is_random());
            let mut other = text.clone();
            for &token in &here {
                shaped(&mut *original, &row, &text);
                text.accept(&mut *original, token);
            }
            for &token in &there {
                shaped(&mut *fork, &row, &other);
                other.accept(&mut *fork, token);
            }
            for (processor, text, accepted) in [(&mut original, &text, &here), (&mut fork, &other, &there)] {
                let (mut alone, same) = grown(name, &maker, &row, &[&more[..], accepted].concat());
                prop_assert_eq!(&same.tokens, &text.tokens);
                let (found, expected) = (shaped(&mut **processor, &row, text), shaped(&mut *alone, &row, text));
                prop_assert_eq!(found, expected, "{}", maker.options);
            }
        }
    }

    #[test]
    fn sparse_and_dense_rows_are_treated_alike(row in quarters(), more in texts(), removed in texts()) {
        let mut holes = row.clone();
        for id in removed.into_iter().filter(|id| *id > 0) {
            holes[id as usize] = f32::NEG_INFINITY;
        }
        for (name, maker) in active() {
            // Repair has nothing to put back where a sparse row holds no value at all.
            let whole = name == "remove_invalid_values";
            for row in if whole { vec![&row] } else { vec![&row, &holes] } {
                let (mut processor, text) = grown(name, &maker, row, &more);
                let mut sparse = Logits::of(row);
                sparse.retain(|_, _| true);
                processor.apply(&mut sparse, &text.context());
                let dense = shaped(&mut *processor, row, &text);
                prop_assert!(alike(&live(&sparse), &dense), "{} {:?} {:?}", maker.options, live(&sparse), dense);
            }
        }
    }

    #[test]
    fn what_was_removed_stays_removed(row in quarters(), more in texts(), removed in 1usize..8) {
        let mut holes = row.clone();
        holes[removed] = f32::NEG_INFINITY;
        for (name, maker) in active() {
            if !REVIVALS.contains(&name) {
                let (mut processor, text) = grown(name, &maker, &holes, &more);
                let after = shaped(&mut *processor, &holes, &text);
                prop_assert!(!ids(&after).contains(&(removed as u32)), "{}", maker.options);
            }
        }
    }

    #[test]
    fn a_coin_falls_on_each_token_as_often_as_its_probability(row in quarters(), coin in 0.0f64..1.0) {
        let distribution = Logits::of(&row).distribution();
        let picked = distribution.pick(coin).unwrap();
        let below: f64 = distribution.iter().filter(|(id, _)| *id < picked).map(|(_, p)| p).sum();
        prop_assert!(below <= coin + 1e-12 && coin < below + distribution.of(picked) + 1e-12);
        prop_assert!((distribution.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

proptest! {
    // Another order of the tokens rounds sums otherwise; with this seed no row lies that near to a threshold.
    #![proptest_config(ProptestConfig { cases: 100, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    /// Renames the tokens of row, prompt and text alike.
    #[test]
    fn the_order_of_tokens_does_not_matter(
        (row, names) in whole_rows().prop_flat_map(|row| {
            let names: Vec<u32> = (0..row.len() as u32).collect();
            (Just(row), Just(names).prop_shuffle())
        }),
        more in texts(),
    ) {
        let mut renamed = vec![0.0; row.len()];
        for (&value, &name) in row.iter().zip(&names) {
            renamed[name as usize] = value;
        }
        let rename = |ids: &[u32]| ids.iter().map(|&id| names[id as usize]).collect::<Vec<_>>();
        for (name, maker) in active().into_iter().filter(|(name, _)| !NAMING.contains(name)) {
            let (mut processor, text) = grown(name, &maker, &row, &more);
            let prompt: Vec<u32> = maker.prompt.iter().map(|token| token.0).collect();
            let other = Maker { prompt: tokens(&rename(&prompt)), ..maker.clone() };
            let (mut renaming, mut other) = grown(name, &other, &renamed, &rename(&more));
            other.taken = text.taken.iter().map(|token| TokenId(names[token.index()])).collect();
            let mut expected = shaped(&mut *processor, &row, &text);
            for (id, _) in &mut expected {
                *id = names[*id as usize];
            }
            expected.sort_by_key(|x| x.0);
            let found = shaped(&mut *renaming, &renamed, &other);
            prop_assert!(alike(&found, &expected), "{} {:?} {:?}", maker.options, found, expected);
        }
    }
}

/// A processor before it may have taken the last token; the pipeline says which.
#[test]
fn a_row_without_tokens_stays_without() {
    let row = [f32::NEG_INFINITY; 12];
    for (name, maker) in active().into_iter().filter(|(name, _)| !REVIVALS.contains(name)) {
        for sparse in [false, true] {
            let (mut processor, text) = grown(name, &maker, &[0.5; 12], &[1, 2]);
            let mut logits = Logits::of(&row);
            if sparse {
                logits.retain(|_, _| true);
            }
            processor.apply(&mut logits, &text.context());
            assert!(live(&logits).is_empty(), "{} {:?}", maker.options, live(&logits));
        }
    }
}

#[test]
fn a_row_of_one_token_keeps_it() {
    for (name, maker) in active().into_iter().filter(|(name, _)| !BANS.contains(name)) {
        let mut logits = Logits::of(&[-1.5; 12]);
        logits.retain(|id, _| id == TokenId(4));
        let (mut processor, text) = grown(name, &maker, &[-1.5; 12], &[]);
        processor.apply(&mut logits, &text.context());
        let forced = REVIVALS.contains(&name) && live(&logits) != [(4, -1.5)];
        assert!(forced || ids(&live(&logits)) == [4], "{} {:?}", maker.options, live(&logits));
    }
}

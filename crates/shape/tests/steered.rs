//! What depends on how the row is spread, or on what was drawn before: mirostat, adaptive-p, the dynamic temperature.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use proptest::prelude::*;
use serde_json::json;
use support::{alike, entropy, ids, near, ranked, rows, shaped, softmax, with};

/// Rows, and for each the place of the token that is drawn among those left, as a share.
fn steps() -> impl Strategy<Value = Vec<(Vec<f32>, f64)>> {
    prop::collection::vec((rows(), 0.0f64..1.0), 1..8)
}

/// Only some tokens of a row.
fn only(row: &[f32], kept: &[u32]) -> Vec<f32> {
    (0..row.len()).map(|i| if kept.contains(&(i as u32)) { row[i] } else { f32::NEG_INFINITY }).collect()
}

/// Version 1 of llama.cpp: how many tokens to keep, from the slope of the hundred best.
fn estimate(row: &[f32], mu: f64, vocab: f64) -> f64 {
    let p = softmax(row);
    let best: Vec<f64> = ranked(row).into_iter().take(100).map(|id| p[id as usize]).collect();
    let (mut products, mut squares) = (0.0, 0.0);
    for i in 0..best.len() - 1 {
        let t = ((i + 2) as f64 / (i + 1) as f64).ln();
        products += t * (best[i] / best[i + 1]).ln();
        squares += t * t;
    }
    let s = products / squares;
    let epsilon = s - 1.0;
    (epsilon * mu.exp2() / (1.0 - vocab.powf(-epsilon))).powf(1.0 / s)
}

proptest! {
    #[test]
    fn mirostat_2_cuts_at_a_surprise_that_follows_the_text(steps in steps(), tau in 0.5f64..6.0, eta in 0.0f64..1.0) {
        let maker = with(json!({"mirostat": 2, "mirostat_tau": tau, "mirostat_eta": eta}));
        let (mut processor, mut text) = (maker.one("mirostat"), maker.text());
        let mut mu = 2.0 * tau;
        for (row, place) in steps {
            let p = softmax(&row);
            let order = ranked(&row);
            prop_assume!(!order.iter().any(|&id| near(-p[id as usize].log2(), mu)));
            let mut kept: Vec<u32> = order.iter().copied().filter(|&id| -p[id as usize].log2() <= mu).collect();
            if kept.is_empty() {
                kept.push(order[0]);
            }
            kept.sort_unstable();
            prop_assert_eq!(&ids(&shaped(&mut *processor, &row, &text)), &kept);
            let drawn = kept[(place * kept.len() as f64) as usize];
            mu -= eta * (-softmax(&only(&row, &kept))[drawn as usize].log2() - tau);
            text.accept(&mut *processor, drawn);
        }
    }

    #[test]
    fn mirostat_1_keeps_as_many_as_zipf_s_law_says(steps in steps(), tau in 0.5f64..6.0, eta in 0.0f64..1.0) {
        let maker = with(json!({"mirostat": 1, "mirostat_tau": tau, "mirostat_eta": eta})).vocab(200);
        let (mut processor, mut text) = (maker.one("mirostat"), maker.text());
        let mut mu = 2.0 * tau;
        for (row, place) in steps {
            let order = ranked(&row);
            prop_assume!(order.len() > 1);
            let k = estimate(&row, mu, 200.0);
            prop_assume!(k.is_finite() && (k - k.round()).abs() > 1e-4 * k);
            let mut kept = order[..(k as usize).clamp(1, order.len())].to_vec();
            kept.sort_unstable();
            prop_assert_eq!(&ids(&shaped(&mut *processor, &row, &text)), &kept);
            let drawn = kept[(place * kept.len() as f64) as usize];
            mu -= eta * (-softmax(&only(&row, &kept))[drawn as usize].log2() - tau);
            text.accept(&mut *processor, drawn);
        }
    }

    #[test]
    fn adaptive_p_moves_its_target_against_what_was_drawn(
        steps in steps(), target in 0.0f64..1.0, decay in 0.0f64..0.99,
    ) {
        let maker = with(json!({"adaptive_target": target, "adaptive_decay": decay}));
        let (mut processor, mut text) = (maker.one("adaptive_p"), maker.text());
        let (mut sum, mut weight) = (target / (1.0 - decay), 1.0 / (1.0 - decay));
        for (row, place) in steps {
            let p = softmax(&row);
            let aim = (2.0 * target - sum / weight).clamp(0.0, 1.0);
            let mut order = ranked(&row);
            order.sort_unstable();
            let score = |id: u32| {
                let d = (p[id as usize] - aim).abs() / 0.3;
                (id, (5.0 - 10.0 * d * d / (1.0 + d)) as f32)
            };
            let expected: Vec<(u32, f32)> = order.iter().map(|&id| score(id)).collect();
            let found = shaped(&mut *processor, &row, &text);
            prop_assert!(alike(&found, &expected), "{:?} {:?}", found, expected);
            let drawn = order[(place * order.len() as f64) as usize];
            // The probability before the curve, whatever it has been made into.
            sum = p[drawn as usize] + decay * sum;
            weight = 1.0 + decay * weight;
            text.accept(&mut *processor, drawn);
        }
    }

    #[test]
    fn the_dynamic_temperature_follows_the_entropy(
        row in rows(), temperature in 0.5f64..2.0, range in 0.01f64..0.4, exponent in 0.0f64..3.0,
    ) {
        let options = json!({"temperature": temperature, "dynatemp_range": range, "dynatemp_exponent": exponent});
        let p = softmax(&row);
        let mut order = ranked(&row);
        prop_assume!(order.len() > 1);
        order.sort_unstable();
        let share = entropy(&p) / (order.len() as f64).ln();
        let t = temperature - range + 2.0 * range * share.powf(exponent);
        let expected: Vec<(u32, f32)> =
            order.into_iter().map(|id| (id, (f64::from(row[id as usize]) / t) as f32)).collect();
        let found = with(options).shape("dynatemp_range", &row);
        prop_assert!(alike(&found, &expected), "{:?} {:?}", found, expected);
    }
}

#[test]
fn a_token_that_was_not_in_play_moves_nothing() {
    let row = [5.0, 4.0, 3.0, -20.0, 0.0, 1.0];
    for (name, options) in [
        ("mirostat", json!({"mirostat": 2, "mirostat_tau": 0.7, "mirostat_eta": 1.0})),
        ("adaptive_p", json!({"adaptive_target": 0.3})),
    ] {
        let maker = with(options);
        let (mut processor, mut text) = (maker.one(name), maker.text());
        let before = shaped(&mut *processor, &row, &text);
        text.accept(&mut *processor, 77);
        assert_eq!(shaped(&mut *processor, &row, &text), before);
    }
}

/// Hundreds of draws by the distribution itself: the average surprise comes to the target.
#[test]
fn mirostat_comes_to_its_target() {
    let row: Vec<f32> = (0..400).map(|i| -1.1 * ((i + 1) as f32).ln()).collect();
    for version in [1, 2] {
        let maker = with(json!({"mirostat": version, "mirostat_tau": 3.0})).vocab(400);
        let (mut processor, mut text) = (maker.one("mirostat"), maker.text());
        let (mut surprise, draws) = (0.0, 2000);
        for draw in 0..draws {
            let mut logits = beamline_shape::Logits::of(&row);
            processor.apply(&mut logits, &text.context());
            let distribution = logits.distribution();
            // Coins spread evenly.
            let drawn = distribution.pick((f64::from(draw) * 0.618_033_988_749_895).fract()).unwrap();
            surprise -= distribution.of(drawn).log2() / f64::from(draws);
            text.accept(&mut *processor, drawn.0);
        }
        assert!((surprise - 3.0).abs() < 0.1, "version {version}: {surprise} bits");
    }
}

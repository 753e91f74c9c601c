//! Each truncation against its rule, spelled out in f64 from `semantics.md` and the papers.
//!
//! Where a value lies so near to a threshold that rounding decides, the row is passed over.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Maker, entropy, near, ranked, rows, shaped, softmax, with};

/// The tokens that a rule keeps; none where it is too near to tell.
type Kept = Option<Vec<u32>>;

fn check(name: &str, maker: &Maker, row: &[f32], expected: Kept) -> Result<(), TestCaseError> {
    let Some(mut expected) = expected else { return Err(TestCaseError::reject("near a threshold")) };
    expected.sort_unstable();
    prop_assert_eq!(maker.ids(name, row), expected, "{}", maker.options);
    Ok(())
}

fn number(option: &str, value: impl Into<Value>) -> Maker {
    with(json!({option: value.into()}))
}

/// Keeps the tokens of at least this probability, and the `keep` best.
fn floor(row: &[f32], floor: f64, keep: usize) -> Kept {
    let p = softmax(row);
    let order = ranked(row);
    let least = row[order[keep.min(order.len()) - 1] as usize];
    let mut kept = Vec::new();
    for id in order {
        let i = id as usize;
        if near(p[i], floor) {
            return None;
        }
        if p[i] >= floor || row[i] >= least {
            kept.push(id);
        }
    }
    Some(kept)
}

/// transformers' rule: sorted rising, remove where the running sum is at most `1 - p`, but not the `keep` last ones.
fn top_p(row: &[f32], p: f64, keep: usize) -> Kept {
    let probabilities = softmax(row);
    let mut order = ranked(row);
    order.reverse();
    let (mut running, mut kept) = (0.0, Vec::new());
    for (place, &id) in order.iter().enumerate() {
        running += probabilities[id as usize];
        if (running - (1.0 - p)).abs() < 1e-6 {
            return None;
        }
        if running > 1.0 - p || place + keep >= order.len() {
            kept.push(id);
        }
    }
    Some(kept)
}

/// By rising distance from the entropy, until the mass is reached.
fn typical(row: &[f32], mass: f64, keep: usize) -> Kept {
    let p = softmax(row);
    let h = entropy(&p);
    let distance = |id: &u32| (-p[*id as usize].ln() - h).abs();
    let mut order = ranked(row);
    order.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let (mut below, mut together) = (0, 0.0);
    for id in &order {
        together += p[*id as usize];
        if (together - mass).abs() < 1e-6 {
            return None;
        }
        below += usize::from(together < mass);
    }
    let last = below.max(keep - 1).min(order.len() - 1);
    let farthest = distance(&order[last]);
    // Two tokens on either side of the entropy may be as far by chance.
    if order.get(last + 1).is_some_and(|next| (distance(next) - farthest).abs() < 1e-6) {
        return None;
    }
    Some(order[..=last].to_vec())
}

fn top_h(row: &[f32], share: f64) -> Kept {
    let best: Vec<u32> = ranked(row).into_iter().take(100).collect();
    let p = softmax(&best.iter().map(|&id| row[id as usize]).collect::<Vec<_>>());
    let limit = share * entropy(&p);
    let (mut together, mut kept) = (0.0, vec![best[0]]);
    for (&id, &p) in best.iter().zip(&p) {
        together -= p * p.ln();
        if near(together, limit) && share < 1.0 {
            return None;
        }
        if together <= limit * (1.0 + 1e-9) && id != best[0] {
            kept.push(id);
        }
    }
    Some(kept)
}

fn top_n_sigma(row: &[f32], n: f64) -> Kept {
    let order = ranked(row);
    let values: Vec<f64> = order.iter().map(|&id| f64::from(row[id as usize])).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let sigma = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    let least = values[0] - n * sigma;
    let unclear = values[1..].iter().any(|v| (v - least).abs() < 1e-6);
    (!unclear).then(|| order.into_iter().filter(|&id| f64::from(row[id as usize]) >= least).collect())
}

fn xtc(row: &[f32], acts: bool, threshold: f64) -> Kept {
    let p = softmax(row);
    let order = ranked(row);
    if p.iter().any(|&p| near(p, threshold)) {
        return None;
    }
    let obvious = order.iter().filter(|&&id| p[id as usize] >= threshold).count();
    Some(if acts && obvious > 1 { order[obvious - 1..].to_vec() } else { order })
}

proptest! {
    #[test]
    fn top_k(row in rows(), k in 1usize..120, keep in 1usize..4) {
        let order = ranked(&row);
        let least = row[order[k.max(keep).min(order.len()) - 1] as usize];
        let kept = order.into_iter().filter(|&id| row[id as usize] >= least).collect();
        check("top_k", &number("top_k", k).keep(keep), &row, Some(kept))?;
    }

    #[test]
    fn top_p_keeps_what_transformers_keeps(row in rows(), p in 0.01f64..0.99, keep in 1usize..4) {
        check("top_p", &number("top_p", p).keep(keep), &row, top_p(&row, p, keep))?;
    }

    #[test]
    fn min_p_keeps_what_is_not_far_less_probable_than_the_best(row in rows(), m in 0.001f64..0.999, keep in 1usize..4) {
        let best = softmax(&row).into_iter().fold(0.0, f64::max);
        check("min_p", &number("min_p", m).keep(keep), &row, floor(&row, m * best, keep))?;
    }

    #[test]
    fn typical_keeps_what_is_about_as_surprising_as_expected(row in rows(), mass in 0.01f64..0.99, keep in 1usize..4) {
        check("typical_p", &number("typical_p", mass).keep(keep), &row, typical(&row, mass, keep))?;
    }

    #[test]
    fn epsilon_is_a_floor(row in rows(), epsilon in 0.0001f64..0.3, keep in 1usize..4) {
        check("epsilon_cutoff", &number("epsilon_cutoff", epsilon).keep(keep), &row, floor(&row, epsilon, keep))?;
    }

    #[test]
    fn eta_is_a_floor_that_sinks_with_the_entropy(row in rows(), epsilon in 0.0001f64..0.9, keep in 1usize..4) {
        let eta = epsilon.min(epsilon.sqrt() * (-entropy(&softmax(&row))).exp());
        check("eta_cutoff", &number("eta_cutoff", epsilon).keep(keep), &row, floor(&row, eta, keep))?;
    }

    #[test]
    fn top_h_keeps_a_share_of_the_entropy_of_the_hundred_best(row in rows(), share in 0.01f64..=1.0) {
        check("top_h", &number("top_h", share), &row, top_h(&row, share))?;
        check("top_h", &number("top_h", 1.0), &row, top_h(&row, 1.0))?;
    }

    /// transformers gives it no `min_tokens_to_keep`, and so do we; nor do the rules of other engines have one.
    #[test]
    fn some_truncations_leave_one_token_whatever_is_to_be_kept(row in rows()) {
        for maker in [number("top_h", 0.3), number("top_n_sigma", 0.2), number("p_less", true)] {
            let name = maker.options.as_object().unwrap().keys().next().unwrap().clone();
            prop_assert_eq!(maker.ids(&name, &row), maker.clone().keep(4).ids(&name, &row));
        }
    }

    #[test]
    fn top_n_sigma_cuts_by_the_spread_of_the_logits(row in rows(), n in 0.01f64..4.0) {
        check("top_n_sigma", &number("top_n_sigma", n), &row, top_n_sigma(&row, n))?;
    }

    #[test]
    fn top_n_sigma_keeps_the_same_at_every_temperature(row in rows(), n in 0.01f64..4.0, t in 0.1f32..4.0) {
        prop_assume!(top_n_sigma(&row, n).is_some());
        let softer: Vec<f32> = row.iter().map(|value| value / t).collect();
        prop_assume!(top_n_sigma(&softer, n).is_some());
        let maker = number("top_n_sigma", n);
        prop_assert_eq!(maker.ids("top_n_sigma", &row), maker.ids("top_n_sigma", &softer));
    }

    #[test]
    fn p_less_keeps_what_is_as_probable_as_two_draws_are_to_be_equal(row in rows()) {
        let twice = softmax(&row).iter().map(|p| p * p).sum();
        check("p_less", &number("p_less", true), &row, floor(&row, twice, 1))?;
    }

    #[test]
    fn xtc_excludes_top_choices_where_the_coin_says_so(
        row in rows(), probability in 0.01f64..=1.0, threshold in 0.001f64..0.6, coin in 0.0f64..1.0,
    ) {
        let maker = with(json!({"xtc_probability": probability, "xtc_threshold": threshold}));
        let mut processor = maker.one("xtc");
        prop_assert!(processor.is_random());
        let expected = xtc(&row, coin < probability, threshold);
        prop_assume!(expected.is_some());
        let mut text = maker.text();
        text.coin = coin;
        let mut expected = expected.unwrap();
        expected.sort_unstable();
        prop_assert_eq!(support::ids(&shaped(&mut *processor, &row, &text)), expected);
    }
}

/// The rows on which a rule is easily misread.
#[test]
fn thresholds_themselves_are_kept_or_not_as_each_rule_says() {
    let row: Vec<f32> = [0.5f32, 0.25, 0.125, 0.125].iter().map(|p| p.log2() * std::f32::consts::LN_2).collect();
    let ids = |maker: Maker, name: &str| maker.ids(name, &row);
    // Just below and above, as logarithms round.
    assert_eq!(ids(number("top_p", 0.7499), "top_p"), [0, 1], "the token that crosses p stays");
    assert_eq!(ids(number("top_p", 0.7501), "top_p"), [0, 1, 2, 3], "and so do equals of the last one");
    assert_eq!(ids(number("min_p", 0.2499), "min_p"), [0, 1, 2, 3]);
    assert_eq!(ids(number("min_p", 0.2501), "min_p"), [0, 1]);
    assert_eq!(ids(number("epsilon_cutoff", 0.1249), "epsilon_cutoff"), [0, 1, 2, 3]);
    assert_eq!(ids(number("epsilon_cutoff", 0.1251), "epsilon_cutoff"), [0, 1]);
    assert_eq!(ids(number("top_k", 3), "top_k"), [0, 1, 2, 3], "equals of the third stay");
    // The entropy is 1.75 bits: 0.25 is 2 bits, 0.5 is 1 and the others are 3.
    assert_eq!(ids(number("typical_p", 0.2499), "typical_p"), [1]);
    assert_eq!(ids(number("typical_p", 0.2501), "typical_p"), [0, 1]);
    assert_eq!(ids(number("typical_p", 0.7501), "typical_p"), [0, 1, 2, 3]);
}

#[test]
fn xtc_leaves_the_last_of_equally_obvious_tokens() {
    let maker = with(json!({"xtc_probability": 1.0, "xtc_threshold": 0.2}));
    assert_eq!(maker.ids("xtc", &[1.0, 1.0, 1.0, -9.0]), [2, 3]);
    assert_eq!(maker.ids("xtc", &[9.0, 1.0, 1.0, 1.0]), [0, 1, 2, 3], "one obvious token is no choice");
}

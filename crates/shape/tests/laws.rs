//! What holds for every processor, and what each does at its extremes.
#![allow(clippy::unwrap_used)] // tests may

use beamline_shape::{Context, Logits, OptionValue, Processor, REGISTRY, ShapeError, Temperature, TopK, TopP};
use beamline_tokens::TokenId;
use proptest::prelude::*;

const NOWHERE: Context<'static> = Context { tokens: &[], prompt_len: 0 };

fn shaped(processor: &mut dyn Processor, row: &[f32]) -> Vec<(TokenId, f32)> {
    let mut logits = Logits::default();
    logits.load(row);
    processor.apply(&mut logits, &NOWHERE);
    logits.iter().filter(|&(_, value)| value > f32::NEG_INFINITY).collect()
}

fn ids(shaped: &[(TokenId, f32)]) -> Vec<u32> {
    shaped.iter().map(|&(id, _)| id.0).collect()
}

fn truncations() -> Vec<Box<dyn Processor>> {
    let k = [1, 3, 20].map(|k| Box::new(TopK::new(k).unwrap()) as Box<dyn Processor>);
    let p = [0.0, 0.3, 0.9, 1.0].map(|p| Box::new(TopP::new(p).unwrap()) as Box<dyn Processor>);
    k.into_iter().chain(p).collect()
}

/// Logits that are whole quarters, so that sums of them are exact and equals occur.
fn row() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((-40i32..40).prop_map(|q| q as f32 / 4.0), 1..60)
}

proptest! {
    #[test]
    fn truncations_only_remove_and_never_all(row in row()) {
        for mut processor in truncations() {
            let after = shaped(&mut *processor, &row);
            prop_assert!(!after.is_empty());
            prop_assert!(after.iter().all(|&(id, value)| row[id.index()] == value));
            let worst_kept = after.iter().map(|x| x.1).fold(f32::INFINITY, f32::min);
            let removed = row.iter().enumerate().filter(|(i, _)| !ids(&after).contains(&(*i as u32)));
            prop_assert!(removed.into_iter().all(|(_, &value)| value < worst_kept));
        }
    }

    #[test]
    fn adding_a_constant_changes_nothing_that_is_kept(row in row(), constant in -8i32..8) {
        let moved: Vec<f32> = row.iter().map(|v| v + constant as f32).collect();
        for mut processor in truncations() {
            prop_assert_eq!(ids(&shaped(&mut *processor, &row)), ids(&shaped(&mut *processor, &moved)));
        }
    }

    #[test]
    fn order_of_tokens_does_not_matter(row in row()) {
        let reversed: Vec<f32> = row.iter().rev().copied().collect();
        for mut processor in truncations() {
            let mut there: Vec<u32> = ids(&shaped(&mut *processor, &reversed)).iter().map(|i| row.len() as u32 - 1 - i).collect();
            there.reverse();
            prop_assert_eq!(ids(&shaped(&mut *processor, &row)), there);
        }
    }

    #[test]
    fn applying_again_to_the_same_row_gives_the_same(row in row()) {
        for mut processor in truncations() {
            let first = shaped(&mut *processor, &row);
            prop_assert_eq!(&first, &shaped(&mut *processor, &row));
            prop_assert_eq!(first, shaped(&mut *processor.fork(), &row));
        }
    }

    /// The rule of transformers, spelled out: sorted rising, remove where the running sum is at most `1 - p`.
    #[test]
    fn top_p_keeps_what_transformers_keeps(row in prop::collection::vec(-8.0f32..8.0, 1..300), p in 0.01f64..0.99) {
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|&a, &b| row[a].total_cmp(&row[b]));
        let sum: f64 = row.iter().map(|&v| f64::from(v).exp()).sum();
        let mut running = 0.0;
        let mut kept = Vec::new();
        let mut near = false;
        for &i in &order {
            running += f64::from(row[i]).exp() / sum;
            near |= (running - (1.0 - p)).abs() < 1e-6;
            if running > 1.0 - p {
                kept.push(i as u32);
            }
        }
        kept.sort_unstable();
        prop_assume!(!near);
        prop_assert_eq!(ids(&shaped(&mut TopP::new(p).unwrap(), &row)), kept);
    }

    #[test]
    fn sparse_and_dense_rows_are_treated_alike(row in row()) {
        for mut processor in truncations() {
            let mut sparse = Logits::default();
            sparse.load(&row);
            sparse.retain(|_, _| true);
            processor.apply(&mut sparse, &NOWHERE);
            prop_assert_eq!(sparse.iter().collect::<Vec<_>>(), shaped(&mut *processor, &row));
        }
    }

    #[test]
    fn a_coin_falls_on_each_token_as_often_as_its_probability(row in row(), coin in 0.0f64..1.0) {
        let mut logits = Logits::default();
        logits.load(&row);
        let distribution = logits.distribution();
        let picked = distribution.pick(coin).unwrap();
        let below: f64 = distribution.iter().filter(|(id, _)| *id < picked).map(|(_, p)| p).sum();
        prop_assert!(below <= coin + 1e-12 && coin < below + distribution.of(picked) + 1e-12);
        prop_assert!((distribution.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn extremes_mean_what_the_pages_say() {
    let row = [0.0, 2.0, 1.0, 2.0];
    assert_eq!(ids(&shaped(&mut TopK::new(1).unwrap(), &row)), [1, 3]);
    assert_eq!(ids(&shaped(&mut TopK::new(100_000).unwrap(), &row)), [0, 1, 2, 3]);
    assert_eq!(ids(&shaped(&mut TopP::new(0.0).unwrap(), &row)), [1, 3]);
    assert_eq!(ids(&shaped(&mut TopP::new(1.0).unwrap(), &row)), [0, 1, 2, 3]);
    let mut logits = Logits::default();
    logits.load(&row);
    Temperature::new(1e8).unwrap().apply(&mut logits, &NOWHERE);
    assert!(logits.distribution().iter().all(|(_, p)| (p - 0.25).abs() < 1e-6));
    logits.load(&[0.0, 300.0, 299.0]);
    Temperature::new(1e-37).unwrap().apply(&mut logits, &NOWHERE);
    assert_eq!(logits.best(), Some(TokenId(1)));
    assert!(logits.distribution().iter().all(|(_, p)| p.is_finite()));
    for row in [[3.0, 1.0, 2.9], [-0.5, -3.0, -0.6]] {
        logits.load(&row);
        Temperature::new(1e-40).unwrap().apply(&mut logits, &NOWHERE);
        assert_eq!(logits.distribution().of(TokenId(0)), 1.0, "near 0 only the best token is left");
    }
}

#[test]
fn values_out_of_range_are_named_with_the_range_and_the_way_out() {
    let message = |error: ShapeError| error.to_string();
    assert_eq!(
        message(TopP::new(1.3).unwrap_err()),
        "top_p must be in [0, 1], got 1.3; leave it out, or give 1, to keep every token"
    );
    assert!(
        message(Temperature::new(0.0).unwrap_err())
            .contains("temperature must be greater than 0 and at most 3.4e38, got 0")
    );
    assert!(message(TopK::new(0).unwrap_err()).contains("top_k must be 1 or more"));
    assert!(
        Temperature::new(f64::NAN).is_err() && Temperature::new(1e-300).is_err() && Temperature::new(1e300).is_err()
    );
}

#[test]
fn every_entry_is_complete_and_builds_from_its_own_option() {
    for entry in REGISTRY {
        let pages = [entry.page.what, entry.page.rule, entry.page.when, entry.page.limits, entry.page.source];
        assert!(pages.iter().all(|text| !text.is_empty()), "{}", entry.option.name);
        let value = entry.option.parse("0.5").or_else(|_| entry.option.parse("5")).unwrap();
        let processor = (entry.build)(&value).unwrap().expect("not a neutral value");
        assert_eq!(processor.name(), entry.option.name);
        assert!(!(entry.option.neutral)(&value, 1000));
        let default = entry.option.parse(entry.option.default).unwrap();
        assert_eq!(
            (entry.build)(&default).unwrap().is_none(),
            (entry.option.neutral)(&default, 1000),
            "{}",
            entry.option.name
        );
        assert_eq!(entry.option.read(&serde_json::Value::Null), Ok(None));
        assert!(entry.option.read(&serde_json::json!("x")).is_err());
    }
    assert_eq!(REGISTRY[1].option.read(&serde_json::json!(7)), Ok(Some(OptionValue::Count(7))));
}

#[test]
fn a_row_left_empty_is_an_error_that_names_the_processor() {
    struct RemoveAll;
    impl Processor for RemoveAll {
        fn name(&self) -> &'static str {
            "remove_all"
        }
        fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
            logits.retain(|_, _| false);
        }
        fn fork(&self) -> Box<dyn Processor> {
            Box::new(Self)
        }
    }
    let mut logits = Logits::default();
    logits.load(&[1.0, 2.0]);
    let mut pipeline = beamline_shape::Pipeline::new(vec![Box::new(TopK::new(1).unwrap()), Box::new(RemoveAll)]);
    let mut seen = Vec::new();
    let error =
        pipeline.shape(&mut logits, &NOWHERE, &mut |name, logits| seen.push((name, logits.live()))).unwrap_err();
    assert_eq!(error, ShapeError::Empty { processor: "remove_all" });
    assert_eq!(seen, [("top_k", 1)]);
}

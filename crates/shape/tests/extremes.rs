//! What each processor does at the ends of its range, as its page says.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_shape::{
    AdaptiveP, Diversity, Dry, DynamicTemperature, Epsilon, Eta, Forced, Guidance, LengthDecay, Logits, MinLength,
    MinP, Mirostat, NoRepeatNgram, OccurrencePenalty, PLess, Processor, PromptPenalty, RemoveInvalid, Renormalize,
    RepetitionPenalty, SequenceBias, Suppress, Temperature, TopH, TopK, TopNSigma, TopP, Typical, Xtc,
};
use beamline_tokens::TokenId;
use serde_json::{Value, json};
use support::{Maker, ids, live, shaped, tokens, with};

/// Two best tokens, one in between and a bad one.
const ROW: [f32; 4] = [0.0, 2.0, 1.0, 2.0];

fn of(name: &str, options: Value) -> Vec<u32> {
    with(options).ids(name, &ROW)
}

fn left(mut processor: impl Processor, row: &[f32]) -> Vec<(u32, f32)> {
    shaped(&mut processor, row, &with(Value::Null).text())
}

/// Built from these options or not, each alone.
fn off(name: &str, options: &[Value]) {
    for options in options {
        assert!(with(options.clone()).make(name).unwrap().is_none(), "{options}");
    }
}

#[test]
fn top_k_of_one_is_greedy_but_for_equals_and_of_many_keeps_all() {
    assert_eq!(of("top_k", json!({"top_k": 1})), [1, 3]);
    assert_eq!(of("top_k", json!({"top_k": 4})), [0, 1, 2, 3]);
    assert_eq!(of("top_k", json!({"top_k": 100_000})), [0, 1, 2, 3]);
    assert_eq!(ids(&left(TopK::new(usize::MAX).unwrap(), &ROW)), [0, 1, 2, 3]);
    off("top_k", &[json!({"top_k": 0})]);
    assert!(TopK::new(0).is_err());
}

#[test]
fn top_p_of_0_keeps_the_best_and_of_1_all() {
    assert_eq!(of("top_p", json!({"top_p": 0})), [1, 3]);
    assert_eq!(of("top_p", json!({"top_p": 1e-300})), [1, 3]);
    assert_eq!(of("top_p", json!({"top_p": 1.0 - 1e-16})), [0, 1, 2, 3]);
    assert_eq!(ids(&left(TopP::new(1.0).unwrap(), &ROW)), [0, 1, 2, 3]);
    off("top_p", &[json!({"top_p": 1})]);
    // A tail too small for the sum is left over by nothing but 1.
    assert_eq!(with(json!({"top_p": 0.999_999})).ids("top_p", &[0.0, -100.0]), [0]);
    assert_eq!(ids(&left(TopP::new(1.0).unwrap(), &[0.0, -100.0])), [0, 1]);
}

#[test]
fn min_p_of_0_keeps_all_and_of_1_the_best_and_its_equals() {
    assert_eq!(of("min_p", json!({"min_p": 1})), [1, 3]);
    assert_eq!(of("min_p", json!({"min_p": 1e-300})), [0, 1, 2, 3]);
    assert_eq!(ids(&left(MinP::new(0.0).unwrap(), &ROW)), [0, 1, 2, 3]);
    off("min_p", &[json!({"min_p": 0})]);
}

#[test]
fn typical_near_0_keeps_the_most_typical_token_and_at_1_all() {
    // The entropy is 0.86 nats; the surprise of 0.2 is 1.6, of 0.7 only 0.36.
    let row: Vec<f32> = [0.7f32, 0.2, 0.06, 0.04].iter().map(|p| p.ln()).collect();
    assert_eq!(with(json!({"typical_p": 1e-9})).ids("typical_p", &row), [0]);
    assert_eq!(with(json!({"typical_p": 1e-9})).ids("typical_p", &[0.0; 4]), [0, 1, 2, 3], "all are as typical");
    assert_eq!(ids(&left(Typical::new(1.0).unwrap(), &row)), [0, 1, 2, 3]);
    off("typical_p", &[json!({"typical_p": 1})]);
}

#[test]
fn epsilon_and_eta_keep_all_at_0_and_little_towards_1() {
    for name in ["epsilon_cutoff", "eta_cutoff"] {
        assert_eq!(of(name, json!({name: 1e-12})), [0, 1, 2, 3]);
        assert_eq!(of(name, json!({name: 0.999_999})), [1, 3]);
        off(name, &[json!({name: 0})]);
    }
    assert_eq!(ids(&left(Epsilon::new(0.0).unwrap(), &ROW)), [0, 1, 2, 3]);
    assert_eq!(ids(&left(Eta::new(0.0).unwrap(), &ROW)), [0, 1, 2, 3]);
}

#[test]
fn top_h_keeps_one_token_towards_0_and_a_hundred_at_1() {
    assert_eq!(of("top_h", json!({"top_h": 1e-12})), [1], "the first of equals");
    assert_eq!(of("top_h", json!({"top_h": 1})), [0, 1, 2, 3]);
    assert_eq!(left(TopH::new(1.0).unwrap(), &[0.5; 300]).len(), 100);
}

#[test]
fn top_n_sigma_keeps_the_best_near_0_and_all_where_n_is_large() {
    assert_eq!(of("top_n_sigma", json!({"top_n_sigma": 1e-9})), [1, 3]);
    assert_eq!(of("top_n_sigma", json!({"top_n_sigma": 1e9})), [0, 1, 2, 3]);
    assert_eq!(ids(&left(TopNSigma::new(0.5).unwrap(), &[1.0; 4])), [0, 1, 2, 3], "a flat row has no spread");
    off("top_n_sigma", &[json!({"top_n_sigma": 0})]);
}

#[test]
fn p_less_keeps_one_token_of_a_sure_row_and_all_of_a_flat_one() {
    assert_eq!(ids(&left(PLess::new(), &[9.0, 0.0, 0.0, 0.0])), [0]);
    for n in 1..200 {
        assert_eq!(left(PLess::new(), &vec![0.3; n]).len(), n, "1/n is the sum of n squares of 1/n");
    }
    off("p_less", &[json!({"p_less": false}), json!({})]);
}

#[test]
fn xtc_is_off_at_probability_0_and_with_a_threshold_above_a_half() {
    off("xtc", &[json!({"xtc_probability": 0}), json!({"xtc_threshold": 0.0})]);
    let all = [0, 1, 2, 3];
    assert_eq!(of("xtc", json!({"xtc_probability": 1, "xtc_threshold": 0.51})), all);
    assert_eq!(of("xtc", json!({"xtc_probability": 1, "xtc_threshold": 1})), all);
    assert_eq!(of("xtc", json!({"xtc_probability": 1, "xtc_threshold": 0})), [0], "all are obvious");
    let mut text = with(Value::Null).text();
    text.coin = 0.999_999_9;
    assert_eq!(ids(&shaped(&mut Xtc::new(1.0, 0.2).unwrap(), &ROW, &text)), [0, 2, 3], "at 1 it always acts");
    assert_eq!(ids(&shaped(&mut Xtc::new(0.9, 0.2).unwrap(), &ROW, &text)), all);
}

#[test]
fn mirostat_keeps_the_best_at_a_small_target_and_all_at_a_large_one() {
    off("mirostat", &[json!({"mirostat": 0}), json!({"mirostat_tau": 1.0})]);
    assert_eq!(of("mirostat", json!({"mirostat": 2, "mirostat_tau": 1e-9})), [1, 3]);
    assert_eq!(of("mirostat", json!({"mirostat": 2, "mirostat_tau": 100})), [0, 1, 2, 3]);
    let slope: Vec<f32> = (1..200).map(|i| -1.5 * (i as f32).ln()).collect();
    assert_eq!(with(json!({"mirostat": 1, "mirostat_tau": 1e-9})).ids("mirostat", &slope), [0]);
    assert_eq!(with(json!({"mirostat": 1, "mirostat_tau": 100})).ids("mirostat", &slope).len(), 199);
    assert!(Mirostat::new(0, 5.0, 0.1, 10).is_err() && Mirostat::new(3, 5.0, 0.1, 10).is_err());
    // eta 0: the threshold stays where it is.
    let mut processor = Mirostat::new(2, 1.0, 0.0, 4).unwrap();
    let mut text = with(Value::Null).text();
    let before = shaped(&mut processor, &ROW, &text);
    text.accept(&mut processor, 0);
    assert_eq!(shaped(&mut processor, &ROW, &text), before);
}

#[test]
fn adaptive_p_prefers_the_odd_at_0_and_the_obvious_at_1() {
    off("adaptive_p", &[json!({"adaptive_target": -1}), json!({"adaptive_target": -1e-9}), json!({})]);
    let best = |target: f64| {
        let mut logits = Logits::of(&[3.0, 0.0, 1.0]);
        AdaptiveP::new(target, 0.9).unwrap().apply(&mut logits, &with(Value::Null).text().context());
        logits.best()
    };
    assert_eq!((best(0.0), best(1.0)), (Some(TokenId(1)), Some(TokenId(0))));
    assert!(AdaptiveP::new(-1.0, 0.9).is_err());
}

#[test]
fn the_temperature_sharpens_towards_0_and_flattens_towards_infinity() {
    off("temperature", &[json!({"temperature": 1}), json!({}), json!({"temperature": 0.5, "dynatemp_range": 0.1})]);
    let probabilities = |t: f64, row: &[f32]| {
        let mut logits = Logits::of(row);
        Temperature::new(t).unwrap().apply(&mut logits, &with(Value::Null).text().context());
        logits.distribution()
    };
    assert!(probabilities(1e8, &ROW).iter().all(|(_, p)| (p - 0.25).abs() < 1e-6));
    assert!(probabilities(3.4e38, &ROW).iter().all(|(_, p)| (p - 0.25).abs() < 1e-6));
    let tiny = [[3.0, 1.0, 2.9], [-0.5, -3.0, -0.6], [0.0, -1.0, -0.5], [3e38, 0.0, -3e38]];
    for (t, row) in [1e-40, 1e-37, 1e-9].into_iter().flat_map(|t| tiny.map(|row| (t, row))) {
        assert_eq!(probabilities(t, &row).of(TokenId(0)), 1.0, "near 0 only the best token is left: {t} {row:?}");
    }
    assert!(probabilities(1e-40, &[1.0, 1.0]).iter().all(|(_, p)| p == 0.5), "and its equals");
    for t in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300, 1e300] {
        assert!(Temperature::new(t).is_err(), "{t}");
    }
}

#[test]
fn the_dynamic_temperature_is_plain_at_range_0_and_never_below_0() {
    off("dynatemp_range", &[json!({"dynatemp_range": 0}), json!({"dynatemp_exponent": 2})]);
    let shaped = |t: f64, range: f64, exponent: f64, row: &[f32]| {
        left(DynamicTemperature::new(t, range, exponent).unwrap(), row).iter().map(|x| x.1).collect::<Vec<_>>()
    };
    assert_eq!(shaped(2.0, 0.0, 1.0, &ROW), [0.0, 1.0, 0.5, 1.0]);
    assert_eq!(shaped(0.5, 1.5, 1.0, &[1.0; 3]), [0.5; 3], "a flat row has the greatest temperature");
    assert_eq!(shaped(0.5, 1.5, 0.0, &ROW), [0.0, 1.0, 0.5, 1.0], "exponent 0 always takes the greatest");
    // The entropy of this row is 0 in every float, so the temperature is its lower end: 0, and not -1.
    assert_eq!(shaped(0.5, 1.5, 1.0, &[400.0, 0.0]), [0.0], "only the best is left");
}

#[test]
fn penalties_change_nothing_at_their_neutral_values_and_reward_beyond() {
    off("repetition_penalty", &[json!({"repetition_penalty": 1}), json!({"repeat_last_n": 5})]);
    off("encoder_repetition_penalty", &[json!({"encoder_repetition_penalty": 1})]);
    off("frequency_penalty", &[json!({"frequency_penalty": 0}), json!({"repeat_last_n": 5})]);
    off("presence_penalty", &[json!({"presence_penalty": 0})]);
    off("diversity_penalty", &[json!({"diversity_penalty": 0})]);
    let prompt = tokens(&[0, 0, 1, 2]);
    let row = [2.0, -2.0, 0.0, 2.0];
    let values = |list: Vec<(u32, f32)>| list.into_iter().map(|x| x.1).collect::<Vec<_>>();
    assert_eq!(values(left(RepetitionPenalty::new(0.5, &prompt, -1).unwrap(), &row)), [4.0, -1.0, 0.0, 2.0]);
    assert_eq!(values(left(RepetitionPenalty::new(2.0, &prompt, 0).unwrap(), &row)), row, "no window");
    assert_eq!(values(left(PromptPenalty::new(0.5, &prompt).unwrap(), &row)), [1.0, -4.0, 0.0, 2.0]);
    assert_eq!(values(left(OccurrencePenalty::frequency(-1.0, &prompt, -1).unwrap(), &row)), [4.0, -1.0, 1.0, 2.0]);
    assert_eq!(values(left(OccurrencePenalty::presence(-1.0, &prompt, -1).unwrap(), &row)), [3.0, -1.0, 1.0, 2.0]);
    assert_eq!(values(left(Diversity::new(0.0).unwrap(), &row)), row);
}

#[test]
fn n_grams_are_off_at_0_and_allow_no_token_twice_at_1() {
    for name in ["no_repeat_ngram_size", "encoder_no_repeat_ngram_size"] {
        off(name, &[json!({name: 0}), json!({name: 51})]);
        let maker = with(json!({name: 1})).prompt(&[1, 3]);
        let (mut processor, mut text) = (maker.one(name), maker.text());
        text.accept(&mut *processor, 2);
        let expected: &[u32] = if name == "no_repeat_ngram_size" { &[0] } else { &[0, 2] };
        assert_eq!(ids(&shaped(&mut *processor, &ROW, &text)), expected);
    }
    assert!(NoRepeatNgram::new(0, &[]).is_err());
}

#[test]
fn biases_of_0_change_nothing_and_nothing_to_ban_is_no_ban() {
    assert_eq!(left(SequenceBias::new(&[(tokens(&[1]), 0.0)]), &ROW).len(), 4);
    off("sequence_bias", &[json!({}), json!({"sequence_bias": []})]);
    off("bad_words_ids", &[json!({}), json!({"bad_words_ids": []}), json!({"bad_words_ids": [[0]]})]);
    off("suppress_tokens", &[json!({}), json!({"suppress_tokens": []})]);
    off("begin_suppress_tokens", &[json!({}), json!({"begin_suppress_tokens": []})]);
    assert_eq!(ids(&left(Suppress::always(&tokens(&[0, 1, 2, 3])), &ROW)), [0; 0], "all may be banned");
}

#[test]
fn least_lengths_are_off_at_0_and_do_without_end_tokens() {
    off("min_length", &[json!({}), json!({"min_length": 0})]);
    off("min_new_tokens", &[json!({}), json!({"min_new_tokens": 0})]);
    assert_eq!(ids(&left(MinLength::total(usize::MAX, &tokens(&[0, 2])), &ROW)), [1, 3]);
    assert_eq!(ids(&left(MinLength::new_tokens(1, &[]), &ROW)), [0, 1, 2, 3]);
}

#[test]
fn the_length_decay_is_off_at_1_and_puts_the_end_off_below() {
    off("exponential_decay_length_penalty", &[json!({"exponential_decay_length_penalty": [0, 1]})]);
    let maker = with(json!({"exponential_decay_length_penalty": [0, 0.5]})).eos(&[1]);
    let (mut processor, mut text) = (maker.one("exponential_decay_length_penalty"), maker.text());
    text.accept(&mut *processor, 0);
    assert_eq!(shaped(&mut *processor, &ROW, &text)[1], (1, 1.0), "2 - 2 (1 - 0.5)");
    // However long the text, a score stays one.
    let mut decay = LengthDecay::new(0, 100.0, &tokens(&[1, 2])).unwrap();
    text.tokens.extend([TokenId(0); 2000]);
    text.tokens.truncate(2000);
    let after = shaped(&mut decay, &[0.0, 2.0, f32::NEG_INFINITY], &text);
    assert_eq!(after, [(0, 0.0), (1, f32::MAX)]);
}

#[test]
fn forced_tokens_win_over_bans_and_suppressed_ones_over_them() {
    off("forced_bos_token_id", &[json!({})]);
    off("forced_eos_token_id", &[json!({})]);
    let mut logits = Logits::of(&[1.0, f32::NEG_INFINITY]);
    let text = with(Value::Null).text();
    Forced::at(5, &tokens(&[1, 1])).apply(&mut logits, &text.context());
    assert_eq!(live(&logits), [(1, 0.0)]);
    Suppress::always(&tokens(&[1])).apply(&mut logits, &text.context());
    assert!(live(&logits).is_empty());
}

#[test]
fn guidance_of_1_changes_nothing_and_of_0_forgets_the_prompt() {
    off("guidance_scale", &[json!({}), json!({"guidance_scale": 1}), json!({"negative_prompt_ids": [1]})]);
    let unguided = [3.0, 0.0, 0.0, 0.0];
    let guided = |scale: f64| {
        let mut text = with(Value::Null).text();
        text.unguided = Some(unguided.to_vec());
        let mut logits = Logits::of(&ROW);
        Guidance::new(scale).unwrap().apply(&mut logits, &text.context());
        logits.distribution()
    };
    let same = |a: &beamline_shape::Distribution, row: &[f32]| {
        a.iter().zip(Logits::of(row).distribution().iter()).all(|(a, b)| (a.1 - b.1).abs() < 1e-6)
    };
    assert!(same(&guided(1.0), &ROW) && same(&guided(0.0), &unguided));
    assert!(guided(-1.0).of(TokenId(0)) > guided(0.0).of(TokenId(0)), "below 0 it flees the prompt");
    assert_eq!(left(Guidance::new(2.0).unwrap(), &ROW).len(), 4, "it waits for the other scores");
}

#[test]
fn repair_makes_every_score_a_number_and_renormalising_changes_no_choice() {
    off("remove_invalid_values", &[json!({}), json!({"remove_invalid_values": false})]);
    off("renormalize_logits", &[json!({}), json!({"renormalize_logits": false})]);
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.5];
    assert_eq!(left(RemoveInvalid::new(), &odd), [(0, 0.0), (1, f32::MAX), (2, f32::MIN), (3, 1.5)]);
    let row = [1000.0, 999.0, f32::NEG_INFINITY];
    let mut logits = Logits::of(&row);
    Renormalize::new().apply(&mut logits, &with(Value::Null).text().context());
    let (found, before) = (logits.distribution(), Logits::of(&row).distribution());
    assert!((0..3).all(|id| (found.of(TokenId(id)) - before.of(TokenId(id))).abs() < 1e-6));
    assert!((found.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn dry_of_multiplier_0_changes_nothing() {
    let prompt = tokens(&[1, 2, 1, 2, 1]);
    let maker = Maker { prompt: prompt.clone(), ..with(Value::Null) };
    let mut dry = Dry::new(0.0, 1.75, 1, -1, &prompt).unwrap();
    assert_eq!(shaped(&mut dry, &ROW, &maker.text()), shaped(&mut Suppress::always(&[]), &ROW, &maker.text()));
    // A base of 1 costs the same for every length.
    let mut flat = Dry::new(0.5, 1.0, 1, -1, &prompt).unwrap();
    assert_eq!(shaped(&mut flat, &ROW, &maker.text())[2], (2, 0.5));
}

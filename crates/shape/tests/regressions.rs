//! What has been found wrong before, each as a test that holds it mended.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_shape::{
    Context, Dry, DynamicTemperature, Guidance, LengthDecay, Logits, Pipeline, Processor, RepetitionPenalty,
    ShapeError, Temperature,
};
use beamline_tokens::{TokenId, TokenList};
use serde_json::json;
use support::{live, spec, tokens, vocabulary, with};

/// DRY raises a removed token from minus infinity to the least f32: it is in play again. In transformers' order n-gram
/// bans come just before it; and top-n-sigma, further on, takes the spread of scores with one of -3.4e38 among them.
#[test]
fn dry_leaves_removed_tokens_removed() {
    let text = tokens(&[1, 2, 1]);
    let mut logits = Logits::of(&[0.0, 1.0, f32::NEG_INFINITY]);
    let list = TokenList::from(&text);
    let context = Context { tokens: &list, ..Context::default() };
    Dry::new(1.0, 2.0, 1, -1, &text).unwrap().apply(&mut logits, &context);
    assert_eq!(live(&logits), [(0, 0.0), (1, 1.0)]);
}

#[test]
fn a_ban_that_dry_meets_does_not_undo_top_n_sigma() {
    let maker = with(json!({"no_repeat_ngram_size": 2, "dry_multiplier": 0.8, "dry_allowed_length": 1,
        "top_n_sigma": 1.0}))
    .prompt(&[1, 2, 1]);
    let order = ["no_repeat_ngram_size", "dry", "top_n_sigma"];
    let mut pipeline = maker.brief(|brief| Pipeline::build(&order, brief)).unwrap();
    let mut logits = Logits::of(&[9.0, 0.0, 3.0, 0.0, 0.0, 0.0]);
    pipeline.shape(&mut logits, &maker.text().context(), &mut |_, _| ()).unwrap();
    assert_eq!(live(&logits), [(0, 9.0)]);
}

/// The sum over a row without tokens is not a number. Guidance may come after bans where `processors` says so.
#[test]
fn guidance_leaves_a_row_without_tokens_as_it_is() {
    let unguided = [0.0, 1.0];
    let mut logits = Logits::of(&[f32::NEG_INFINITY; 2]);
    let context = Context { unguided: Some(&unguided), ..Context::default() };
    Guidance::new(1.5).unwrap().apply(&mut logits, &context);
    assert_eq!(live(&logits), []);
}

/// At a scale below 0 a removed token becomes infinite, at 0 not a number.
#[test]
fn guidance_leaves_removed_tokens_removed() {
    let unguided = [0.0, 1.0, 2.0];
    for scale in [0.0, -0.5] {
        let mut logits = Logits::of(&[1.0, f32::NEG_INFINITY, 0.0]);
        let context = Context { unguided: Some(&unguided), ..Context::default() };
        Guidance::new(scale).unwrap().apply(&mut logits, &context);
        assert_eq!(support::ids(&live(&logits)), [0, 2], "{scale}");
    }
}

/// "A score of 0 stays as it is", but 0 times a power beyond f32 is not a number. In beams a certain end has score 0.
#[test]
fn the_length_decay_leaves_a_score_of_0_alone_however_long_the_text() {
    let text = [TokenId(1); 30];
    let mut logits = Logits::of(&[0.0, 1.0]);
    let mut decay = LengthDecay::new(0, 100.0, &tokens(&[0])).unwrap();
    decay.apply(&mut logits, &Context { tokens: &text.into(), ..Context::default() });
    assert_eq!(live(&logits), [(0, 0.0), (1, 1.0)]);
}

/// The temperature makes an infinite best score 0 and removes all others, so nobody hears of the overflow.
#[test]
fn a_temperature_does_not_hide_an_overflow() {
    let prompt = tokens(&[1]);
    let overflow = || Box::new(RepetitionPenalty::new(1e-6, &prompt, -1).unwrap()) as Box<dyn Processor>;
    let softening: [Box<dyn Processor>; 2] =
        [Box::new(Temperature::new(0.7).unwrap()), Box::new(DynamicTemperature::new(1.0, 0.5, 1.0).unwrap())];
    for temperature in softening {
        let mut logits = Logits::of(&[2.0, 1e35]);
        let mut pipeline = Pipeline::new(vec![overflow(), temperature]);
        let result = pipeline.shape(&mut logits, &Context::default(), &mut |_, _| ());
        assert_eq!(result, Err(ShapeError::Overflow { processor: "repetition_penalty".into() }));
    }
}

/// The public way in is not guarded by the option's check.
#[test]
fn an_empty_breaker_is_no_panic() {
    let texts = [String::new()];
    let _ = Dry::new(1.0, 2.0, 2, -1, &[]).unwrap().break_at(&texts, &vocabulary(&["a", "b"]), &tokens(&[0, 1]));
}

/// The page of `new` promises an error for values out of range; the temperature is not looked at.
#[test]
fn a_dynamic_temperature_around_a_bad_temperature_is_an_error() {
    for t in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(DynamicTemperature::new(t, 0.5, 1.0).is_err(), "{t}");
    }
}

/// Some ranges in words are wider than what is checked, so a message tells a user to give what was given.
#[test]
fn ranges_in_words_are_those_that_are_checked() {
    // Just beyond what is checked, on both sides: the words say the same bounds, and both bounds may be given.
    for (name, range, bounds, beyond) in [
        ("dry_multiplier", "in [0, 1e6]", [0.0, 1e6], [-1e-9, 1.1e6]),
        ("dry_base", "in [1, 1e6]", [1.0, 1e6], [0.999, 1.1e6]),
        ("dynatemp_range", "in [0, 1e6]", [0.0, 1e6], [-1e-9, 1.1e6]),
        ("dynatemp_exponent", "in [0, 1e6]", [0.0, 1e6], [-1e-9, 1.1e6]),
        ("repetition_penalty", "in [1e-6, 1e6]", [1e-6, 1e6], [1e-7, 1.1e6]),
        ("encoder_repetition_penalty", "in [1e-6, 1e6]", [1e-6, 1e6], [1e-7, 1.1e6]),
    ] {
        let spec = spec(name);
        assert_eq!(spec.range, range, "{name}");
        assert!(bounds.iter().all(|&x| spec.number(x).is_ok()), "{name} refuses a bound");
        for x in beyond {
            let message = spec.number(x).unwrap_err().to_string();
            assert!(message.contains(range), "{name}: {message}");
        }
    }
}

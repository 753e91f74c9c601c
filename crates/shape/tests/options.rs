//! Options: what they take, what they refuse and how they say so.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_shape::{Entry, OptionKind, OptionSpec, OptionValue, REGISTRY, ShapeError, Temperature, TopK, TopP};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{active, shaped, spec, specs, with};

/// JSON of another type than an option of this kind takes.
fn of_another_type(kind: OptionKind) -> Vec<Value> {
    let mut wrong = vec![json!({"a": 1}), json!([{}])];
    wrong.extend(match kind {
        OptionKind::Flag => vec![json!(1), json!("x"), json!([true])],
        OptionKind::Count { .. } => vec![json!(-1), json!(1.5), json!("x"), json!(true), json!([1])],
        OptionKind::Whole => vec![json!(1.5), json!("x"), json!(true), json!([1])],
        OptionKind::Number => vec![json!("x"), json!(true), json!([0.5])],
        OptionKind::Choice(_) => vec![json!("no such word"), json!(1)],
        OptionKind::Text => vec![json!(1), json!(["x"])],
        OptionKind::Texts | OptionKind::Names => vec![json!(1), json!([1]), json!(["x", null])],
        OptionKind::Ids => {
            vec![json!("x"), json!(-1), json!(1.5), json!([[1]]), json!([1, -1]), json!(4_294_967_296u64)]
        }
        OptionKind::Lists => vec![json!(1), json!([1]), json!([[-1]]), json!([["x"]])],
        OptionKind::Phrases => vec![json!(1), json!([1]), json!([[["x"]]])],
        OptionKind::Biases => vec![json!(1), json!([[1, 2.0]]), json!([[[1], "x"]]), json!([[[1]]])],
        OptionKind::Decay => {
            vec![json!(1), json!([1]), json!([1, 2, 3]), json!([1.5, 2]), json!([-1, 2]), json!([1, "x"])]
        }
        OptionKind::Object => vec![json!(1), json!("x")],
    });
    if matches!(kind, OptionKind::Object) { wrong.split_off(2) } else { wrong }
}

/// Values of the right type beyond the ends of the range, and at the ends.
fn ends(name: &str) -> Option<(Vec<Value>, Vec<Value>)> {
    let share = || (vec![json!(-1e-9), json!(1.000_001)], vec![json!(0), json!(1)]);
    let above_0 = || (vec![json!(0), json!(-1), json!(1.000_001)], vec![json!(1e-9), json!(1)]);
    let below_1 = || (vec![json!(-1e-9), json!(1)], vec![json!(0), json!(0.999_999)]);
    let least = |least: i64| (vec![json!(least - 1)], vec![json!(least), json!(1_000_000)]);
    let up_to_a_million = |from: f64| (vec![json!(from - 0.001), json!(1.1e6)], vec![json!(from), json!(1e6)]);
    Some(match name {
        "top_p" | "min_p" | "xtc_probability" | "xtc_threshold" | "mirostat_eta" => share(),
        "typical_p" | "top_h" => above_0(),
        "epsilon_cutoff" | "eta_cutoff" => below_1(),
        "adaptive_decay" => (vec![json!(-0.01), json!(0.991)], vec![json!(0), json!(0.99)]),
        "adaptive_target" => (vec![json!(1.001)], vec![json!(-5), json!(0), json!(1)]),
        "temperature" => (vec![json!(0), json!(-1), json!(1e39), json!(1e-50)], vec![json!(1e-40), json!(3.4e38)]),
        "repetition_penalty" | "encoder_repetition_penalty" => {
            (vec![json!(0), json!(-1), json!(1.1e6)], vec![json!(1e-6), json!(1e6)])
        }
        "frequency_penalty" | "presence_penalty" | "guidance_scale" => up_to_a_million(-1e6),
        "diversity_penalty" | "dry_multiplier" | "dynatemp_range" | "dynatemp_exponent" => up_to_a_million(0.0),
        "dry_base" => up_to_a_million(1.0),
        "top_n_sigma" => (vec![json!(-0.001)], vec![json!(0), json!(1e300)]),
        "mirostat" => (vec![json!(3)], vec![json!(0), json!(1), json!(2)]),
        "mirostat_tau" => (vec![json!(0), json!(100.001)], vec![json!(1e-9), json!(100)]),
        "repeat_last_n" | "dry_penalty_last_n" => least(-1),
        "dry_allowed_length" => least(1),
        "top_k" | "min_length" | "min_new_tokens" | "no_repeat_ngram_size" | "encoder_no_repeat_ngram_size" => least(0),
        "forced_bos_token_id" => (vec![json!([]), json!([1, 2])], vec![json!(1), json!([0])]),
        "forced_eos_token_id" | "negative_prompt_ids" => (vec![json!([])], vec![json!(1), json!([1, 2])]),
        "suppress_tokens" | "begin_suppress_tokens" => (vec![], vec![json!([]), json!(3), json!([3, 3])]),
        "sequence_bias" => (vec![json!([[[], 1.0]]), json!([[[1], 1e39]])], vec![json!([]), json!([[[1], -3e38]])]),
        "bad_words_ids" => (vec![json!([[]]), json!([[1], []])], vec![json!([]), json!([[1], [2, 3]])]),
        "exponential_decay_length_penalty" => {
            (vec![json!([1, 0]), json!([1, -1]), json!([1, 100.1])], vec![json!([0, 1e-9]), json!([1_000_000, 100])])
        }
        "dry_sequence_breakers" => (vec![json!(""), json!(["a", ""])], vec![json!([]), json!("a"), json!(["a", "\n"])]),
        "json_schema" => (vec![], vec![json!({}), json!({"type": "number"})]),
        "regex" | "lark" => (vec![], vec![json!("a+")]),
        "p_less" | "renormalize_logits" | "remove_invalid_values" => (vec![], vec![json!(true), json!(false)]),
        _ => return None,
    })
}

/// What a flag would be given for this JSON.
fn as_flag(json: &Value) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn refused(spec: &OptionSpec, error: &ShapeError, given: &str) {
    let message = error.to_string();
    assert!(!spec.range.is_empty() && !spec.remedy.is_empty(), "{}", spec.name);
    for part in [spec.name, given, spec.range, spec.remedy] {
        assert!(message.contains(part), "{}: {part:?} is not in {message:?}", spec.name);
    }
    assert!(!message.contains('\n'), "{message}");
}

#[test]
fn null_is_no_value() {
    specs().for_each(|spec| assert_eq!(spec.read(&Value::Null), Ok(None), "{}", spec.name));
}

#[test]
fn a_value_of_another_type_is_refused() {
    for spec in specs() {
        for json in of_another_type(spec.kind) {
            refused(spec, &spec.read(&json).unwrap_err(), &json.to_string());
        }
        if !matches!(spec.kind, OptionKind::Text | OptionKind::Texts | OptionKind::Names) {
            for text in ["x y", "", "1;2", "{", "nan of it"] {
                let unset = text.is_empty() && matches!(spec.kind, OptionKind::Ids);
                match spec.parse(text) {
                    Err(error) => assert!(error.to_string().contains(spec.range), "{error}"),
                    // Nothing at all is an empty list of ids, as `[]` is.
                    Ok(value) => assert!(unset && value == OptionValue::Ids(vec![]), "{} {text:?}", spec.name),
                }
            }
        }
    }
}

#[test]
fn the_ends_of_every_range_are_where_they_are_said_to_be() {
    for spec in specs() {
        let (beyond, at) = ends(spec.name).unwrap_or_else(|| panic!("say in `ends` what {} takes", spec.name));
        for json in beyond {
            refused(spec, &spec.read(&json).unwrap_err(), &json.to_string());
            refused(spec, &spec.parse(&as_flag(&json)).unwrap_err(), &as_flag(&json));
        }
        for json in at {
            assert!(spec.read(&json).unwrap().is_some(), "{} {json}", spec.name);
        }
    }
}

#[test]
fn what_is_no_number_is_refused_by_name() {
    for spec in specs().filter(|spec| spec.kind == OptionKind::Number) {
        for text in ["nan", "inf", "-inf", "1e999"] {
            refused(spec, &spec.parse(text).unwrap_err(), text);
        }
        assert!(spec.number(f64::NAN).is_err() && spec.number(f64::INFINITY).is_err());
    }
}

#[test]
fn flags_and_json_agree_and_values_come_back() {
    let given = active().into_iter().flat_map(|(_, maker)| maker.options.as_object().unwrap().clone());
    let at_ends = specs().flat_map(|spec| ends(spec.name).unwrap().1.into_iter().map(|json| (spec.name.into(), json)));
    for (name, json) in given.chain(at_ends) {
        let spec = spec(&name);
        let value = spec.read(&json).unwrap().unwrap();
        assert_eq!(spec.parse(&as_flag(&json)).as_ref(), Ok(&value), "{name} {json}");
        assert_eq!(spec.read(&value.json()), Ok(Some(value)), "{name} {json}");
    }
}

#[test]
fn ids_are_parted_by_commas_and_texts_may_be_one() {
    let ids = OptionValue::Ids(vec![1, 22, 3]);
    for text in ["1,22,3", " 1, 22 ,3", "[1, 22, 3]", "[ 1,22,3 ]"] {
        assert_eq!(spec("suppress_tokens").parse(text).as_ref(), Ok(&ids), "{text:?}");
    }
    for text in ["[1,22", "1,,2", "1,2]", "-1", "1 2"] {
        assert!(spec("suppress_tokens").parse(text).is_err(), "{text:?}");
    }
    let texts = |list: &[&str]| OptionValue::Texts(list.iter().map(|text| (*text).to_owned()).collect());
    for (text, expected) in [("a, b", texts(&["a, b"])), (r#"["a", "b"]"#, texts(&["a", "b"])), ("[x", texts(&["[x"]))]
    {
        assert_eq!(spec("dry_sequence_breakers").parse(text), Ok(expected));
    }
}

/// The option that switches a processor on.
fn main_option(entry: &Entry) -> &'static OptionSpec {
    &entry.options[0]
}

#[test]
fn defaults_leave_every_processor_out_but_top_k() {
    for entry in REGISTRY {
        let built = with(json!({})).make(entry.name).unwrap();
        // transformers' own default: where tokens are drawn, from the fifty best.
        assert_eq!(built.is_some(), entry.name == "top_k", "{}", entry.name);
        if let Ok(default) = main_option(entry).parse(main_option(entry).default) {
            assert_eq!((main_option(entry).neutral)(&default, 1000), entry.name != "top_k", "{}", entry.name);
        } else {
            assert_eq!(main_option(entry).default, "off", "{}: a default that cannot be read", entry.name);
        }
    }
    assert!((spec("top_k").neutral)(&OptionValue::Count(50), 50), "but in a vocabulary of fifty");
}

#[test]
fn what_is_called_neutral_changes_nothing() {
    let row = [0.5, -2.0, 1.0, 2.0, 2.0, 0.0, -0.25, 1.0];
    let unchanged: Vec<(u32, f32)> = (0..).zip(row).collect();
    for entry in REGISTRY {
        let spec = main_option(entry);
        let candidates = ends(spec.name).unwrap().1.into_iter().chain([json!(-1), json!([[[3], 0.0]]), json!([1, 1])]);
        for json in candidates {
            let Ok(Some(value)) = spec.read(&json) else { continue };
            let maker = with(json!({spec.name: json})).vocab(row.len());
            if !(spec.neutral)(&value, row.len()) {
                continue;
            }
            if let Some(mut processor) = maker.make(entry.name).unwrap() {
                assert_eq!(shaped(&mut *processor, &row, &maker.text()), unchanged, "{} {json}", spec.name);
            }
        }
    }
}

#[test]
fn settings_that_act_are_not_called_neutral() {
    for (name, maker) in active() {
        let spec = main_option(support::entry(name));
        let value = spec.read(&maker.options[spec.name]).unwrap().unwrap();
        assert!(!(spec.neutral)(&value, 1000), "{}", maker.options);
    }
}

#[test]
fn ids_beyond_the_vocabulary_are_refused_when_it_is_known() {
    let cases = [
        ("sequence_bias", json!([[[3], 1.0], [[1, 10, 2], 1.0]])),
        ("bad_words_ids", json!([[9], [10, 1]])),
        ("suppress_tokens", json!([0, 10])),
        ("begin_suppress_tokens", json!(10)),
        ("forced_bos_token_id", json!(10)),
        ("forced_eos_token_id", json!([1, 10])),
        ("negative_prompt_ids", json!([10])),
    ];
    for (option, json) in &cases {
        let entry = REGISTRY.iter().find(|entry| entry.options.iter().any(|spec| spec.name == *option)).unwrap();
        let options = json!({*option: json, "guidance_scale": 2.0});
        let error = with(options.clone()).vocab(10).make(entry.name).err().unwrap();
        assert_eq!(error, ShapeError::Token { option, id: 10, last: 9 });
        let message = format!("{option} names token 10, which is beyond the vocabulary; ids must be in 0..=9");
        assert_eq!(error.to_string(), message);
        assert!(with(options).vocab(11).make(entry.name).unwrap().is_some(), "{option}");
    }
    let with_ids = |kind: OptionKind| {
        matches!(kind, OptionKind::Ids | OptionKind::Lists | OptionKind::Biases | OptionKind::Phrases)
    };
    let names: Vec<&str> = specs().filter(|spec| with_ids(spec.kind)).map(|spec| spec.name).collect();
    assert!(names.iter().all(|name| cases.iter().any(|case| case.0 == *name)), "test all of {names:?}");
}

#[test]
fn messages_say_what_was_given_the_range_and_the_way_out() {
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
    assert!(message(spec("top_k").read(&json!(-3)).unwrap_err()).contains("an integer, 0 or more, got -3"));
}

#[test]
fn whole_numbers_are_numbers_too() {
    assert_eq!(spec("temperature").read(&json!(2)), Ok(Some(OptionValue::Number(2.0))));
    assert_eq!(spec("top_k").read(&json!(7)), Ok(Some(OptionValue::Count(7))));
    assert_eq!(spec("repeat_last_n").parse("-1"), Ok(OptionValue::Whole(-1)));
    assert!(spec("top_k").read(&json!(7.0)).is_err(), "but not the other way round");
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in ".{0,30}") {
        specs().for_each(|spec| _ = spec.parse(&text));
    }

    #[test]
    fn numbers_are_read_as_they_are_written(number in any::<f64>()) {
        for spec in specs().filter(|spec| spec.kind == OptionKind::Number) {
            let parsed = spec.parse(&number.to_string());
            prop_assert_eq!(&parsed, &spec.number(number).map(OptionValue::Number));
            if number.is_finite() {
                prop_assert_eq!(parsed.is_ok(), spec.read(&json!(number)).is_ok());
            }
        }
    }
}

//! The model inside the binary, held to transformers computing with the same weights.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{ActivationFormat, Engine, OpenOptions, Options, Prompt, TokenId};
use serde_json::Value;
use support::{golden, ids, logprobs, numbers, root};

fn open(name: &str, activations: Option<ActivationFormat>) -> Engine {
    let options = OpenOptions { activations, ..OpenOptions::default() };
    options.open(name).unwrap()
}

/// Runs a case; its new tokens must be the golden ones.
fn check(engine: &Engine, way: &str, case: &Value) {
    let prompt = case["prompt"].as_str().unwrap();
    assert_eq!(engine.tokenizer().ids(prompt).unwrap(), ids(&case["input_ids"]), "{prompt}");
    let mut settings = Options::default();
    settings.config(&case["options"]).unwrap();
    settings.set("max_new_tokens", "100").unwrap();
    settings.set("eos_token_id", "").unwrap();
    let completion = engine.generate(&[Prompt::Text(prompt.into())], &engine.plan(&settings).unwrap()).unwrap();
    let (ours, theirs) = (&completion.sequences[0], ids(&case["new_ids"]));
    assert!(theirs.len() == 100 && theirs.iter().map(|id| id.0).eq(ours.token_ids.iter().copied()), "{way}: {case}");
    assert_eq!(ours.text, case["text"], "{way}");
}

#[test]
fn a_hundred_tokens_equal_those_of_transformers() {
    for activations in [None, Some(ActivationFormat::F32)] {
        let engine = open("builtin", activations);
        let all = golden("builtin.json");
        let ways = all["generated"].as_object().unwrap();
        assert_eq!(ways.len(), 3);
        for (way, cases) in ways {
            cases.as_array().unwrap().iter().for_each(|case| check(&engine, way, case));
        }
    }
}

#[test]
fn log_probabilities_equal_those_of_transformers() {
    let scored = &golden("builtin.json")["scored"];
    for (activations, bound) in [(None, 2e-3), (Some(ActivationFormat::F32), 2e-5)] {
        let engine = open("builtin", activations);
        let ours = logprobs(&engine, scored["text"].as_str().unwrap());
        let theirs = numbers(&scored["logprobs"]);
        assert!(ours.len() == theirs.len() && ours.len() > 20);
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours - theirs).abs() <= bound, "{activations:?}: {ours}, not {theirs}");
        }
    }
}

/// Of the runs of three tokens in `ids[from..]`, how many there are and how many have come before.
fn repeats(ids: &[TokenId], from: usize) -> (usize, usize) {
    let mut said = std::collections::BTreeSet::new();
    let again: Vec<bool> = ids.windows(3).map(|three| !said.insert(three)).collect();
    (again.len() - from, again[from..].iter().filter(|again| **again).count())
}

/// The lesson that the model is there for: a text that begins well soon says little that it has not said.
#[test]
fn greedy_search_goes_round_in_circles_and_a_ban_on_repeats_ends_it() {
    let cases = golden("builtin.json")["generated"].clone();
    // A text may begin well, but its second half does not, and most of all texts together has been said before.
    let (mut total, mut repeated) = (0, 0);
    for case in cases["greedy"].as_array().unwrap() {
        let (all, again) = repeats(&ids(&case["new_ids"]), 50);
        assert!(again * 2 > all, "{case}");
        let (all, again) = repeats(&ids(&case["new_ids"]), 0);
        (total, repeated) = (total + all, repeated + again);
    }
    assert!(repeated * 2 > total, "{repeated} of {total}");
    for case in cases["no repeated three"].as_array().unwrap() {
        assert_eq!(repeats(&ids(&case["new_ids"]), 0).1, 0, "{case}");
    }
}

#[test]
fn the_file_and_what_the_program_carries_are_the_same_model() {
    let file = root().join("crates/builtin/model/builtin.gguf");
    let [inside, outside] = ["builtin", file.to_str().unwrap()].map(|name| {
        logprobs(&open(name, None), "Mary had a little lamb.").into_iter().map(f64::to_bits).collect::<Vec<_>>()
    });
    assert_eq!(inside, outside);
}

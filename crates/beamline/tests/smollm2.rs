//! Goldens on a real model, SmolLM2-135M-Instruct in Q4_1; skipped, and said to be, where it has not been fetched.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Beginning, Options, Prompt, Special};
use serde_json::Value;
use support::{engine, golden, ids, logprobs, numbers, smollm2};

fn cases(kind: &str) -> Vec<Value> {
    golden("smollm2.json").as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect()
}

#[test]
fn logits_equal_those_of_transformers() {
    let Some(path) = smollm2() else { return };
    let engine = engine(&path);
    let cases = cases("logits");
    assert_eq!(cases.len(), 3);
    for case in cases {
        let (text, expect) = (case["prompts"][0].as_str().unwrap(), &case["expect"]);
        assert_eq!(engine.tokenizer().ids(text).unwrap(), ids(&expect["input_ids"]), "{}", case["id"]);
        for (ours, theirs) in logprobs(&engine, text).iter().zip(numbers(&expect["token_logprobs"])) {
            assert!((ours - theirs).abs() <= 2e-3, "{}: {ours}, not {theirs}", case["id"]);
        }
    }
}

#[test]
fn texts_and_scores_equal_those_of_transformers() {
    let Some(path) = smollm2() else { return };
    let engine = engine(&path);
    let cases = cases("generate");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let mut settings = Options::default();
        settings.config(&case["generate"]).unwrap();
        let completion = engine
            .generate(&[Prompt::Text(case["prompts"][0].as_str().unwrap().into())], &engine.plan(&settings).unwrap())
            .unwrap();
        let expect = &case["expect"];
        assert_eq!(completion.sequences.len(), expect["text"].as_array().unwrap().len());
        for (i, sequence) in completion.sequences.iter().enumerate() {
            assert_eq!(sequence.text, expect["text"][i], "{}", case["id"]);
            if let Some(theirs) = expect["sequences_scores"][i].as_f64() {
                let ours = sequence.score.unwrap();
                assert!((ours - theirs).abs() <= 2e-3, "{}: score {ours}, not {theirs}", case["id"]);
            }
        }
    }
}

#[test]
fn a_story_begins_as_it_should() {
    let Some(path) = smollm2() else { return };
    let mut settings = Options::default();
    settings.set("max_new_tokens", "40").unwrap();
    let completion = {
        let engine = engine(&path);
        engine.complete("Once upon a time", &engine.plan(&settings).unwrap()).unwrap()
    };
    let text = &completion.sequences[0].text;
    assert!(
        text.starts_with(", the city of Nova Haven was a thriving metropolis, with towering skyscrapers"),
        "{text}"
    );
}

#[test]
fn texts_of_all_scripts_have_the_tokens_of_the_library_and_of_llama_cpp() {
    let Some(path) = smollm2() else { return };
    let engine = engine(&path);
    let cases = golden("tokenize.json");
    assert_eq!(cases.as_array().unwrap().len(), 50);
    for case in cases.as_array().unwrap() {
        let (text, expected) = (case["text"].as_str().unwrap(), ids(&case["ids"]));
        assert_eq!(engine.tokenizer().ids(text).unwrap(), expected, "{text:?}");
        assert_eq!(engine.tokenizer().decode(&expected, Special::Write, Beginning::Text), case["decoded"], "{text:?}");
    }
}

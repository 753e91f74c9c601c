//! `/v1/score` gives the numbers of the library, to the bit, alone and beside others.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Engine, Prompt, TokenId};
use beamline_serve::Settings;
use beamline_study::{PartedText, score};
use serde_json::{Value, json};
use std::sync::LazyLock;
use support::Running;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::open("builtin").unwrap());

/// Whether all that the library reports of a text is in an answer, to the bit.
fn held(answer: &Value, prefix: Option<&str>, text: &Prompt) {
    let report = score(&ENGINE, prefix, text).unwrap();
    let bits = report.bits_per_character();
    let expected = serde_json::to_value(&report).unwrap();
    for field in ["token_ids", "prefix_tokens", "sum_logprob", "mean_logprob", "perplexity", "bits_per_byte"] {
        assert_eq!(answer[field], expected[field], "{prefix:?} {text:?} {field}");
    }
    assert_eq!(answer["bits_per_character"], json!(bits));
    let (own, expected) = (answer["tokens"].as_array().unwrap(), expected["tokens"].as_array().unwrap());
    assert_eq!(own.len(), expected.len());
    for (own, expected) in own.iter().zip(expected) {
        for field in ["id", "text", "logprob", "rank", "entropy"] {
            assert_eq!(own[field], expected[field], "{prefix:?} {text:?} {own}");
        }
    }
}

/// Prefixes, and what may follow them.
const ITEMS: [(&str, [&str; 4]); 3] = [
    ("Once upon a", [" time", " tree", " time there was", ""]),
    // One that ends in a space, which the vocabulary has at the beginning of words.
    ("It was the best of times, it was the ", ["worst of times", "age of wisdom", "worst", " "]),
    ("She said: \u{201c}", ["Oh", "\u{201d}", "안녕", "No, no, no"]),
];

fn items() -> Value {
    ITEMS.iter().map(|(prefix, texts)| json!({"prefix": prefix, "continuations": texts})).collect()
}

fn held_all(answer: &Value) {
    for (item, (prefix, texts)) in answer["items"].as_array().unwrap().iter().zip(ITEMS) {
        for (answer, text) in item["texts"].as_array().unwrap().iter().zip(texts) {
            held(answer, Some(prefix), &Prompt::from(text));
        }
    }
}

#[test]
fn continuations_have_the_numbers_of_the_library() {
    let server = Running::start(Settings::default());
    let reply = server.post("/v1/score", &json!({"items": items()}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    held_all(&reply.json());
    assert!(reply.json()["items"][0]["texts"][0]["tokens"][1].get("top").is_none());
    assert_eq!(reply.json()["items"][0]["order"]["sum"][0], json!(3), "an empty text is certain");
}

#[test]
fn numbers_are_the_same_beside_others() {
    let server = Running::start(Settings { step_tokens: 32, ..Settings::default() });
    std::thread::scope(|scope| {
        for seed in 0..3 {
            let body = json!({"prompt": "Once upon a time", "max_tokens": 60, "n": 3, "seed": seed});
            scope.spawn(|| server.post("/v1/completions", &{ body }));
        }
        for _ in 0..2 {
            scope.spawn(|| held_all(&server.post("/v1/score", &json!({"items": items()})).json()));
        }
    });
}

#[test]
fn texts_and_ids_stand_alone() {
    let server = Running::start(Settings::default());
    let ids = [5, 6, 7, 8];
    let items = json!([{"text": "Call me Ishmael."}, {"ids": ids}, {"prefix": "Call", "ids": ids}, {"text": ""}]);
    let answer = server.post("/v1/score", &json!({"items": items})).json();
    let ids = Prompt::Ids(ids.map(TokenId).to_vec());
    held(&answer["items"][0]["texts"][0], None, &Prompt::from("Call me Ishmael."));
    held(&answer["items"][1]["texts"][0], None, &ids);
    held(&answer["items"][2]["texts"][0], Some("Call"), &ids);
    held(&answer["items"][3]["texts"][0], None, &Prompt::from(""));
    let none = server.post("/v1/score", &json!({"items": []}));
    assert_eq!((none.status, none.json()["items"].clone()), (200, json!([])));
}

#[test]
fn the_best_tokens_of_each_place_are_listed() {
    let server = Running::start(Settings::default());
    let body = json!({"items": items(), "top": 3, "entropy": false});
    let answer = server.post("/v1/score", &body).json();
    for text in answer["items"].as_array().unwrap().iter().flat_map(|item| item["texts"].as_array().unwrap()) {
        for token in text["tokens"].as_array().unwrap() {
            let top = token["top"].as_array().unwrap();
            assert!(token.get("entropy").is_none());
            assert_eq!(top.len(), if token["logprob"].is_null() { 0 } else { 3 }, "{token}");
            assert!(top.iter().enumerate().all(|(i, best)| best["rank"] == i + 1));
            // The token's own place among them has its own numbers.
            for best in top.iter().filter(|best| best["id"] == token["id"]) {
                assert_eq!((&best["logprob"], &best["rank"]), (&token["logprob"], &token["rank"]));
            }
        }
    }
    let whole = server.post("/v1/score", &json!({"items": [{"text": "Once upon"}], "top": 1_000_000})).json();
    let last = whole["items"][0]["texts"][0]["tokens"].as_array().unwrap().last().unwrap().clone();
    let sum: f64 = last["top"].as_array().unwrap().iter().map(|best| best["logprob"].as_f64().unwrap().exp()).sum();
    assert!((sum - 1.0).abs() < 1e-6, "{sum}");
}

#[test]
fn mutual_information_is_what_a_prefix_adds() {
    let server = Running::start(Settings::default());
    let answer = server.post("/v1/score", &json!({"items": items(), "unconditional": true})).json();
    let begin = Prompt::Ids(ENGINE.encode_prompt(&Prompt::from("")).unwrap());
    for (item, (prefix, texts)) in answer["items"].as_array().unwrap().iter().zip(ITEMS) {
        let mut all = Vec::new();
        for (answer, text) in item["texts"].as_array().unwrap().iter().zip(texts) {
            let parted = PartedText::new(&ENGINE, Some(&prefix.into()), &text.into()).unwrap();
            let rest = Prompt::Ids(parted.token_ids[parted.prefix_tokens..].to_vec());
            let alone = PartedText::new(&ENGINE, Some(&begin), &rest).unwrap();
            let mut scored = [ENGINE.scoring(alone.token_ids.clone(), 1, None).unwrap()];
            while ENGINE.score_step(&mut scored, beamline::Budget::ALL, &mut |_| {}).unwrap() > 0 {}
            let alone = alone.report(&ENGINE, scored[0].stats()).sum_logprob;
            assert_eq!(answer["unconditional_logprob"], json!(alone));
            assert_eq!(answer["pmi"], json!(answer["sum_logprob"].as_f64().unwrap() - alone));
            all.push(answer["pmi"].as_f64().unwrap());
        }
        let order: Vec<usize> = serde_json::from_value(item["order"]["pmi"].clone()).unwrap();
        assert!(order.windows(2).all(|pair| all[pair[0]] >= all[pair[1]]), "{order:?} {all:?}");
    }
}

/// Every continuation begins with what the first one has read, in each of the items.
#[test]
fn a_prefix_is_read_once() {
    let server = Running::start(Settings::default());
    let prefix = |begin: &str| format!("{begin}{}", "it was the best of times, it was the worst of times, ".repeat(6));
    let item = |begin: &str| json!({"prefix": prefix(begin), "continuations": ["and", "but", "for", "it was"]});
    let tokens = |begin: &str| ENGINE.tokenizer().ids(&prefix(begin)).unwrap().len();
    let begins = ["Alas, ", "Behold, ", "Come, "];
    let reply = server.post("/v1/score", &json!({"items": begins.map(item)}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let blocks: usize = begins.iter().map(|begin| 3 * ((tokens(begin) - 1) / 16 * 16)).sum();
    let hits = server.metric("beamline:prefix_cache_hits_total");
    assert!(hits >= blocks as f64 - 3.0 * 16.0, "{hits} of {blocks}");
}

#[test]
fn what_cannot_be_scored_is_refused_by_name() {
    let server = Running::start(Settings::default());
    let long = "once upon a time ".repeat(600);
    let vocab = ENGINE.model().geometry().vocab;
    for (body, field, part) in [
        (json!({}), "", "items"),
        (json!({"items": [{}]}), "items[0]", "one of continuations, text and ids"),
        (json!({"items": [{"text": "a", "ids": [1]}]}), "items[0]", "one of continuations, text and ids"),
        (json!({"items": [{"txt": "a"}]}), "items[0].txt", "txt"),
        (json!({"items": [{"text": "a", "prefix": 3}]}), "items[0].prefix", "a text or a list of token ids"),
        (json!({"items": [{"ids": [vocab]}]}), "", "beyond the vocabulary"),
        (json!({"items": [{"text": long}]}), "", "context holds"),
        (json!({"items": [{"prefix": long, "continuations": ["a"]}]}), "", "context holds"),
        (json!({"items": [{"text": "a"}], "temperature": 0.5}), "temperature", "no effect on scores"),
        (json!({"items": [{"text": "a"}], "tops": 5}), "tops", "did you mean top"),
        (json!({"items": [{"prefix": "a", "continuations": vec!["b"; 2000]}]}), "items", "at most 1024"),
        (json!({"items": vec![json!({"text": "once upon a time there was"}); 900], "top": vocab}), "items", "fewer"),
    ] {
        let reply = server.post("/v1/score", &body);
        let error = reply.json()["error"].clone();
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(reply.status == 400 && message.contains(part), "{} {message}", reply.status);
        if !field.is_empty() {
            assert_eq!(error["param"], field, "{message}");
        }
    }
}

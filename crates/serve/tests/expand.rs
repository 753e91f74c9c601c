//! `/v1/expand` gives the tree of the library, to the bit, streamed or not, alone and beside others.
#![allow(clippy::unwrap_used)] // tests may

#[path = "support/named.rs"]
mod named;
mod support;

use beamline::{Engine, Options, Prompt, TokenId};
use beamline_serve::Settings;
use beamline_study::{Growth, PartedText, expand};
use named::named_events;
use serde_json::{Value, json};
use std::sync::LazyLock;
use support::Running;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::open("builtin").unwrap());

const PROMPT: &str = "Once upon a";

/// How far trees grow, and the processors' options, where there are any.
fn cases() -> Vec<(Value, Option<Value>)> {
    vec![
        (json!({}), None),
        (json!({"depth": 5, "children": 3, "budget": 100}), None),
        (json!({"depth": 4, "children": 40, "cover_p": 0.6, "min_mass": 0.001}), None),
        (
            json!({"depth": 3, "children": 4}),
            Some(json!({"do_sample": true, "temperature": 0.5, "top_k": 10, "seed": 1})),
        ),
        (json!({"depth": 4, "children": 3}), Some(json!({"repetition_penalty": 1.5, "no_repeat_ngram_size": 1}))),
    ]
}

fn body((growth, options): &(Value, Option<Value>)) -> Value {
    let mut body = growth.clone();
    body["prompt"] = json!(PROMPT);
    if let Some(options) = options {
        body["processed"] = json!(true);
        body.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    }
    body
}

fn expected((growth, options): &(Value, Option<Value>)) -> Value {
    let usual = Growth::default();
    let count = |name: &str, usual: usize| growth.get(name).map_or(usual, |v| v.as_u64().unwrap() as usize);
    let share = |name: &str, usual: f64| growth.get(name).map_or(usual, |v| v.as_f64().unwrap());
    let growth = Growth {
        depth: count("depth", usual.depth),
        children: count("children", usual.children),
        cover_p: share("cover_p", usual.cover_p),
        min_mass: share("min_mass", usual.min_mass),
        budget: count("budget", usual.budget),
    };
    let mut given = Options::new();
    given.config(options.as_ref().unwrap_or(&json!({}))).unwrap();
    let tree = expand(&ENGINE, &Prompt::from(PROMPT), options.as_ref().map(|_| &given), growth).unwrap();
    serde_json::to_value(tree).unwrap()
}

#[test]
fn trees_are_those_of_the_library() {
    let server = Running::start(Settings::default());
    for case in cases() {
        let reply = server.post("/v1/expand", &body(&case));
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.json() == expected(&case), "{case:?}");
        assert!(reply.json()["nodes"].as_array().unwrap().len() > 10, "{case:?}");
    }
}

#[test]
fn trees_are_streamed_as_they_grow_beside_others() {
    let server = Running::start(Settings::default());
    let others = json!({"prompt": "It was", "max_tokens": 60, "n": 3, "seed": 1});
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| server.post("/v1/completions", &others));
        }
        for case in cases() {
            let server = &server;
            scope.spawn(move || {
                let (mut body, expected) = (body(&case), expected(&case));
                body["stream"] = json!(true);
                let events = named_events(&server.post("/v1/expand", &body).text());
                assert!(events.iter().enumerate().all(|(i, event)| event.id == i), "{events:?}");
                assert_eq!((events[0].name.as_str(), &events[0].data["schema"]), ("begin", &json!(1)));
                assert_eq!(events[0].data["prompt_token_ids"], expected["prompt_token_ids"]);
                let nodes: Vec<Value> =
                    events.iter().filter(|event| event.name == "node").map(|event| event.data.clone()).collect();
                assert!(json!(nodes) == expected["nodes"], "{case:?}");
                let done = events.last().unwrap();
                assert_eq!((done.name.as_str(), &done.data["nodes"]), ("done", &json!(nodes.len())));
                assert_eq!(done.data["budget_spent"], expected["budget_spent"]);
            });
        }
    });
}

/// Every node has the numbers of its text under the raw model.
#[test]
fn nodes_have_the_numbers_of_a_score() {
    let server = Running::start(Settings::default());
    let tree = server.post("/v1/expand", &body(&cases()[1])).json();
    let nodes = tree["nodes"].as_array().unwrap();
    let prompt = ENGINE.tokenizer().ids(PROMPT).unwrap();
    for node in nodes.iter().step_by(7) {
        let (mut path, mut at) = (Vec::new(), node);
        loop {
            path.push(TokenId(at["token"].as_u64().unwrap() as u32));
            match at["parent"].as_u64().unwrap() {
                0 => break,
                parent => at = &nodes[parent as usize - 1],
            }
        }
        path.reverse();
        let text = PartedText { token_ids: [prompt.clone(), path].concat(), prefix_tokens: prompt.len() };
        let mut scored = [ENGINE.scoring(text.token_ids.clone(), 1, None).unwrap()];
        while ENGINE.score_step(&mut scored, beamline::Budget::ALL, &mut |_| {}).unwrap() > 0 {}
        let report = text.report(&ENGINE, scored[0].stats());
        let last = report.tokens.last().unwrap();
        assert_eq!((&node["logprob"], &node["rank"]), (&json!(last.logprob), &json!(last.rank)));
        assert_eq!(node["cum"], json!(report.sum_logprob));
        assert_eq!(node["logprob"], node["logprob_processed"]);
    }
}

#[test]
fn bounds_are_kept() {
    let tree = expected(&cases()[2]);
    let nodes = tree["nodes"].as_array().unwrap();
    assert!(nodes.iter().all(|node| node["cum"].as_f64().unwrap().exp() >= 0.001));
    // What siblings leave is what was not to be covered, unless they were cut for their own mass.
    let of_root: Vec<&Value> = nodes.iter().filter(|node| node["parent"] == 0).collect();
    let covered: f64 = of_root.iter().map(|node| node["logprob"].as_f64().unwrap().exp()).sum();
    assert!(covered >= 0.6 && (of_root[0]["rest"].as_f64().unwrap() - (1.0 - covered)).abs() < 1e-12);
    let small = expected(&(json!({"budget": 7, "depth": 4}), None));
    assert_eq!((small["nodes"].as_array().unwrap().len(), &small["budget_spent"]), (7, &json!(true)));
}

#[test]
fn what_cannot_be_a_tree_is_refused_by_name() {
    let server = Running::start(Settings::default());
    for (body, field, part) in [
        (json!({}), "prompt", "there is no prompt"),
        (json!({"prompt": "a", "depth": 0}), "", "depth must be in 1"),
        (json!({"prompt": "a", "depth": 100_000}), "depth", "at most 4096"),
        (json!({"prompt": "a", "budget": 100_000}), "budget", "at most 4096"),
        (json!({"prompt": "a", "children": 0}), "", "children must be in 1"),
        (json!({"prompt": "a", "cover_p": 1.5}), "", "cover_p must be in 0..=1"),
        (json!({"prompt": "a", "min_mass": -0.5}), "", "min_mass must be in 0..=1"),
        (json!({"prompt": "a", "temperature": 0.5}), "temperature", "needs processed: true"),
        (json!({"prompt": "a", "processed": true, "temperature": 0.5}), "", "no effect on greedy search"),
        (json!({"prompt": "a", "processed": true, "num_beams": 4}), "", "num_beams has no effect on a tree"),
        (json!({"prompt": "a", "messages": []}), "messages", "there is no field"),
    ] {
        let reply = server.post("/v1/expand", &body);
        let error = reply.json()["error"].clone();
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(reply.status == 400 && message.contains(part), "{} {message}", reply.status);
        if !field.is_empty() {
            assert_eq!(error["param"], field, "{message}");
        }
    }
}

//! `/v1/inspect` gives the step table of the library, to the bit, alone and beside others.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Engine, Options, Prompt, TokenId};
use beamline_serve::Settings;
use beamline_study::{Depth, inspect};
use serde_json::{Value, json};
use std::sync::LazyLock;
use support::Running;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::open("builtin").unwrap());

/// Options, steps, the best, stages.
fn cases() -> Vec<(Value, usize, usize, bool)> {
    vec![
        (json!({}), 4, 5, false),
        (json!({"do_sample": true, "temperature": 0.7, "top_k": 20, "top_p": 0.8, "seed": 3}), 4, 4, true),
        (json!({"num_beams": 3, "repetition_penalty": 1.2}), 5, 3, true),
        (json!({"penalty_alpha": 0.5, "top_k": 4}), 3, 2, false),
        (json!({}), 1, usize::MAX, false),
    ]
}

fn body(case: &(Value, usize, usize, bool)) -> Value {
    let (options, steps, top, stages) = case;
    let mut body = json!({"prompt": "Once upon a", "steps": steps, "top": top, "stages": stages});
    body.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    body
}

fn expected((options, steps, top, stages): &(Value, usize, usize, bool)) -> Value {
    let mut given = Options::new();
    given.config(options).unwrap();
    let depth = Depth { steps: *steps, top: *top, stages: *stages };
    let table = inspect(&ENGINE, &Prompt::from("Once upon a"), &given, depth).unwrap();
    serde_json::from_str(&serde_json::to_string(&table).unwrap()).unwrap()
}

#[test]
fn tables_are_those_of_the_library() {
    let server = Running::start(Settings::default());
    for case in cases() {
        let reply = server.post("/v1/inspect", &body(&case));
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.json() == expected(&case), "{case:?}");
    }
    let ids = ENGINE.tokenizer().ids("Once upon a").unwrap();
    let ids: Vec<u32> = ids.into_iter().map(|TokenId(id)| id).collect();
    let by_ids = server.post("/v1/inspect", &json!({"prompt_ids": ids, "steps": 4})).json();
    assert_eq!(by_ids, expected(&cases()[0]));
}

#[test]
fn tables_are_the_same_beside_others() {
    let server = Running::start(Settings::default());
    let body_of_others = json!({"prompt": "It was", "max_tokens": 60, "n": 3, "seed": 1});
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| server.post("/v1/completions", &body_of_others));
        }
        for case in cases() {
            let server = &server;
            scope
                .spawn(move || assert!(server.post("/v1/inspect", &body(&case)).json() == expected(&case), "{case:?}"));
        }
    });
}

#[test]
fn the_seed_that_was_drawn_is_told() {
    let server = Running::start(Settings::default());
    let body = json!({"prompt": "Once upon a", "do_sample": true, "steps": 5});
    let first = server.post("/v1/inspect", &body);
    let seed: u64 = first.header("beamline-seed").unwrap().parse().unwrap();
    let mut again = body.clone();
    again["seed"] = json!(seed);
    assert_eq!(server.post("/v1/inspect", &again).json(), first.json());
    assert!(server.post("/v1/inspect", &json!({"prompt": "a"})).header("beamline-seed").is_none());
}

#[test]
fn what_cannot_be_inspected_is_refused_by_name() {
    let server = Running::start(Settings::default());
    for (body, field, part) in [
        (json!({}), "prompt", "there is no prompt"),
        (json!({"prompt": "a", "prompt_ids": [1]}), "prompt", "give one of them"),
        (json!({"prompt_ids": [[1], [2]]}), "prompt_ids", "takes one"),
        (json!({"prompt": "a", "max_new_tokens": 5}), "max_new_tokens", "given by steps"),
        (json!({"prompt": "a", "steps": 0}), "steps", "1 or more"),
        (json!({"prompt": "a", "steps": 5000}), "steps", "at most 4096"),
        (json!({"prompt": "a", "top": 0}), "top", "1 or more"),
        (json!({"prompt": "a", "top": 8192, "steps": 400}), "top", "ask for fewer"),
        (json!({"prompt": "a", "temperature": 0.5}), "", "no effect on greedy search"),
        (json!({"prompt": "a", "tools": []}), "tools", "give messages"),
        (json!({"prompt": "a", "step": 3}), "step", "did you mean steps"),
    ] {
        let reply = server.post("/v1/inspect", &body);
        let error = reply.json()["error"].clone();
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(reply.status == 400 && message.contains(part), "{} {message}", reply.status);
        if !field.is_empty() {
            assert_eq!(error["param"], field, "{message}");
        }
    }
}

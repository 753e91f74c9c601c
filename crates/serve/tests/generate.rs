//! `/v1/generate` gives the library's completion, to the bit, and tells truly of the way there.
#![allow(clippy::unwrap_used)] // tests may

#[path = "support/named.rs"]
mod named;
mod support;

use beamline::{Engine, Options, Prompt, replay};
use beamline_serve::Settings;
use named::{Named, named_events};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use support::{PATIENCE, Running, read, request};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::open("builtin").unwrap());

const EVENTS: [&str; 6] = ["token", "stage", "draw", "candidate", "pool", "over"];

/// Options of several searches.
fn searches() -> Vec<Value> {
    vec![
        json!({}),
        json!({"max_new_tokens": 12, "repetition_penalty": 1.3, "stop_strings": [" the"], "include_stop_str_in_output": false}),
        json!({"do_sample": true, "seed": 7, "temperature": 0.8, "top_k": 0, "top_p": 0.9, "num_return_sequences": 3}),
        json!({"num_beams": 4, "num_return_sequences": 2, "max_new_tokens": 9, "length_penalty": 1.5}),
        json!({"num_beams": 3, "do_sample": true, "seed": 5, "max_new_tokens": 6}),
        json!({"penalty_alpha": 0.6, "top_k": 4, "max_new_tokens": 6}),
        json!({"do_sample": true, "seed": 2, "best_of": 4, "max_new_tokens": 6}),
        json!({"exact_search": true, "max_new_tokens": 3, "num_beams": 2, "node_budget": 200}),
        json!({"prompt_lookup_num_tokens": 4, "max_new_tokens": 30}),
    ]
}

fn with(options: &Value, fields: &Value) -> Value {
    let mut body = options.clone();
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

/// What the library says, but for how long it took.
fn expected(prompts: &[Prompt], options: &Value) -> Value {
    let mut given = Options::new();
    given.config(options).unwrap();
    let completion = ENGINE.generate(prompts, &ENGINE.plan(&given).unwrap()).unwrap();
    timeless(serde_json::to_value(completion).unwrap())
}

fn timeless(mut completion: Value) -> Value {
    assert!(completion.as_object_mut().unwrap().remove("timings").is_some(), "{completion}");
    completion
}

const PROMPTS: [&str; 2] = ["Once upon a time there was", "It was"];

fn prompts() -> [Prompt; 2] {
    PROMPTS.map(Prompt::from)
}

#[test]
fn completions_are_those_of_the_library() {
    let server = Running::start(Settings::default());
    for options in searches() {
        let reply = server.post("/v1/generate", &with(&options, &json!({"prompts": PROMPTS})));
        assert_eq!(reply.status, 200, "{options} {}", reply.text());
        assert!(timeless(reply.json()) == expected(&prompts(), &options), "{options}");
    }
}

#[test]
fn prompts_come_in_several_forms() {
    let server = Running::chatty(Settings::default());
    let ids: Vec<u32> = ENGINE.tokenizer().ids("Once upon").unwrap().iter().map(|id| id.0).collect();
    let short = json!({"max_new_tokens": 3});
    let text = expected(&["Once upon".into()], &short)["sequences"].clone();
    for form in [json!({"prompt": "Once upon"}), json!({"prompt_ids": ids}), json!({"prompt_ids": [ids]})] {
        assert_eq!(server.post("/v1/generate", &with(&short, &form)).json()["sequences"], text, "{form}");
    }
    let chat = json!({"messages": [{"role": "user", "content": "Hello"}]});
    let answer = server.post("/v1/generate", &with(&short, &chat)).json();
    assert_eq!(answer["prompts"][0]["text"], "user: Hello\nassistant:");
    let written = expected(&["user: Hello\nassistant:".into()], &short);
    assert_eq!(answer["sequences"][0]["token_ids"], written["sequences"][0]["token_ids"]);
}

/// Texts and tokens of a stream, by prompt and sequence, against its completion.
fn tokens_held(events: &[Named], done: &Value) {
    for sequence in done["sequences"].as_array().unwrap() {
        let is_own = |event: &&Named| {
            (event.name == "token" || event.name == "text")
                && event.data["prompt"] == sequence["prompt"]
                && event.data["sequence"] == sequence["rank"]
        };
        let own: Vec<&Named> = events.iter().filter(is_own).collect();
        let text: String = own.iter().map(|event| event.data["new_text"].as_str().unwrap()).collect();
        assert_eq!(text, sequence["text"].as_str().unwrap());
        let tokens: Vec<&Named> = own.iter().copied().filter(|event| event.name == "token").collect();
        assert_eq!(tokens.len(), sequence["tokens"].as_array().unwrap().len());
        for (event, token) in tokens.iter().zip(sequence["tokens"].as_array().unwrap()) {
            for field in ["id", "text", "bytes", "logprob", "logprob_processed", "rank", "entropy"] {
                assert_eq!(event.data[field], token[field], "{field}");
            }
        }
        let last = &own.last().unwrap().data;
        assert_eq!(
            (&last["finish_reason"], &last["stop_string"]),
            (&sequence["finish_reason"], &sequence["stop_string"])
        );
    }
}

/// A stream of everything that is told, against the library, read again as a trace.
fn told(server: &Running, options: &Value) -> Vec<Named> {
    let body = with(options, &json!({"prompts": PROMPTS, "stream": true, "events": EVENTS, "top": 3}));
    let reply = server.post("/v1/generate", &body);
    let events = named_events(&reply.text());
    assert!(events.iter().enumerate().all(|(i, event)| event.id == i), "{options}");
    assert_eq!((events[0].name.as_str(), events.last().unwrap().name.as_str()), ("begin", "done"), "{}", reply.text());
    let done = timeless(events.last().unwrap().data.clone());
    assert!(done == expected(&prompts(), options), "{options}");
    assert_eq!(events[0].data["effective_config"], done["effective_config"]);
    tokens_held(&events, &done);
    let of_trace = |event: &&Named| !["token", "text", "done"].contains(&event.name.as_str());
    let trace: Vec<&str> = events.iter().filter(of_trace).map(|event| event.line.as_str()).collect();
    let replayed = replay(&trace.join("\n")).unwrap();
    let of = |sequence: &Value| {
        let ids: Vec<u32> = serde_json::from_value(sequence["token_ids"].clone()).unwrap();
        (sequence["prompt"].as_u64().unwrap() as usize, ids)
    };
    let sequences: Vec<(usize, Vec<u32>)> = done["sequences"].as_array().unwrap().iter().map(of).collect();
    let again: Vec<(usize, Vec<u32>)> = replayed.into_iter().map(|found| (found.prompt, found.token_ids)).collect();
    assert_eq!(again, sequences, "{options}");
    events
}

#[test]
fn streams_tell_all_of_a_search_and_can_be_replayed() {
    let server = Running::start(Settings::default());
    for options in searches() {
        let events = told(&server, &options);
        let has = |name: &str| events.iter().any(|event| event.name == name);
        assert!(has("token") && has("candidate"), "{options}");
        assert_eq!(has("draw"), options["do_sample"] == true, "{options}");
        // Of searches that keep a pool of finished sequences, and say why they are over.
        let pools = options.get("num_beams").is_some();
        assert_eq!((has("pool"), has("over")), (pools, pools), "{options}");
    }
}

#[test]
fn streams_are_the_same_beside_others() {
    let server = Running::start(Settings { step_tokens: 24, ..Settings::default() });
    let others = json!({"prompt": "A long time ago, in a house by the sea", "max_tokens": 60, "n": 3, "seed": 1});
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| server.post("/v1/completions", &others));
        }
        for options in searches() {
            let server = &server;
            scope.spawn(move || told(server, &options));
        }
    });
}

#[test]
fn token_events_list_the_best() {
    let server = Running::start(Settings::default());
    let body = json!({"prompt": "Once", "do_sample": true, "seed": 3, "top_k": 2, "stream": true, "top": 4});
    let events = named_events(&server.post("/v1/generate", &body).text());
    assert!(events.iter().all(|event| ["begin", "token", "text", "end", "done"].contains(&event.name.as_str())));
    for event in events.iter().filter(|event| event.name == "token") {
        let top = event.data["top"].as_array().unwrap();
        assert_eq!(top.len(), 4);
        // Two are left by top_k, and they share all of the probability.
        let left: Vec<f64> = top.iter().filter_map(|best| best["logprob_processed"].as_f64()).collect();
        assert!(left.len() == 2 && (left.iter().map(|logprob| logprob.exp()).sum::<f64>() - 1.0).abs() < 1e-6);
        for best in top.iter().filter(|best| best["id"] == event.data["id"]) {
            assert_eq!((&best["logprob"], &best["rank"]), (&event.data["logprob"], &event.data["rank"]));
        }
    }
}

/// Whoever does not read waits; nobody else does, and nothing is lost.
#[test]
fn a_slow_reader_holds_only_itself_up() {
    let server = Running::start(Settings::default());
    let options = json!({"num_beams": 32, "max_new_tokens": 300, "eos_token_id": [], "repetition_penalty": 1.1});
    let body = with(&options, &json!({"prompt": "Once upon a time", "stream": true, "events": EVENTS}));
    let mut slow = server.connect();
    slow.write_all(&request("/v1/generate", body.to_string().as_bytes())).unwrap();
    // Nobody reads: when there is no more room on the way, no more steps are taken, and the session is still there.
    let (begun, mut steps) = (Instant::now(), -1.0);
    while steps != server.metric("beamline:steps_total") || steps < 1.0 {
        steps = server.metric("beamline:steps_total");
        assert!(begun.elapsed() < PATIENCE, "it goes on");
        std::thread::sleep(Duration::from_millis(700));
    }
    assert_eq!(server.metric("beamline:num_sessions_running"), 1.0);
    let quick = server.post("/v1/generate", &json!({"prompt": "Once", "max_new_tokens": 5}));
    assert_eq!(quick.json()["sequences"], expected(&["Once".into()], &json!({"max_new_tokens": 5}))["sequences"]);
    let events = named_events(&read(&mut slow).unwrap().text());
    assert!(events.iter().enumerate().all(|(i, event)| event.id == i));
    let done = timeless(events.last().unwrap().data.clone());
    assert!(done == expected(&["Once upon a time".into()], &options));
}

#[test]
fn a_failure_in_the_middle_is_told_as_the_last_event() {
    let server = Running::start(Settings::default());
    let vocab = ENGINE.model().geometry().vocab as u32;
    let all: Vec<u32> = (0..vocab).collect();
    let body = json!({"prompt": "Once", "suppress_tokens": all, "stream": true});
    let events = named_events(&server.post("/v1/generate", &body).text());
    let last = events.last().unwrap();
    assert_eq!((last.name.as_str(), &last.data["error"]["code"]), ("error", &json!(422)), "{events:?}");
    let whole = server.post("/v1/generate", &json!({"prompt": "Once", "suppress_tokens": all}));
    assert_eq!((whole.status, &whole.json()["error"]["message"]), (422, &last.data["error"]["message"]));
}

#[test]
fn what_cannot_be_generated_is_refused_by_name() {
    let server = Running::start(Settings::default());
    for (body, field, part) in [
        (json!({}), "prompt", "there is no prompt"),
        (json!({"prompts": []}), "prompt", "there is no prompt"),
        (json!({"prompt": "a", "prompts": ["b"]}), "prompt", "give one of them"),
        (json!({"prompt": "a", "events": ["token"]}), "events", "give stream: true"),
        (json!({"prompt": "a", "stream": true, "events": ["tokens"]}), "events", "there is no event \"tokens\""),
        (json!({"prompt": "a", "top": 5}), "top", "give stream: true"),
        (json!({"prompt": "a", "stream": true, "events": ["pool"], "top": 5}), "top", "token among the events"),
        (json!({"prompt": "a", "stream": true, "top": 8192, "max_new_tokens": 400}), "top", "ask for fewer"),
        (json!({"prompt": "a", "temperature": 0.5}), "", "no effect on greedy search"),
        (json!({"prompt": "a", "n": 3}), "n", "there is no field"),
        (json!({"prompt": "a", "num_beams": 1000}), "num_beams", "at most 128"),
        (json!({"prompt": "a", "chat_template_kwargs": {}}), "chat_template_kwargs", "give messages"),
        (json!({"messages": [{"role": "user", "content": "a"}]}), "", "template"),
        (json!({"prompt": 3}), "prompt", "expected a string"),
    ] {
        let reply = server.post("/v1/generate", &body);
        let error = reply.json()["error"].clone();
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(reply.status == 400 && message.contains(part), "{} {message}", reply.status);
        if !field.is_empty() {
            assert_eq!(error["param"], field, "{message}");
        }
    }
}

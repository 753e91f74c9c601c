//! Ollama's API.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_serve::Settings;
use serde_json::{Value, json};
use support::{Reply, Running};

fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[test]
fn a_stream_says_what_the_whole_answer_says() {
    let running = Running::chatty(Settings::default());
    let options = json!({"seed": 3, "num_predict": 12, "num_ctx": 64, "num_thread": 2, "repeat_penalty": 1.1});
    for (path, body) in [
        ("/api/generate", json!({"prompt": "Once upon a time", "options": options, "images": [], "keep_alive": "5m"})),
        ("/api/generate", json!({"prompt": "Once upon a time", "raw": true, "options": options})),
        ("/api/chat", json!({"messages": [{"role": "user", "content": "Hi"}], "options": options, "tools": []})),
    ] {
        let pieces = lines(&running.post(path, &body));
        let mut whole = body.clone();
        whole["stream"] = false.into();
        let answer = running.post(path, &whole).json();
        let text = |line: &Value| {
            line["response"].as_str().or(line["message"]["content"].as_str()).unwrap_or_default().to_owned()
        };
        assert_eq!(pieces.iter().map(text).collect::<String>(), text(&answer), "{path}");
        let last = pieces.last().expect("a last line");
        assert_eq!((&last["done"], &last["done_reason"]), (&json!(true), &json!("length")));
        for name in ["prompt_eval_count", "eval_count", "done_reason"] {
            assert_eq!(last[name], answer[name], "{name}");
        }
        assert_eq!(answer["eval_count"], 12);
        assert!(pieces.len() > 2 && pieces[0]["done"] == false);
    }
}

#[test]
fn the_text_is_that_of_the_same_options_elsewhere() {
    let running = Running::start(Settings::default());
    let ollama = json!({"prompt": "Once upon a time", "stream": false, "options": {"seed": 5, "num_predict": 10, "stop": ["zzz"]}});
    let ours = json!({
        "prompt": "Once upon a time", "seed": 5, "max_tokens": 10, "temperature": 0.8, "top_k": 40, "top_p": 0.9,
    });
    let text = running.post("/api/generate", &ollama).json()["response"].clone();
    assert_eq!(text, running.post("/v1/completions", &ours).json()["choices"][0]["text"]);
    let greedy =
        json!({"prompt": "Once upon a time", "stream": false, "options": {"temperature": 0, "num_predict": 10}});
    let text = running.post("/api/generate", &greedy).json()["response"].clone();
    let ours = json!({"prompt": "Once upon a time", "temperature": 0, "max_tokens": 10});
    assert_eq!(text, running.post("/v1/completions", &ours).json()["choices"][0]["text"]);
}

#[test]
fn answers_are_held_to_a_form_and_have_numbers() {
    let running = Running::start(Settings::default());
    let schema = json!({"type": "object", "properties": {"n": {"type": "boolean"}}, "required": ["n"], "additionalProperties": false});
    let body = json!({
        "prompt": "A flag: ", "format": schema, "stream": false, "logprobs": true, "top_logprobs": 2,
        "options": {"seed": 1, "num_predict": 40},
    });
    let answer = running.post("/api/generate", &body).json();
    let said: Value = serde_json::from_str(answer["response"].as_str().expect("text")).expect("JSON");
    assert!(said["n"].is_boolean());
    let numbers = answer["logprobs"].as_array().expect("numbers");
    assert!(numbers.iter().all(
        |token| token["logprob"].is_number() && token["top_logprobs"].as_array().is_some_and(|top| top.len() == 2)
    ));
}

#[test]
fn the_model_is_told_of() {
    let running = Running::start(Settings::default());
    assert_eq!(running.get("/").text(), "beamline is running");
    let tags = running.get("/api/tags").json();
    let name = tags["models"][0]["name"].as_str().expect("a name").to_owned();
    assert!(running.get("/api/ps").json()["models"][0]["context_length"].as_u64() > Some(0));
    let show = running.post("/api/show", &json!({"model": format!("{name}:latest")}));
    assert_eq!(show.json()["capabilities"], json!(["completion"]), "{}", show.text());
    assert!(running.get("/api/version").json()["version"].is_string());
    let load = running.post("/api/generate", &json!({"model": name})).json();
    assert_eq!((&load["done"], &load["done_reason"]), (&json!(true), &json!("load")));
}

#[test]
fn what_cannot_be_is_refused_by_name_in_ollamas_form() {
    let running = Running::start(Settings::default());
    let options = |options: Value| json!({"prompt": "a", "options": options});
    for (path, body, status, named) in [
        ("/api/generate", json!({"model": "other", "prompt": "a"}), 404, "other"),
        ("/api/generate", json!({"prompt": "a", "template": "x"}), 400, "template"),
        ("/api/generate", json!({"prompt": "a", "images": ["aGk="]}), 400, "images"),
        ("/api/generate", json!({"prompt": "a", "suffix": "b"}), 400, "suffix"),
        ("/api/generate", json!({"prompt": "a", "think": true}), 400, "think"),
        ("/api/generate", json!({"prompt": "a", "format": "xml"}), 400, "format"),
        ("/api/generate", json!({"prompt": "a", "temperature": 1}), 400, "temperature"),
        ("/api/generate", json!({"prompt": "a", "top_logprobs": 2}), 400, "top_logprobs"),
        ("/api/generate", json!({"prompt": "a", "system": "b"}), 400, "template"),
        ("/api/generate", options(json!({"num_ctx": 1_000_000})), 400, "num_ctx"),
        ("/api/generate", options(json!({"num_predict": 0})), 400, "num_predict"),
        ("/api/generate", options(json!({"tfs_z": 0.5})), 400, "tfs_z"),
        ("/api/generate", options(json!({"top_p": 7})), 400, "top_p"),
        ("/api/generate", options(json!({"temperatur": 1})), 400, "temperature"),
        ("/api/generate", options(json!({"do_sample": true, "num_return_sequences": 2})), 400, "num_return_sequences"),
        ("/api/chat", json!({"messages": [{"role": "user", "content": "a"}]}), 400, "template"),
        ("/api/chat", json!({"messages": [{"role": "user", "content": "a", "images": ["aGk="]}]}), 400, "images"),
        ("/api/show", json!({"model": "other"}), 404, "other"),
    ] {
        let reply = running.post(path, &body);
        assert_eq!(reply.status, status, "{path} {body}: {}", reply.text());
        assert!(reply.json()["error"].as_str().is_some_and(|text| text.contains(named)), "{}", reply.text());
    }
    let reply = running.raw(&support::request("/api/chat", b"{")).expect("an answer");
    assert!(reply.status == 400 && reply.json()["error"].is_string());
}

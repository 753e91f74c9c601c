//! What is refused, and in which words; and what is not, though others stumble over it.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_serve::Settings;
use serde_json::{Value, json};
use support::Running;

/// The field at fault, and what is said of it.
fn refused(server: &Running, path: &str, body: &Value) -> (String, String) {
    let reply = server.post(path, body);
    assert_eq!(reply.status, 400, "{body}: {}", reply.text());
    let error = reply.json()["error"].clone();
    (error["param"].as_str().unwrap_or_default().to_owned(), error["message"].as_str().unwrap().to_owned())
}

#[test]
fn numbers_are_counted_for_every_choice_in_which_they_stand() {
    let server = Running::start(Settings::default());
    // One answer of a search without chance, a hundred times.
    let copies = json!({"prompt": "a", "temperature": 0, "n": 100, "logprobs": 8000, "max_tokens": 40});
    assert_eq!(refused(&server, "/v1/completions", &copies).0, "logprobs");
    // A prompt that would come back a hundred times is refused for its length before that.
    let echo = json!({"prompt": "a ".repeat(60_000), "echo": true, "max_tokens": 0, "n": 100});
    let (_, message) = refused(&server, "/v1/completions", &echo);
    assert!(message.contains("context of 512"), "{message}");
    let fits = json!({"prompt": "a b c", "echo": true, "max_tokens": 0, "logprobs": 3, "n": 2, "temperature": 0});
    assert_eq!(server.post("/v1/completions", &fits).status, 200);
}

#[test]
fn long_values_are_not_repeated() {
    let server = Running::start(Settings::default());
    for (field, value) in [("temperature", "é".repeat(100_000)), ("processors", "a".repeat(1 << 20))] {
        let (param, message) = refused(&server, "/v1/completions", &json!({"prompt": "a", field: value}));
        assert!(message.chars().count() < 700 && !message.contains('\n'), "{message}");
        assert!(param == field || param.is_empty(), "{param}");
    }
    let (param, message) = refused(&server, "/v1/completions", &json!({"prompt": "a", "b".repeat(1 << 20): 1}));
    assert!(param.len() <= 100 && message.starts_with("there is no field"), "{message}");
}

#[test]
fn a_path_that_is_no_text_is_refused_as_everything_else() {
    let server = Running::start(Settings::default());
    let reply = server.get("/v1/models/%ff");
    assert_eq!((reply.status, reply.json()["error"]["code"].as_u64()), (400, Some(400)));
}

#[test]
fn parts_of_a_message_are_one_text() {
    let server = Running::chatty(Settings::default());
    let asked = |content: Value| {
        let messages = json!([{"role": "user", "content": content}]);
        json!({"messages": messages, "max_tokens": 8, "temperature": 0, "logprobs": true})
    };
    let answer = |content: Value| {
        let reply = server.post("/v1/chat/completions", &asked(content));
        assert_eq!(reply.status, 200, "{}", reply.text());
        (reply.json()["choices"].clone(), reply.json()["usage"]["prompt_tokens"].clone())
    };
    let parts = json!([{"type": "text", "text": "Tell me"}, {"type": "text", "text": "of the sea."}]);
    assert_eq!(answer(parts), answer(json!("Tell me\nof the sea.")));
    let empty = asked(json!([{"type": "text"}]));
    assert_eq!(refused(&server, "/v1/chat/completions", &empty).0, "messages");
    let within = json!({"messages": {"messages": [{"role": "user", "content": "a"}], "tools": [{}]}});
    assert_eq!(refused(&server, "/v1/chat/completions", &within).0, "messages");
}

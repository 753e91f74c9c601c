//! OpenAI's responses, without anything that is kept.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_serve::Settings;
use serde_json::{Value, json};
use support::{Running, events};

#[test]
fn a_stream_says_what_the_whole_answer_says() {
    let running = Running::chatty(Settings::default());
    let body =
        json!({"input": "Hello!", "instructions": "Be brief.", "seed": 2, "max_output_tokens": 8, "store": true});
    let whole = running.post("/v1/responses", &body);
    assert_eq!(whole.status, 200, "{}", whole.text());
    let whole = whole.json();
    assert_eq!((&whole["status"], &whole["object"]), (&json!("incomplete"), &json!("response")));
    assert_eq!(whole["incomplete_details"]["reason"], "max_output_tokens");
    assert_eq!(whole["usage"]["output_tokens"], 8);
    let mut streamed = body;
    streamed["stream"] = true.into();
    let text = running.post("/v1/responses", &streamed).text();
    let told: Vec<Value> = events(&text).iter().map(|event| serde_json::from_str(event).expect("JSON")).collect();
    let kinds: Vec<&str> = told.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(
        kinds[..4],
        ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]
    );
    let tail =
        ["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.incomplete"];
    assert_eq!(kinds[kinds.len() - 4..], tail);
    assert!(told.iter().enumerate().all(|(place, event)| event["sequence_number"] == place));
    let deltas: String = told.iter().filter_map(|event| event["delta"].as_str()).collect();
    let said = &whole["output"][0]["content"][0]["text"];
    assert_eq!(*said, deltas);
    assert_eq!(told[told.len() - 1]["response"]["output"][0]["content"][0]["text"], *said);
}

#[test]
fn messages_are_those_of_a_chat() {
    let running = Running::chatty(Settings::default());
    let input = json!([
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello!"}]},
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]},
        {"role": "user", "content": "And?"},
    ]);
    let answer = running.post("/v1/responses", &json!({"input": input, "seed": 4, "max_output_tokens": 6}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "And?"},
    ]);
    let chat = running.post("/v1/chat/completions", &json!({"messages": messages, "seed": 4, "max_tokens": 6}));
    assert_eq!(answer.json()["output"][0]["content"][0]["text"], chat.json()["choices"][0]["message"]["content"]);
}

#[test]
fn a_text_is_held_to_a_schema() {
    let running = Running::chatty(Settings::default());
    let schema = json!({"type": "object", "properties": {"n": {"type": "boolean"}}, "required": ["n"], "additionalProperties": false});
    let format = json!({"type": "json_schema", "name": "flag", "strict": true, "schema": schema});
    let body = json!({"input": "A flag", "text": {"format": format}, "max_output_tokens": 60, "seed": 1});
    let answer = running.post("/v1/responses", &body).json();
    let text = answer["output"][0]["content"][0]["text"].as_str().expect("text");
    assert!(serde_json::from_str::<Value>(text).expect("JSON")["n"].is_boolean());
    assert_eq!(answer["status"], "completed");
}

#[test]
fn what_would_have_to_be_kept_is_refused_by_name() {
    let running = Running::chatty(Settings::default());
    for (field, value) in [
        ("previous_response_id", json!("resp_1")),
        ("conversation", json!("conv_1")),
        ("background", json!(true)),
        ("tools", json!([{"type": "web_search"}])),
        ("include", json!(["message.output_text.logprobs"])),
        ("reasoning", json!({"effort": "high"})),
        ("truncation", json!("auto")),
        ("tool_choice", json!("required")),
        ("input", json!(7)),
        ("input", json!([{"type": "function_call_output", "call_id": "a", "output": "b"}])),
        ("input", json!([{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}])),
        ("num_return_sequences", json!(2)),
        ("inptu", json!("a")),
    ] {
        let mut body = json!({"input": "Hello!", "max_output_tokens": 2});
        body[field] = value;
        let reply = running.post("/v1/responses", &body);
        assert_eq!(reply.status, 400, "{body}: {}", reply.text());
        assert!(reply.json()["error"]["message"].is_string(), "{}", reply.text());
    }
    for (field, value) in
        [("previous_response_id", Value::Null), ("tools", json!([])), ("reasoning", json!({"effort": null}))]
    {
        let mut body = json!({"input": "Hello!", "max_output_tokens": 2});
        body[field] = value;
        assert_eq!(running.post("/v1/responses", &body).status, 200, "{body}");
    }
}

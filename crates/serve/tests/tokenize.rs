//! Texts as tokens and back, and what there is.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_serve::Settings;
use serde_json::{Value, json};
use support::Running;

fn ask(running: &Running, path: &str, body: &Value) -> Value {
    let reply = running.post(path, body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[test]
fn texts_go_to_tokens_and_back_in_both_forms() {
    let running = Running::chatty(Settings::default());
    let text = "Once upon a time, in Zürich 🙂";
    let vllm =
        ask(&running, "/tokenize", &json!({"prompt": text, "add_special_tokens": false, "return_token_strs": true}));
    let llama = ask(&running, "/tokenize", &json!({"content": text, "with_pieces": true}));
    let tokens = vllm["tokens"].as_array().expect("a list");
    assert_eq!(vllm["count"], tokens.len());
    assert_eq!(vllm["token_strs"].as_array().map(Vec::len), Some(tokens.len()));
    assert!(vllm["max_model_len"].as_u64() > Some(0));
    let ids: Vec<Value> = llama["tokens"].as_array().expect("a list").iter().map(|token| token["id"].clone()).collect();
    assert_eq!(&ids, tokens);
    let back = ask(&running, "/detokenize", &json!({"tokens": tokens}));
    assert_eq!((back["prompt"].as_str(), back["content"].as_str()), (Some(text), Some(text)));
    assert_eq!(ask(&running, "/detokenize", &json!({"tokens": []}))["content"], "");
}

#[test]
fn a_conversation_is_written_as_the_model_reads_it() {
    let running = Running::chatty(Settings::default());
    let messages = json!([{"role": "user", "content": "Hello!"}]);
    let written = ask(&running, "/apply-template", &json!({"messages": messages}))["prompt"].clone();
    assert_eq!(written, "user: Hello!\nassistant:");
    let chat = ask(&running, "/tokenize", &json!({"messages": messages}));
    let text = ask(&running, "/tokenize", &json!({"prompt": written, "add_special_tokens": false}));
    assert_eq!(chat["tokens"], text["tokens"]);
}

#[test]
fn the_tokenizer_and_the_model_are_told_of() {
    let running = Running::chatty(Settings::default());
    let info = running.get("/tokenizer_info").json();
    assert!(info.get("eos_token").is_some() && info.get("bos_token").is_some());
    assert_eq!(info["chat_template"], support::TEMPLATE);
    let props = running.get("/props").json();
    assert_eq!(props["default_generation_settings"]["params"]["max_new_tokens"]["value"], 16);
    assert_eq!(props["default_generation_settings"]["n_ctx"], props["model"]["max_model_len"]);
    assert_eq!(props["capabilities"]["chat"], true);
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let running = Running::start(Settings::default());
    for (path, body, named) in [
        ("/tokenize", json!({}), "prompt"),
        ("/tokenize", json!({"prompt": "a", "content": "a"}), "one of"),
        ("/tokenize", json!({"prompt": 1}), "prompt"),
        ("/tokenize", json!({"prompt": "a", "temperature": 1}), "temperature"),
        ("/tokenize", json!({"prompt": "a", "parse_special": false}), "parse_special"),
        ("/tokenize", json!({"messages": [{"role": "user", "content": "a"}]}), "template"),
        ("/detokenize", json!({"tokens": [4_000_000_000_u32]}), "vocabulary"),
        ("/detokenize", json!({"tokens": [-1]}), "tokens"),
        ("/detokenize", json!({"ids": [1]}), "ids"),
        ("/apply-template", json!({}), "messages"),
    ] {
        let reply = running.post(path, &body);
        assert_eq!(reply.status, 400, "{path} {body}: {}", reply.text());
        assert!(reply.json()["error"]["message"].as_str().is_some_and(|text| text.contains(named)), "{}", reply.text());
    }
}

//! What the lab needs: its pages, and the routes that its numbers come from.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::Engine;
use beamline_lab::Pages;
use beamline_serve::Settings;
use beamline_study::{Bundle, verify};
use serde_json::{Value, json};
use support::Running;

/// A server that shows the lab.
fn lab(settings: Settings) -> Running {
    Running::start(Settings { lab: Some(Pages::own()), ..settings })
}

#[test]
fn pages_are_shown_where_that_is_asked_for() {
    let server = lab(Settings::default());
    let first = server.get("/lab/");
    assert_eq!((first.status, first.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(first.header("content-security-policy").unwrap().contains("default-src 'self'"));
    assert_eq!(server.get("/lab").header("location"), Some("lab/"));
    assert_eq!(server.get("/lab/start.js").header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(server.get("/lab/nothing.js").status, 404);
    assert_eq!(server.get("/lab/%2e%2e/Cargo.toml").status, 404);
    for path in ["/lab/chapter/xx", "/lab/%ff", "/lab/chapter/%ff"] {
        assert_eq!(
            (server.get(path).status, server.get(path).json()["error"]["code"].as_u64()),
            (404, Some(404)),
            "{path}"
        );
    }
    let chapter = server.get("/lab/chapter/ko").json();
    assert!(chapter["scenes"].as_array().unwrap().len() > 10);
    assert!(chapter["scenes"][4]["title"].as_str().unwrap().contains("빔"), "{}", chapter["scenes"][4]);
    let plain = Running::start(Settings::default());
    assert_eq!(plain.get("/lab/").status, 404);
}

#[test]
fn pages_need_no_key_and_numbers_do() {
    let server = Running::with(
        Settings { lab: Some(Pages::own()), keys: vec!["secret".to_owned()], ..Settings::default() },
        || Engine::open("builtin"),
    );
    assert_eq!(server.get("/lab/").status, 200);
    assert_eq!(server.get("/v1/vocabulary").status, 401);
    assert_eq!(server.get("/labyrinth").status, 401);
}

#[test]
fn logits_are_those_of_the_step_table() {
    let server = lab(Settings::default());
    let reply = server.post("/v1/logits", &json!({"prompt": "Once upon a"}));
    assert_eq!((reply.status, reply.header("beamline-vocabulary")), (200, Some("8192")));
    let logits: Vec<f32> =
        reply.body.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(logits.len(), 8192);
    let table = server.post("/v1/inspect", &json!({"prompt": "Once upon a", "steps": 1, "top": 8192})).json();
    let candidates = table["steps"][0]["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 8192);
    for candidate in candidates {
        let id = candidate["id"].as_u64().unwrap() as usize;
        let logit: f32 = serde_json::from_value(candidate["logit"].clone()).unwrap();
        assert_eq!(logits[id].to_bits(), logit.to_bits(), "{id}");
    }
    // By ids it is the same row, and a field that is not its own is refused.
    let ids = table["prompt_token_ids"].clone();
    assert_eq!(server.post("/v1/logits", &json!({"prompt_ids": ids})).body, reply.body);
    assert_eq!(server.post("/v1/logits", &json!({"prompt": "a", "top_k": 3})).status, 400);
}

#[test]
fn a_bundle_is_verified_by_the_server_and_by_the_library() {
    let server = lab(Settings::default());
    let body = json!({"prompt": "Once upon a", "max_new_tokens": 9, "do_sample": true, "seed": 5, "top_k": 30, "bundle": true});
    let whole = server.post("/v1/generate", &body).json();
    let bundle = whole["bundle"].clone();
    let verdict = server.post("/v1/replay", &json!({"bundle": bundle})).json();
    assert_eq!((verdict["same"].as_bool(), verdict["tokens"].as_u64()), (Some(true), Some(9)));
    let engine = Engine::open("builtin").unwrap();
    assert!(verify(&engine, &Bundle::read(&bundle.to_string()).unwrap()).unwrap().same);
    let mut other = bundle.clone();
    other["sequences"][0]["token_ids"][3] = json!(1);
    let verdict = server.post("/v1/replay", &json!({"bundle": other})).json();
    assert_eq!(verdict["same"].as_bool(), Some(false));
    assert!(verdict["difference"].as_str().unwrap().contains("token 4"), "{verdict}");
    let mut otherwise = bundle.clone();
    otherwise["activations"] = json!("f32");
    let refused = server.post("/v1/replay", &json!({"bundle": otherwise}));
    assert!(refused.status == 400 && refused.text().contains("activations f32"), "{}", refused.text());
    other["parameters"] = json!(1);
    assert_eq!(server.post("/v1/replay", &json!({"bundle": other})).status, 400);
    assert_eq!(server.post("/v1/replay", &json!({"bundle": 7})).status, 400);
    assert!(server.post("/v1/generate", &json!({"prompt": "a", "max_new_tokens": 1})).json()["bundle"].is_null());
}

#[test]
fn a_removed_token_names_what_removed_it() {
    let server = lab(Settings::default());
    let body = json!({
        "prompt": "Once upon a", "max_new_tokens": 1, "do_sample": true, "seed": 1, "top_k": 3, "top_p": 0.5,
        "stream": true, "top": 6, "events": ["token", "stage"],
    });
    let text = server.post("/v1/generate", &body).text();
    let data = text.split("event: token").nth(1).and_then(|rest| rest.split_once("data: ")?.1.lines().next()).unwrap();
    let top: Vec<Value> = serde_json::from_str::<Value>(data).unwrap()["top"].as_array().unwrap().clone();
    let removers: Vec<Option<&str>> = top.iter().map(|token| token["removed_by"].as_str()).collect();
    assert_eq!(removers[3..], [Some("top_k"); 3]);
    for token in &top {
        assert_eq!(token["removed_by"].is_null(), !token["logprob_processed"].is_null(), "{token}");
    }
    assert!(removers.contains(&Some("top_p")), "{removers:?}");
}

#[test]
fn a_search_that_looks_ahead_lists_the_best_of_every_place() {
    let server = lab(Settings::default());
    for search in
        [json!({"penalty_alpha": 0.6, "top_k": 4}), json!({"do_sample": true, "num_return_sequences": 3, "seed": 2})]
    {
        let mut body =
            json!({"prompt": "Once upon a", "max_new_tokens": 5, "stream": true, "top": 3, "events": ["token"]});
        body.as_object_mut().unwrap().extend(search.as_object().unwrap().clone());
        let text = server.post("/v1/generate", &body).text();
        let tokens: Vec<&str> = text.split("event: token").skip(1).collect();
        assert!(tokens.len() >= 5 && tokens.iter().all(|token| token.contains("\"top\":[{")), "{search}: {text}");
    }
}

#[test]
fn the_vocabulary_and_the_options_are_told() {
    let (server, engine) = (lab(Settings::default()), Engine::open("builtin").unwrap());
    let told = server.get("/v1/vocabulary").json();
    let tokens = told["tokens"].as_array().unwrap();
    let vocabulary = engine.tokenizer().vocabulary();
    assert_eq!(tokens.len(), 8192);
    for (id, token) in tokens.iter().enumerate() {
        let bytes = vocabulary.bytes(beamline::TokenId(id as u32));
        let told = token
            .as_str()
            .map_or_else(|| serde_json::from_value(token.clone()).unwrap(), |text| text.as_bytes().to_vec());
        assert_eq!(told, bytes, "{id}");
    }
    let told = server.get("/v1/options").json();
    let names: Vec<&str> = told["options"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert!(beamline::options().all(|option| names.contains(&option.name)));
}

#[test]
fn tokens_have_their_places_and_the_text_its_stages() {
    let server = lab(Settings::default());
    let told = server.post("/v1/tokens", &json!({"text": "안녕, you"})).json();
    assert_eq!((told["decoded"].as_str(), told["round_trip"].as_bool()), (Some("안녕, you"), Some(true)));
    let tokens = told["tokens"].as_array().unwrap();
    let bytes: Vec<u8> =
        tokens.iter().flat_map(|t| serde_json::from_value::<Vec<u8>>(t["bytes"].clone()).unwrap()).collect();
    assert_eq!(bytes, "안녕, you".as_bytes());
    assert!(told["pieces"].as_array().unwrap().len() >= 2, "{}", told["pieces"]);
    assert_eq!(server.post("/v1/tokens", &json!({"texts": "a"})).status, 400);
    assert_eq!(server.post("/v1/tokens", &json!({"text": "a".repeat(300_000)})).status, 400);
}

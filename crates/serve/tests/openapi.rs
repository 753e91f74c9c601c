//! The document of all routes, as it is served.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_serve::{Settings, openapi};
use serde_json::Value;
use support::Running;

#[test]
fn the_document_is_served() {
    let running = Running::start(Settings::default());
    let reply = running.get("/openapi.json");
    assert_eq!(reply.status, 200);
    let document = reply.json();
    assert_eq!(document, openapi(&Settings::default()));
    // What it lists is there, by its method.
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let reply = running.get(&path.replace("{name}", "builtin"));
        let expected = if operations.get("get").is_some() { 200 } else { 405 };
        assert_eq!(reply.status, expected, "{path}: {}", reply.text());
    }
}

#[test]
fn keys_are_told_of_where_they_are_asked_for() {
    let keyed = Settings { keys: vec!["key".to_owned()], ..Settings::default() };
    let document = openapi(&keyed);
    assert_eq!(document["security"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["paths"]["/health"]["get"]["security"].as_array().map(Vec::len), Some(0));
    assert_eq!(openapi(&Settings::default())["security"].as_array().map(Vec::len), Some(0));
    assert_eq!(
        openapi(&Settings { lenient: true, ..keyed })["components"]["schemas"]["ChatRequest"]["additionalProperties"],
        true
    );
}

#[test]
fn what_is_pointed_to_is_there() {
    fn pointers<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| pointers(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| pointers(value, found)),
            _ => {}
        }
    }
    let document = openapi(&Settings::default());
    let mut found = Vec::new();
    pointers(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for pointer in found {
        let at = pointer.strip_prefix('#').expect("a pointer into the document");
        assert!(document.pointer(at).is_some(), "{pointer}");
    }
}

#[test]
fn every_decoding_option_may_be_given_where_text_is_made() {
    let document = openapi(&Settings::default());
    for name in
        ["CompletionRequest", "ChatRequest", "ResponsesRequest", "GenerateRequest", "InspectRequest", "ExpandRequest"]
    {
        let schema = &document["components"]["schemas"][name];
        for option in beamline::options() {
            assert!(schema["properties"][option.name].is_object(), "{name} {}", option.name);
        }
        assert_eq!(schema["additionalProperties"], false);
    }
}

//! What Jinja2 renders as transformers sets it up, byte for byte: `goldens/chat`, made by `goldens/make/chat.py`.
#![allow(clippy::unwrap_used)] // tests may

use beamline_chat::{ChatTemplate, Conversation, TokenTexts};
use serde_json::Value;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/chat")
}

fn json(file: &str) -> Value {
    serde_json::from_str(&read_to_string(folder().join(file)).unwrap()).unwrap()
}

#[test]
fn every_template_writes_what_jinja2_writes() {
    let (expected, conversations) = (json("expected.json"), json("conversations.json"));
    let tokens =
        TokenTexts::from([("bos_token", "<s>"), ("eos_token", "</s>")].map(|(k, v)| (k.to_owned(), v.to_owned())));
    let (mut same, mut refused) = (0, 0);
    for (name, texts) in expected.as_object().unwrap() {
        let source = read_to_string(folder().join("templates").join(format!("{name}.jinja"))).unwrap();
        let template = ChatTemplate::new(name, &source).unwrap();
        for (case, text) in texts.as_object().unwrap() {
            let mut conversation = Conversation::read(&conversations[case].to_string()).unwrap();
            conversation.date = Some("2026-11-30".parse().unwrap());
            let rendered = template.render(&conversation, &tokens).map(|rendered| rendered.text);
            if let Some(text) = text.as_str() {
                assert_eq!(rendered.unwrap(), text, "{name}, {case}");
                same += 1;
            } else {
                refused += usize::from(rendered.is_err());
            }
        }
    }
    assert!(same >= 70 && refused >= 3, "{same} the same, {refused} refused");
}

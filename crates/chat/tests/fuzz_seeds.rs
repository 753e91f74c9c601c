//! The seeds of the fuzz target for chat templates, replayed through the same function, and any text at all.
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../../fuzz/fuzz_targets/bodies/chat.rs"]
#[allow(unreachable_pub)] // public for the fuzz target
mod bodies;

use proptest::prelude::*;
use std::path::Path;

#[test]
fn seeds_are_rendered_or_refused_in_one_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/chat_template");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in &files {
        bodies::chat_template(&std::fs::read_to_string(file).unwrap());
    }
    assert!(files.len() >= 20);
}

proptest! {
    #[test]
    fn any_text_is_no_panic(text in ".{0,200}", jinja in "(\\{%-? ?|%\\}|\\{\\{|\\}\\}|for |in |if |end|set |generation|raw|messages|tools|\\[0\\]|\\.content|\\||tojson|=|\"|'| |x|1){0,30}") {
        bodies::chat_template(&text);
        bodies::chat_template(&jinja);
    }
}

#![no_main]
#[path = "bodies/chat.rs"]
mod bodies;
libfuzzer_sys::fuzz_target!(|text: &str| bodies::chat_template(text));

#![no_main]
#[path = "bodies/shape.rs"]
mod bodies;
libfuzzer_sys::fuzz_target!(|text: &str| bodies::grammar(text));

#![no_main]
#[allow(dead_code)] // other targets use the rest
#[path = "bodies/tokens.rs"]
mod bodies;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::tokenizer_json(bytes));

#![no_main]
#[allow(dead_code)] // other targets use the rest
#[path = "bodies/model.rs"]
mod bodies;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::safetensors(bytes));

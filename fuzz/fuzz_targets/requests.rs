#![no_main]
#[path = "bodies/serve.rs"]
mod bodies;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::requests(bytes));

#![no_main]
#[allow(dead_code)] // the other target uses the rest
mod bodies;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::safetensors_index_body(bytes));

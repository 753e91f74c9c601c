#![no_main]
#[allow(dead_code)] // the other target uses the rest
#[path = "bodies/batch.rs"]
mod bodies;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::batch_rows(bytes));

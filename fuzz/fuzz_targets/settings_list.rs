#![no_main]
#[allow(dead_code)] // other targets use the rest
#[path = "bodies/beamline.rs"]
mod bodies;
libfuzzer_sys::fuzz_target!(|text: &str| bodies::settings_list(text));

#![no_main]
// A bundle that somebody sends: read it, and read its options.
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(bundle) = beamline_study::Bundle::read(text) {
        let _ = bundle.options();
    }
});

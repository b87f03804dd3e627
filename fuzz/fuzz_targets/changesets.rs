#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| embark_fuzz::changesets(data));

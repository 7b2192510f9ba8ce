//! The fuzz target `amplified`: see `src/amplified.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pwp_fuzz::amplified::check(data));

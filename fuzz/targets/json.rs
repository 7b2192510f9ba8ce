//! The fuzz target `json`: see `src/json.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pwp_fuzz::json::check(data));

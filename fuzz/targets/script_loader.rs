//! The fuzz target `script_loader`: see `src/script_loader.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pwp_fuzz::script_loader::check(data));

//! The fuzz target `files`: see `src/files.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pwp_fuzz::files::check(data));

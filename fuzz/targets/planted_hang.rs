//! A planted bug, which `fuzz/run --planted` has to find: see `src/planted.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pwp_fuzz::planted::hang(data));

//! The fuzz target `oracle`: see `src/oracle/judge.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pwp_fuzz::oracle::check(data));

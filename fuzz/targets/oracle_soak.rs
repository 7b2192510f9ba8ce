//! The fuzz target `oracle_soak`: see `src/oracle/soak.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pwp_fuzz::oracle::soak(data));

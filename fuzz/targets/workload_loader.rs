//! The fuzz target `workload_loader`: see `src/workload_loader.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pwp_fuzz::workload_loader::check(data));

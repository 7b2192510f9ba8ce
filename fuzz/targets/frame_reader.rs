//! The fuzz target `frame_reader`: see `src/frame_reader.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pwp_fuzz::frame_reader::check(data));

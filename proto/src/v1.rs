//! The messages as Rust types, generated from `pwp/worker/v1/worker.proto` and checked in.

include!("generated/pwp.worker.v1.rs");

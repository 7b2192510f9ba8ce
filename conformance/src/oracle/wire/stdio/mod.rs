//! The dialects over stdin and stdout: streams of bytes, cut into frames and decoded.
//!
//! - [`Stdio`]: both streams of one process (`streams`)
//! - `requests`: the client's bytes; `responses`: the worker's bytes
//! - [`names`]: which call a `request_id` names

mod names;
mod requests;
mod responses;
mod streams;

pub(crate) use streams::Stdio;

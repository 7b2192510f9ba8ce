//! One conversation between a client and this worker, over any pair of byte streams.
//!
//! # Who does what
//!
//! - The **main thread**, on which [`Session::serve`] was called, reads a request, handles it and writes the
//!   response. As long as requests are quick nothing else happens: one `read` and one `write` for each round
//!   trip, no hand-over between threads. A worker that takes one request at a time runs all its work here.
//! - The **watcher** looks every millisecond, while there is traffic, whether the main thread is busy. Then it
//!   takes over the reading, so that a cancel request, the end of the input and further requests are
//!   seen while work is running. It gives the reading back when a request arrives and nothing is running.
//! - **Pool threads** handle what the watcher reads while something is running, if the worker multiplexes. They
//!   are started when they are needed, up to a limit; beyond it requests queue, and reading goes on.
//!
//! Whoever holds the [`Input`](input::Input) reads. What is open, queued and running stands in the `State` under one mutex.
//! Responses are written whole under another one. Where both are needed, the output comes first.
//!
//! | module | what it holds |
//! |---|---|
//! | `input` | bytes to messages |
//! | `lanes` | which requests are open, in which order they may run |
//! | `out` | responses to bytes |
//! | `state` | the session, and what its threads agree on |
//! | `serve` | the threads |
//! | `exchange` | one message in, one response out |
//! | `finish` | the end |
//! | `work` | one call of the tool's handler: argument files, sandbox_dir, panics |
//! | `hooks` | where the faults of the reference worker take hold; nothing in every other build |

mod exchange;
mod finish;
pub(crate) mod hooks;
pub(crate) mod input;
mod lanes;
mod out;
mod serve;
mod state;
pub(crate) mod work;

pub(crate) use out::Out;
pub(crate) use state::{Config, Handler, Session};

//! Any one-shot tool as a worker: one child process for each request.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use pwp_worker::wrap::Wrapper;
//!
//! fn main() -> ExitCode {
//!     match Wrapper::new(["gcc", "-O2"]) {
//!         Ok(wrapper) => wrapper.persistent(true).run(),
//!         Err(error) => {
//!             eprintln!("{error}");
//!             ExitCode::FAILURE
//!         }
//!     }
//! }
//! ```
//!
//! A request becomes a child `COMMAND... request.arguments...` in `sandbox_dir`, with an empty standard input, whose standard
//! output and standard error become `output` and whose exit status becomes `exit_code`. The tool gains no speed by this: it is
//! started for each request as before. What it gains is the protocol: several requests at once, each in its own
//! directory, with cancellation, to a client that knows workers only.
//!
//! | what happens | what is answered |
//! |---|---|
//! | the tool ends | its exit status and all that it printed, the first 16 MiB of it |
//! | the tool is ended by the signal n | exit code 128+n, and a line that says so |
//! | the tool cannot be started | exit code 127 if it is not found, 126 otherwise, and the reason with a remedy |
//! | the request is cancelled | `was_cancelled`, when the child and all that it started are gone |
//!
//! # What is left of a request: nothing
//!
//! When the tool has ended, or the request is cancelled, every process that belongs to the request gets `SIGTERM`, after a
//! grace `SIGKILL`, and the response is written when the last one is gone (W-055, W-090). At the end of the input and on
//! `SIGTERM` the same happens to all requests, without responses, before the worker ends (W-116). So a tool cannot leave a
//! server behind for its next call: give it the option that turns the server off.
//!
//! The processes of a request are found in three ways, because each can be evaded: they are in the process group of
//! its child, they descend from it, or they carry its mark, a resource limit that has no effect ([`Wrapper`] is the
//! subreaper, so orphans come to it). If the worker itself is killed, its keeper does this, a small process that waits for
//! that only.
//!
//! | module | what it holds |
//! |---|---|
//! | `wrapper` | what a program says and calls |
//! | `template` | the command line of a child |
//! | `child` | one request, from the start of its child to the exit code |
//! | `capture` | what the child prints, up to a limit |
//! | `family` | the processes of one request |
//! | `processes` | what `/proc` tells about processes |
//! | `ending` | the end of the worker |
//! | `keeper` | what ends the children of a killed worker |
//!
//! Linux only: macOS and Windows have no subreaper.

mod capture;
mod child;
mod ending;
mod family;
mod keeper;
mod processes;
mod template;
mod wrapper;

pub use wrapper::{WrapError, Wrapper};

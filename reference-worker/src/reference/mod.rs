//! The reference tool: small, but it does real work on files, and everything that a worker can be asked to do.
//!
//! One request has any of these arguments:
//!
//! | argument | what it does |
//! |---|---|
//! | `--in=PATH` | reads a file; any number of them, in this order |
//! | `--out=PATH` | writes all inputs there, each after a line `# PATH SHA256` |
//! | `--upper` | in upper case (ASCII) |
//! | `--print=TEXT` | prints a line to the request's output |
//! | `--echo-args` | prints the arguments to the request's output, one a line |
//! | `--stdout=TEXT` | prints a line to standard output, as a careless tool does |
//! | `--read-stdin` | reads standard input to its end and prints how many bytes there were |
//! | `--delay-ms=N` | takes that long, unless it is cancelled |
//! | `--fail=CODE` | fails with that exit code after all else is done |
//! | `--panic` | fails with an internal error |
//!
//! Without arguments there is nothing to do, and that succeeds. An argument that it does not know is exit code 2, a file
//! that cannot be read or written is exit code 1. Contents are cached by path and digest, if there is a digest.
//!
//! The command line of the process has in addition `--persistent_worker`, `--protocol=proto|json`,
//! `--no-multiplex`, `--no-cancellation`, `--no-multiplex-sandboxing`, `--jobs=N` and, with the feature `faults`, `--fault=NAME`.
//! `--banner=PATH` names a file of the tool itself, relative to the working directory of the process: its text is the
//! first line of every output file, as it is when that is written.

mod arguments;
mod cache;
mod command_line;
#[cfg(not(feature = "faults"))]
mod faultless;
mod run;
mod tool;

pub use run::run;
#[cfg(all(test, feature = "faults"))]
pub(crate) use tool::Tool;

/// The workload file of the reference tool, in the format `pwp/workload/v1`.
pub const REFERENCE_WORKLOAD: &str = include_str!("../../workload.toml");

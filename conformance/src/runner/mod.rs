//! Runs one script against one fresh process and writes down what happened.
//!
//! - [`Subject`]: what to start, in which dialect, with which features and workload (`subject`)
//! - [`Patience`]: how long to wait, measured on this subject (`patience`)
//! - [`run`]: interprets the steps of a script (`session`)
//! - `pump`: moves bytes and time between the process, the oracle and the transcript
//! - `messages`: makes the bytes that a script asks for
//! - `process`: the process itself, its group and what it leaves behind (`unix.rs`)

mod files;
mod interrupt;
mod messages;
mod patience;
mod pump;
mod session;
mod subject;

#[cfg_attr(unix, path = "unix.rs")]
mod process;

pub use interrupt::end_on_signals;
pub use patience::{Patience, Wait};
pub use process::{SpawnError, become_subreaper, kill_strays};
pub use session::{Outcome, RunError, has_named_requests, run};
pub use subject::{Command, CommandError, Subject};

//! Runs one script against one fresh process and writes down what happened.
//!
//! - [`Subject`]: what to start, in which dialect, with which features and workload (`subject`)
//! - [`TimeLimits`]: how long to wait, measured on this subject (`time_limits`)
//! - [`run`]: one script against one process (`run`), step by step (`script_run`)
//! - `event_loop`: moves bytes and time between the process, the oracle and the transcript
//! - `messages`: makes the bytes that a script asks for
//! - `layout`, `outputs`, `files`: which inputs are where before a request, and what is there behind its answer
//! - `process`: the process itself, its group and what it leaves behind (`unix.rs`), confined or not (`walls.rs`), with
//!   its signals as they usually are (`signals.rs`)

mod event_loop;
mod files;
mod interrupt;
mod layout;
mod messages;
mod outputs;
mod run;
mod script_run;
mod subject;
mod time_limits;

#[cfg_attr(unix, path = "unix.rs")]
mod process;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod walls;

pub use interrupt::end_on_signals;
pub(crate) use interrupt::interrupted;
pub use process::{SpawnError, become_subreaper, kill_strays};
pub(crate) use process::{began, children, living};
pub use run::{Outcome, RunError, has_named_requests, run};
#[cfg(unix)]
pub(crate) use signals::reset_signals;
pub use subject::{Command, CommandError, References, Subject};
pub use time_limits::{Served, TimeLimits, Wait};

/// Whether a subject can be confined to its working directory on this system.
pub fn can_confine() -> bool {
    process::can_confine()
}

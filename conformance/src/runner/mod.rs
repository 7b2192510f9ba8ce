//! Runs one script against one fresh process and writes down what happened.
//!
//! - [`Subject`]: what to start, in which dialect, with which features and workload (`subject`)
//! - [`Wait`]: what is waited for (`wait`); [`TimeLimits`]: how long, measured on this subject (`time_limits`)
//! - [`run`]: one script against one process (`run`), step by step (`script_run`)
//! - `event_loop`: moves bytes and time between the process, the oracle and the transcript
//! - `messages`: makes the bytes that a script asks for
//! - `layout`, `outputs`: which inputs are where before a request, and what is there behind its answer

mod event_loop;
mod layout;
mod messages;
mod outputs;
mod permit;
mod run;
mod script_run;
mod subject;
mod time_limits;
mod wait;

pub use run::{Outcome, RunError, has_named_requests, run};
pub use subject::{Command, CommandError, References, Subject};
pub use time_limits::TimeLimits;
pub use wait::{InVain, Matter, Served, Wait};

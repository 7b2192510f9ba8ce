//! Runs one script against one fresh process and writes down what happened.
//!
//! - [`Subject`]: what to start, in which dialect, with which features and workload (`subject`)
//! - [`Patience`]: how long to wait, measured on this subject (`patience`)
//! - [`run`]: one script against one process (`run`), step by step (`session`)
//! - `pump`: moves bytes and time between the process, the oracle and the transcript
//! - `messages`: makes the bytes that a script asks for
//! - `layout`, `outputs`, `files`: which inputs are where before a request, and what is there behind its answer
mod files;
mod layout;
mod messages;
mod outputs;
mod patience;
mod pump;
mod run;
mod session;
mod subject;

pub use patience::{Patience, Wait};
pub use run::{Outcome, RunError, has_named_requests, run};
pub use subject::{Command, CommandError, References, Subject};

//! The one supervisor of processes that are not library code: `check worker`, `check client`, `call` and `tap` start theirs here.
//!
//! - [`Process`], started with a [`Setup`]: its pipes, its end, and what outlives it (`unix/supervised`)
//! - `unix/setup`, `unix/confinement`: what is arranged between fork and exec
//! - [`ProcessId`]: processes as `/proc` shows them (`unix/table`)
//! - [`become_subreaper`], [`bury`]: children that nobody waits for (`unix/children`), known as those of a subject by a `unix/mark`
//! - [`kill_strays`], [`kill_all`], [`wait_gone`]: what processes leave behind (`unix/leftovers`), and its end (`unix/ending`);
//!   [`unended`] says what has none
//! - [`guard`]: a process that outlives the one that does the work and tidies up after it (`unix/guardian`), after both (`unix/previous`)
//! - [`end_on_signals`], [`interrupted`]: Ctrl-C and SIGTERM end the run, not only `pwp`, so that no subject is left behind (`unix/interrupt`)
//! - [`SpawnError`]: why a subject can't be started: its fault, or no room in the system (`unix/refusal`)

#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub use unix::*;

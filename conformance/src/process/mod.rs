//! The one supervisor of processes that are not library code: `check worker`, `check client`, `call` and `tap` start theirs here.
//!
//! - [`Process`], started with a [`Setup`]: its pipes, its end, and what outlives it (`unix/supervised`)
//! - `unix/setup`: what is arranged between fork and exec
//! - [`ProcessId`]: processes as `/proc` shows them (`unix/table`)
//! - [`become_subreaper`], [`kill_strays`], [`kill_all`], [`wait_gone`], [`bury`]: what processes leave behind, and its end (`unix/leftovers`)
//! - [`end_on_signals`], [`interrupted`]: signals to `pwp` itself (`interrupt`)

mod interrupt;
#[cfg(unix)]
mod unix;

pub use interrupt::{end_on_signals, interrupted};
#[cfg(unix)]
pub use unix::*;

//! The one supervisor of processes that are not library code: `check worker`, `check client`, `call` and `tap` start theirs here.
//!
//! - [`Process`], started with a [`Setup`]: its pipes, its end, and what outlives it (`unix/supervised`)
//! - `unix/setup`: what is arranged between fork and exec
//! - [`ProcessId`]: processes as `/proc` shows them (`unix/table`)
//! - [`become_subreaper`], [`kill_strays`], [`kill_all`], [`wait_gone`], [`bury`]: what processes leave behind, and its end (`unix/leftovers`)
//! - [`end_on_signals`], [`interrupted`]: Ctrl-C and SIGTERM end the run, not only `pwp`, so that no subject is left behind

#[cfg(unix)]
mod unix;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

#[cfg(unix)]
pub use unix::*;

static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Makes the run end when the user interrupts it. A second interrupt ends `pwp` at once; the kernel
/// then kills the subjects. Fails where the system refuses the signal handlers.
pub fn end_on_signals() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register_conditional_shutdown(signal, 4, Arc::clone(&INTERRUPTED))?;
        signal_hook::flag::register(signal, Arc::clone(&INTERRUPTED))?;
    }
    Ok(())
}

/// Whether the user has ended the run.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

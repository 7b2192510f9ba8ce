//! Ctrl-C and SIGTERM end the run, not only `pwp`: no subject is left behind.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Makes the run end when the user interrupts it. A second interrupt ends `pwp` at once; the kernel
/// then kills the subjects.
///
/// # Errors
/// Where the system refuses the signal handlers.
pub fn end_on_signals() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register_conditional_shutdown(signal, 4, flag())?;
        signal_hook::flag::register(signal, flag())?;
    }
    Ok(())
}

/// Whether the user has ended the run.
pub(crate) fn interrupted() -> bool {
    flag().load(std::sync::atomic::Ordering::Relaxed)
}

fn flag() -> Arc<AtomicBool> {
    static FLAG: std::sync::OnceLock<Arc<AtomicBool>> = std::sync::OnceLock::new();
    Arc::clone(FLAG.get_or_init(Arc::default))
}

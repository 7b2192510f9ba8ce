//! Ctrl-C and SIGTERM end the run, not only `pwp`: no subject is left behind.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

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

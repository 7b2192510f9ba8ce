//! Signals as a process finds them that nobody has prepared.
//!
//! A `pwp` that is started behind `nohup`, or behind `&` in a script, ignores signals, and what is ignored or blocked is handed down to
//! every child. A subject that has to end at SIGTERM could not.

use std::io;

/// Signals with which processes are ended or told that nobody listens.
const ORDINARY: [i32; 5] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGPIPE, libc::SIGTERM];

/// Makes the calling process ignore none of these signals, and block no signal at all. May be called between fork and exec.
pub(super) fn reset() -> io::Result<()> {
    // SAFETY: the set is written before it is read, and both calls may be made between fork and exec.
    unsafe {
        for signal in ORDINARY {
            if libc::signal(signal, libc::SIG_DFL) == libc::SIG_ERR {
                return Err(io::Error::last_os_error());
            }
        }
        let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(none.as_mut_ptr());
        match libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut()) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

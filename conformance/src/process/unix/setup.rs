//! What is arranged between fork and exec: signals as a process finds them that nobody has prepared, and its end with that of `pwp`.

use std::io;

use rustix::process::{Pid, Signal};

/// Signals with which processes are ended or told that nobody listens. A `pwp` that is started behind `nohup`, or behind `&` in a script,
/// ignores some of them, and what is ignored or blocked is handed down to every child: a subject that has to end at SIGTERM could not.
const ORDINARY: [i32; 5] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGPIPE, libc::SIGTERM];

/// Makes the calling process ignore none of these signals, and block no signal at all. May be called between fork and exec.
pub(super) fn reset_signals() -> io::Result<()> {
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

/// The kernel kills the calling process if `parent` dies. May be called between fork and exec. Fails where it is dead already.
pub(super) fn die_with(parent: Option<Pid>) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if rustix::process::getppid() == parent { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
}

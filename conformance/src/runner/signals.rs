//! Signals as a process finds them that nobody has prepared.
//!
//! Whoever starts `pwp` behind `nohup`, or behind `&` in a script, has it ignore signals, and what is ignored or blocked is handed down
//! to every child. A subject that has to end at SIGTERM could not.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Signals with which processes are ended or told that nobody listens.
const ORDINARY: [i32; 5] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGPIPE, libc::SIGTERM];

/// Has `command` start with none of these signals ignored, and with no signal blocked.
pub(crate) fn reset_signals(command: &mut Command) {
    // SAFETY: between fork and exec only system calls are made, and nothing is allocated.
    unsafe {
        command.pre_exec(reset);
    }
}

fn reset() -> io::Result<()> {
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

//! The terminal of the user: how it was set before subjects ran, and that again at the end.
//!
//! A subject has no controlling terminal, but it runs as the user, who may open any of their own terminals by its name.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};

/// A terminal in whose foreground this process runs, and its settings.
pub(super) struct Terminal {
    device: OwnedFd,
    settings: libc::termios,
}

impl Terminal {
    /// The terminal that this process was started in, unless it runs in the background: there the settings are those of the shell.
    pub(super) fn of_user() -> Option<Self> {
        let (error, output, input) = (std::io::stderr(), std::io::stdout(), std::io::stdin());
        let device = [error.as_fd(), output.as_fd(), input.as_fd()].into_iter().find(is_in_foreground)?;
        Some(Self { settings: settings(device)?, device: device.try_clone_to_owned().ok()? })
    }

    /// Sets the terminal as it was, if it is set otherwise and this process is in its foreground.
    pub(super) fn restore(&self) {
        let device = self.device.as_fd();
        if is_in_foreground(&device) && settings(device).is_some_and(|now| !are_same(&now, &self.settings)) {
            // SAFETY: the descriptor is open, and the settings were written by the system.
            unsafe { libc::tcsetattr(device.as_raw_fd(), libc::TCSANOW, &raw const self.settings) };
        }
    }
}

/// Whether a descriptor is the controlling terminal of this process, and its group is the one that may use it.
fn is_in_foreground(device: &BorrowedFd<'_>) -> bool {
    // SAFETY: the descriptor is open.
    let group = unsafe { libc::tcgetpgrp(device.as_raw_fd()) };
    group == rustix::process::getpgrp().as_raw_nonzero().get()
}

fn settings(device: BorrowedFd<'_>) -> Option<libc::termios> {
    let mut settings = MaybeUninit::uninit();
    // SAFETY: the call writes all of the settings where it returns 0.
    unsafe {
        (libc::tcgetattr(device.as_raw_fd(), settings.as_mut_ptr()) == 0).then(|| settings.assume_init())
    }
}

fn are_same(one: &libc::termios, two: &libc::termios) -> bool {
    let parts = |all: &libc::termios| (all.c_iflag, all.c_oflag, all.c_cflag, all.c_lflag, all.c_cc);
    parts(one) == parts(two)
}

//! What the command asks of the system, on Unix: whether a device, a pipe or standard output takes what is to be written, and what the C
//! library does with memory.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::write;

/// Bytes from which on a block of memory is a mapping of its own.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: i32 = 256 << 10;

/// An error if a device or a pipe is known to take nothing. Files are not opened.
pub(super) fn takes_output(path: &Path) -> io::Result<()> {
    let Ok(metadata) = path.metadata() else { return Ok(()) };
    let kind = metadata.file_type();
    if kind.is_fifo() || kind.is_char_device() {
        // A pipe that nobody reads is no reason to wait.
        let file =
            open(path, OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        return probe(file.as_fd());
    }
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is neither a file nor a pipe"))
}

/// An error if standard output is known to take nothing.
pub(super) fn stdout_takes_output() -> io::Result<()> {
    probe(io::stdout().as_fd())
}

fn probe(file: BorrowedFd<'_>) -> io::Result<()> {
    // `/dev/full` refuses a write of any size.
    write(file, &[])?;
    // No byte can be written to see whether a pipe has a reader.
    let mut polled = [PollFd::new(&file, PollFlags::OUT)];
    poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    let is_broken = polled[0].revents().intersects(PollFlags::ERR | PollFlags::NVAL);
    if is_broken { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
}

/// Lets the memory of a large message go back to the system as soon as the message is gone.
///
/// By itself glibc takes the size of the largest block that was ever freed as the size of ordinary ones, and then keeps up to twice as much
/// for each thread: after a message of 16 MiB, 32 MiB in each of the threads that run scripts.
pub(super) fn give_back_large_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the call sets a number, and no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

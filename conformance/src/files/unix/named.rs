//! Files that the user names: on the command line, or in a file that stands there. Links and pipes are welcome, devices are not, and each
//! reader says how much it takes.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};

use crate::files::{Kind, ReadError};

use super::beneath::read_seen;

/// How long a pipe may take to its end: a command behind `<(…)` may have to compute what it writes.
const PIPE: Duration = Duration::from_secs(60);
/// Bytes of one read.
const CHUNK: usize = 64 << 10;

/// Opens a regular file for reading, whatever links lead to it. Nothing else is opened.
///
/// # Errors
/// Where there is none, or it can't be read.
pub fn open_regular(path: &Path) -> Result<File, ReadError> {
    let seen = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    read_seen(seen.map_err(io::Error::from)?)
}

/// Reads a file of at most `limit` bytes that the user has named. It may be a pipe, such as `/dev/stdin` or `<(command)`, which has to end
/// within a minute.
///
/// # Errors
/// Where there is none, it is larger, or it can't be read.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    match open_regular(path) {
        Ok(file) => whole(file, limit),
        Err(ReadError::NotAFile(Kind::Fifo)) => read_pipe(path, limit),
        // A terminal on standard input is somebody who types.
        Err(ReadError::NotAFile(Kind::Device)) if is_stdin(path) => whole(io::stdin().lock(), limit),
        Err(error) => Err(error),
    }
}

/// The same as text.
///
/// # Errors
/// Where it can't be read, or is no text.
pub fn read_text(path: &Path, limit: u64) -> Result<String, ReadError> {
    let bytes = read_limited(path, limit)?;
    String::from_utf8(bytes)
        .map_err(|_| ReadError::System(io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8")))
}

/// Reads the first bytes of a regular file, at most `most`.
///
/// # Errors
/// Where there is none, or it can't be read.
pub fn read_start(path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn whole(from: impl io::Read, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(ReadError::TooLarge(limit)) } else { Ok(bytes) }
}

/// Whether a path means the standard input, and that is a terminal.
fn is_stdin(path: &Path) -> bool {
    let names = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
    names.iter().any(|name| path == Path::new(name)) && io::IsTerminal::is_terminal(&io::stdin())
}

/// Reads a pipe to its end.
fn read_pipe(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    // Without a wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let mut pipe = File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from)?);
    if !pipe.metadata()?.file_type().is_fifo() {
        return Err(ReadError::NotAFile(Kind::Other));
    }
    let until = Instant::now() + PIPE;
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; CHUNK]);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ReadError::Silent(PIPE.as_secs()));
        }
        let wait = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let mut ends = [PollFd::new(&pipe, PollFlags::IN)];
        // An error, such as an interrupt, only makes this round shorter.
        if !poll(&mut ends, Some(&wait)).is_ok_and(|count| count > 0) {
            continue;
        }
        match pipe.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error.into()),
        }
        if bytes.len() as u64 > limit {
            return Err(ReadError::TooLarge(limit));
        }
    }
}

//! What depends on the system: files that are streams.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;

/// Whether it is a terminal, `/dev/null` or a pipe.
pub(super) fn is_stream(there: &Metadata) -> bool {
    there.file_type().is_char_device() || there.file_type().is_fifo()
}

/// Opens a file to write it anew. A pipe that nobody reads is an error, and no wait for somebody.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits() as i32;
    let opened = File::options().write(true).create(true).truncate(true).custom_flags(flags).open(path);
    let file = opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::NXIO) => io::Error::new(ErrorKind::BrokenPipe, "it is a pipe that nobody reads"),
        _ => error,
    })?;
    // Who reads it may take its time.
    fcntl_setfl(&file, OFlags::empty())?;
    Ok(file)
}

//! What depends on the system: files that are streams.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

/// Whether it is a terminal, `/dev/null` or a pipe.
pub(super) fn is_stream(there: &Metadata) -> bool {
    there.file_type().is_char_device() || there.file_type().is_fifo()
}

/// Opens a file to write it anew. A pipe that nobody reads is an error, and no wait for somebody.
pub(super) fn open(path: &Path) -> io::Result<File> {
    open_with(path, File::options().write(true).create(true).truncate(true))
}

/// Opens a file to write at its end, in the same way.
pub(super) fn open_to_append(path: &Path) -> io::Result<File> {
    open_with(path, File::options().create(true).append(true))
}

fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let opened = options.custom_flags(OFlags::NONBLOCK.bits() as i32).open(path);
    let file = opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::NXIO) => io::Error::new(ErrorKind::BrokenPipe, "it is a pipe that nobody reads"),
        _ => error,
    })?;
    // Who reads it may take its time.
    let flags = fcntl_getfl(&file)?;
    fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
    Ok(file)
}

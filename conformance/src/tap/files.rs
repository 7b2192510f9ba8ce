//! Files that several taps write: whole or not at all, and one after the other.

use std::fs::File;
use std::io;
use std::path::Path;

/// Writes a file so that nobody ever sees half of it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".pwp-").tempfile_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    set_readable(file.as_file())?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// The rights of a file that was made in the usual way, as far as that is known.
#[cfg(unix)]
fn set_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_readable(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Waits until nobody else holds this file's lock, and holds it until the file is closed.
#[cfg(unix)]
pub(super) fn lock_alone(file: &File) -> io::Result<()> {
    Ok(rustix::fs::flock(file, rustix::fs::FlockOperation::LockExclusive)?)
}

#[cfg(not(unix))]
pub(super) fn lock_alone(_file: &File) -> io::Result<()> {
    Ok(())
}

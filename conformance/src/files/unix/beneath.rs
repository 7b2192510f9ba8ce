//! Opens what is below a directory: through no link, into no other mount, and without waiting.
//!
//! `cap-std` (4.0, looked at in 2026-11) keeps every path inside of a directory, but follows links that stay there, and can be told
//! otherwise only for the last part of a path. A link that a subject put in place of an input has to be seen as what it is, and replaced, so
//! that what is written is where the request says. `openat2` takes exactly this rule in one call.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Dir, FileType, IFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::files::{Kind, ReadError};

/// What holds for each part of a path.
const RULE: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);
/// How often a path is tried again that changes while it is walked, as the kernel asks for.
const TRIES: usize = 64;
/// A folder that is only passed through or named: it needs no rights on the folder itself.
pub(super) const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY);
/// Flags with which `chattr` keeps a file or a folder as it is.
const KEPT: IFlags = IFlags::IMMUTABLE.union(IFlags::APPEND);

/// The kernel, or a filter in front of it, has no `openat2`.
static REFUSED: AtomicBool = AtomicBool::new(false);

/// The parts of a path that leads nowhere but down: nothing but names.
pub(super) fn normal(path: &Path) -> io::Result<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::CurDir => {}
            _ => {
                let problem = format!("{} does not lead down from its folder", path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
            }
        }
    }
    Ok(normal)
}

/// Opens a path below a directory; an empty path is the directory itself. Neither a link nor another mount is passed, and a link at its
/// end is opened only by [`OFlags::PATH`].
pub(super) fn open(
    directory: BorrowedFd<'_>,
    path: &Path,
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    if !REFUSED.load(Ordering::Relaxed) {
        for _ in 0..TRIES {
            match rustix::fs::openat2(directory, path, flags, mode, RULE) {
                Err(Errno::AGAIN) => {}
                Err(Errno::NOSYS) => {
                    REFUSED.store(true, Ordering::Relaxed);
                    break;
                }
                // A filter may say it in this way. The walk meets the same error again if it has another cause.
                Err(Errno::PERM) => break,
                opened => return opened,
            }
        }
    }
    walk(directory, path, flags, mode)
}

/// The same, part by part, for kernels before Linux 5.6. It takes a bind mount of the same file system for a folder.
pub(super) fn walk(
    directory: BorrowedFd<'_>,
    path: &Path,
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    let device = rustix::fs::fstat(directory)?.st_dev;
    let stays = |opened: OwnedFd| match rustix::fs::fstat(&opened)?.st_dev == device {
        true => Ok(opened),
        false => Err(Errno::XDEV),
    };
    let (folder, name) = match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => (folder, Path::new(name)),
        _ => (Path::new(""), path),
    };
    let mut at: Option<OwnedFd> = None;
    for part in folder.iter() {
        let from = at.as_ref().map_or(directory, |at| at.as_fd());
        let next = rustix::fs::openat(from, part, PASS | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        at = Some(stays(next)?);
    }
    let from = at.as_ref().map_or(directory, |at| at.as_fd());
    stays(rustix::fs::openat(from, name, flags | OFlags::NOFOLLOW, mode)?)
}

/// Opens a regular file below a directory for reading, and nothing else: to open a device can do something, and to open a FIFO can take
/// for ever. So the file is looked at before it is opened, by a handle that stands for the same file in both steps.
pub(super) fn open_file(directory: BorrowedFd<'_>, path: &Path) -> Result<File, ReadError> {
    let seen = open(directory, path, OFlags::PATH, Mode::empty()).map_err(|error| match error {
        Errno::LOOP => ReadError::NotAFile(Kind::Link),
        error => ReadError::System(error.into()),
    })?;
    read_seen(seen)
}

/// Opens for reading what a handle of [`OFlags::PATH`] stands for, if it is a regular file.
pub(super) fn read_seen(seen: OwnedFd) -> Result<File, ReadError> {
    let seen = File::from(seen);
    let kind = seen.metadata()?.file_type();
    match kind {
        _ if kind.is_file() => {}
        _ if kind.is_symlink() => return Err(ReadError::NotAFile(Kind::Link)),
        _ if kind.is_dir() => return Err(ReadError::NotAFile(Kind::Folder)),
        _ if kind.is_fifo() => return Err(ReadError::NotAFile(Kind::Fifo)),
        _ if kind.is_socket() => return Err(ReadError::NotAFile(Kind::Socket)),
        _ if kind.is_char_device() || kind.is_block_device() => {
            return Err(ReadError::NotAFile(Kind::Device));
        }
        _ => return Err(ReadError::NotAFile(Kind::Other)),
    }
    // Whoever has a lease on the file could make an open wait.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    Ok(File::options().read(true).custom_flags(flags.bits() as i32).open(by_handle(seen.as_fd()))?)
}

/// A path that leads to what a handle stands for, and passes nothing that a subject has made.
pub(super) fn by_handle(handle: BorrowedFd<'_>) -> PathBuf {
    format!("/proc/self/fd/{}", handle.as_raw_fd()).into()
}

/// The entries of a directory.
pub(super) fn list(directory: BorrowedFd<'_>, path: &Path) -> Result<Dir, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    Dir::new(open(directory, path, flags, Mode::empty())?)
}

/// Gives the owner all rights on a folder, so that it can be listed and changed. What is still wrong then, the next attempt says.
pub(super) fn open_up(folder: BorrowedFd<'_>) {
    unlock(folder);
    // A handle that is only passed through can't be given rights by itself.
    let _ = rustix::fs::chmod(by_handle(folder), Mode::RWXU);
}

/// Takes away what `chattr +i` and `chattr +a` have done to a regular file or a folder. It takes the right that it took to do it.
pub(super) fn unlock(handle: BorrowedFd<'_>) {
    let kind = rustix::fs::fstat(handle).map(|data| FileType::from_raw_mode(data.st_mode));
    if !matches!(kind, Ok(FileType::RegularFile | FileType::Directory)) {
        return;
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
    let opened = File::options().read(true).custom_flags(flags).open(by_handle(handle));
    if let Ok(opened) = opened
        && let Ok(flags) = rustix::fs::ioctl_getflags(&opened)
        && flags.intersects(KEPT)
    {
        let _ = rustix::fs::ioctl_setflags(&opened, flags - KEPT);
    }
}

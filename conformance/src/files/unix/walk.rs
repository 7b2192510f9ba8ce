//! Lists what is below a folder, within limits: a subject can make a million files, and folders without a bottom.

use std::ffi::{CStr, OsStr};
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Stat};
use rustix::io::Errno;

use super::beneath::list;
use super::remove::is_dots;

/// Files and folders below a folder that are looked at, at most.
pub(super) const ENTRIES: usize = 20_000;
/// Folders in each other that are looked at, at most; no build has paths of that kind.
pub(super) const DEPTH: usize = 100;
/// Bytes of a path below the folder, at most: the system takes no more than 4,096 at once.
const PATH: usize = 3900;

/// What was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
pub enum Beyond {
    /// There are too many files and folders.
    #[strum(serialize = "more than 20,000 files and folders")]
    Entries,
    /// Folders are too deep in each other.
    #[strum(serialize = "folders more than 100 deep in each other")]
    Depth,
}

/// What a folder has under one name.
pub struct Entry<'a> {
    folder: BorrowedFd<'a>,
    name: &'a CStr,
    kind: FileType,
}

impl Entry<'_> {
    /// Whether it is a folder; a link to one is none.
    pub fn is_folder(&self) -> bool {
        self.kind == FileType::Directory
    }

    /// When it was last changed, in a way that no tool can set, in seconds and nanoseconds, and how many bytes it has; [`None`] if it is
    /// gone.
    pub fn stamp(&self) -> Option<(i64, i64, u64)> {
        let data = self.stat().ok()?;
        Some((data.st_ctime, data.st_ctime_nsec as i64, data.st_size as u64))
    }

    fn stat(&self) -> Result<Stat, Errno> {
        rustix::fs::statat(self.folder, self.name, AtFlags::SYMLINK_NOFOLLOW)
    }
}

/// Gives each file below `folder` to `found`, with its path from there. See [`Folder::walk`](super::Folder::walk).
pub(super) fn walk(
    folder: BorrowedFd<'_>,
    skip: impl Fn(&Path, bool) -> bool,
    mut found: impl FnMut(PathBuf, &Entry<'_>),
) -> Option<Beyond> {
    let (mut folders, mut seen, mut beyond) = (vec![PathBuf::new()], 0, None);
    while let Some(below) = folders.pop() {
        let whole = entries(folder, &below, &mut |path, entry| {
            seen += 1;
            if seen > ENTRIES {
                return false;
            }
            match entry.is_folder() {
                is_folder if skip(&path, is_folder) => {}
                true if path.components().count() > DEPTH || path.as_os_str().len() > PATH => {
                    beyond = Some(Beyond::Depth);
                }
                true => folders.push(path),
                false => found(path, entry),
            }
            true
        });
        // What can't be listed has nothing that can be looked at.
        if whole == Ok(false) {
            return Some(Beyond::Entries);
        }
    }
    beyond
}

/// Gives each entry of the folder `below` to `take`, with its path from `folder`, until that says false. Whether it never did.
pub(super) fn entries(
    folder: BorrowedFd<'_>,
    below: &Path,
    take: &mut dyn FnMut(PathBuf, &Entry<'_>) -> bool,
) -> Result<bool, Errno> {
    let mut all = list(folder, below)?;
    while let Some(entry) = all.read() {
        let entry = entry?;
        let name = entry.file_name();
        if is_dots(name) {
            continue;
        }
        let here = all.fd()?;
        let mut seen = Entry { folder: here, name, kind: entry.file_type() };
        if seen.kind == FileType::Unknown
            && let Ok(data) = seen.stat()
        {
            seen.kind = FileType::from_raw_mode(data.st_mode);
        }
        if !take(below.join(OsStr::from_bytes(name.to_bytes())), &seen) {
            return Ok(false);
        }
    }
    Ok(true)
}

//! Removes what stands at a path, and a tree of any depth and width with a few handles and a stack of its own size.
//!
//! A directory is emptied flat: what is in a directory below it is removed, or, where that is a directory with something in it, moved up
//! into the first one. So no path gets long, no handle is kept for a level, and each directory is moved once at most.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::files::{LeftBehind, Stuck};

use super::beneath::{self, PASS, list, open_up, unlock};

/// How long the removal of one directory may take. 30,000 directories in each other take 3 s of processor time, and a minute on a disk
/// that six builds use at the same time (`rm -rf`, 2026-11); but a process that still lives could make new ones for ever.
const LIMIT: Duration = Duration::from_secs(300);
/// How many things are named that can't be removed. Behind that many, the rest is left as it is.
const NAMED: usize = 100;
/// How often a directory is emptied that a process fills again.
const ROUNDS: usize = 64;

/// Removes what has this name in a directory: nothing, a file, a link, or a folder with all that is in it. `shown`: the path of the
/// directory.
pub(super) fn entry(directory: BorrowedFd<'_>, name: &OsStr, shown: &Path) -> Result<(), LeftBehind> {
    let path = shown.join(name);
    let failed = |error: Errno| LeftBehind::whole(path.clone(), &error.into());
    let c_name = CString::new(name.as_bytes()).map_err(|_| failed(Errno::INVAL))?;
    for _ in 0..ROUNDS {
        match unlink(directory, &c_name) {
            Ok(()) => return Ok(()),
            Err(Errno::NOTEMPTY | Errno::EXIST) => {}
            Err(error) => return Err(failed(error)),
        }
        let folder = open_folder(directory, &c_name).map_err(failed)?;
        clear(&folder, &path)?;
    }
    Err(failed(Errno::NOTEMPTY))
}

/// Removes all that is in a directory. `shown`: its path.
pub(super) fn clear(root: &OwnedFd, shown: &Path) -> Result<(), LeftBehind> {
    let until = Instant::now() + LIMIT;
    let root = root.as_fd();
    let mut clearing = Clearing { root, shown, stuck: BTreeMap::new(), moved: 0, pending: Vec::new(), until };
    let failed = |error: Errno| LeftBehind::whole(shown.to_owned(), &error.into());
    let mut is_late = false;
    while clearing.pass().map_err(failed)? && !clearing.is_enough() {
        is_late = Instant::now() >= until;
        if is_late {
            break;
        }
    }
    let more = is_late || clearing.is_enough();
    let mut stuck: Vec<Stuck> = clearing.stuck.into_values().collect();
    if is_late && stuck.is_empty() {
        stuck.push(self::stuck(shown.to_owned(), &io::Error::other(format!("it took more than {LIMIT:?}"))));
    }
    if stuck.is_empty() { Ok(()) } else { Err(LeftBehind { root: shown.to_owned(), stuck, more }) }
}

/// A directory that is being emptied.
struct Clearing<'a> {
    root: BorrowedFd<'a>,
    shown: &'a Path,
    /// What can't be removed, by its name in the directory.
    stuck: BTreeMap<CString, Stuck>,
    /// How many directories were moved up. The number is a part of the name that each has then.
    moved: u64,
    /// The numbers of those that were moved up and are not removed yet.
    pending: Vec<u64>,
    until: Instant,
}

impl Clearing<'_> {
    /// Looks at each entry once. Whether anything was removed, so that another pass may find more.
    fn pass(&mut self) -> Result<bool, Errno> {
        let mut entries = list(self.root, Path::new("")).or_else(|_| {
            open_up(self.root);
            list(self.root, Path::new(""))
        })?;
        let mut any = false;
        while let Some(entry) = entries.read() {
            let entry = entry?;
            let name = entry.file_name();
            if is_dots(name) || self.stuck.contains_key(name) {
                continue;
            }
            any |= self.remove_or_name(name);
            // What was moved up is removed at once: to look for it among all others would take long.
            while let Some(number) = self.pending.pop()
                && !self.is_enough()
                && Instant::now() < self.until
            {
                any |= self.remove_or_name(&moved_name(number));
            }
            if self.is_enough() || Instant::now() >= self.until {
                break;
            }
        }
        Ok(any)
    }

    /// Removes an entry, or keeps the reason why that is not possible. Whether it was removed.
    fn remove_or_name(&mut self, name: &CStr) -> bool {
        match self.remove(name) {
            Ok(()) => true,
            Err(stuck) => {
                self.stuck.insert(name.to_owned(), stuck);
                false
            }
        }
    }

    fn is_enough(&self) -> bool {
        self.stuck.len() >= NAMED
    }

    fn remove(&mut self, name: &CStr) -> Result<(), Stuck> {
        let path = self.shown.join(as_path(name));
        let failed = |error: Errno| stuck(path.clone(), &error.into());
        for _ in 0..ROUNDS {
            match unlink(self.root, name) {
                Ok(()) => return Ok(()),
                Err(Errno::NOTEMPTY | Errno::EXIST) => {}
                Err(error) => return Err(failed(error)),
            }
            let folder = open_folder(self.root, name).map_err(failed)?;
            self.empty(folder.as_fd(), &path)?;
            if Instant::now() >= self.until {
                // What is still in it, the next removal finds.
                return Err(failed(Errno::NOTEMPTY));
            }
        }
        Err(failed(Errno::NOTEMPTY))
    }

    /// Removes what is in a directory of this one, and moves up what is not empty itself.
    fn empty(&mut self, folder: BorrowedFd<'_>, shown: &Path) -> Result<(), Stuck> {
        let failed = |error: Errno| stuck(shown.to_owned(), &error.into());
        let mut entries = list(folder, Path::new(""))
            .or_else(|_| {
                open_up(folder);
                list(folder, Path::new(""))
            })
            .map_err(failed)?;
        let mut kept = None;
        while let Some(entry) = entries.read() {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if is_dots(name) {
                continue;
            }
            let removed = match unlink(folder, name) {
                Err(Errno::NOTEMPTY | Errno::EXIST) => self.move_up(folder, name),
                removed => removed,
            };
            if let Err(error) = removed {
                kept.get_or_insert_with(|| stuck(shown.join(as_path(name)), &error.into()));
            }
            if Instant::now() >= self.until {
                break;
            }
        }
        kept.map_or(Ok(()), Err)
    }

    fn move_up(&mut self, folder: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
        let mut opened = false;
        loop {
            let number = self.moved;
            self.moved += 1;
            let (new, flags) = (moved_name(number), RenameFlags::NOREPLACE);
            let moved = match rustix::fs::renameat_with(folder, name, self.root, &new, flags) {
                // A file system without this flag: the name is one that nobody has thought of.
                Err(Errno::INVAL) => rustix::fs::renameat(folder, name, self.root, &new),
                moved => moved,
            };
            match moved {
                Ok(()) => {
                    self.pending.push(number);
                    return Ok(());
                }
                Err(Errno::EXIST) => {}
                // To move a directory takes the right to change what it says of the one above it.
                Err(Errno::ACCESS | Errno::PERM) if !opened => {
                    opened = true;
                    open_up(folder);
                    open_up(self.root);
                    open_up(open_folder(folder, name)?.as_fd());
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// The name of a directory that was moved up.
fn moved_name(number: u64) -> CString {
    // Digits have no zero byte in them.
    CString::new(format!(".pwp-removed-{number}")).unwrap_or_default()
}

/// Removes a file or an empty directory; what is gone already is no error.
fn unlink(directory: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
    let unlink = |flags| match rustix::fs::unlinkat(directory, name, flags) {
        Err(Errno::ACCESS | Errno::PERM) => {
            open_up(directory);
            if let Ok(entry) = beneath::open(directory, as_path(name), OFlags::PATH, Mode::empty()) {
                unlock(entry.as_fd());
            }
            rustix::fs::unlinkat(directory, name, flags)
        }
        unlinked => unlinked,
    };
    let unlinked = match unlink(AtFlags::empty()) {
        Err(Errno::ISDIR) => unlink(AtFlags::REMOVEDIR),
        unlinked => unlinked,
    };
    match unlinked {
        Err(Errno::NOENT) => Ok(()),
        unlinked => unlinked,
    }
}

fn open_folder(directory: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    beneath::open(directory, as_path(name), PASS, Mode::empty()).or_else(|error| match error {
        Errno::ACCESS => {
            open_up(directory);
            beneath::open(directory, as_path(name), PASS, Mode::empty())
        }
        error => Err(error),
    })
}

fn as_path(name: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(name.to_bytes()))
}

pub(super) fn is_dots(name: &CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

/// What can't be removed, with what helps.
pub(super) fn stuck(path: PathBuf, error: &io::Error) -> Stuck {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    let (reason, remedy) = match code {
        Some(Errno::BUSY | Errno::XDEV) => ("a file system is mounted there".into(), "umount -l"),
        Some(Errno::PERM) => (error.to_string(), "sudo chattr -R -i -a"),
        Some(Errno::ACCESS) => (error.to_string(), "sudo chmod -R u+rwX"),
        _ => (error.to_string(), "rm -rf"),
    };
    Stuck { path, reason, remedy }
}

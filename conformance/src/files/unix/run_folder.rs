//! The one temporary directory of a run of `pwp`, in which each script, each client and each capture gets a folder of its own, and the
//! directories of runs that ended without a chance to remove theirs.
//!
//! The directory of a run that is alive is locked. The lock is on the directory itself: a file in it could be removed by a subject, which
//! may write there. A directory without a lock, whose owner is this user and whose name only `pwp` gives, is what is left of a run that
//! was killed, and the next run removes it.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, statat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use crate::files::LeftBehind;

use super::beneath::{self, PASS, by_handle, open_up};
use super::folder::Folder;
use super::{remove, walk};

/// How the name of such a directory begins.
const PREFIX: &str = "pwp-";
/// Characters of its name that are random.
const RANDOM: usize = 8;
/// Errors where the system has no room for another open file, which say nothing about the directory.
const NO_ROOM: [Errno; 3] = [Errno::MFILE, Errno::NFILE, Errno::NOMEM];
/// How often another name is tried.
const TRIES: usize = 16;

/// The run folder that is in use.
static CURRENT: Mutex<Weak<RunFolder>> = Mutex::new(Weak::new());

/// The temporary directory of a run. It is removed when nobody uses it any more; [`close`](Self::close) says whether that was possible.
#[derive(Debug)]
pub struct RunFolder {
    directory: Mutex<Option<Directory>>,
    /// How many folders were made in it.
    made: AtomicU64,
    /// What earlier runs left and could not be removed.
    earlier: Vec<LeftBehind>,
}

#[derive(Debug)]
struct Directory {
    /// The system's directory for temporary files, and its path.
    temporary: (OwnedFd, PathBuf),
    name: PathBuf,
    handle: Arc<OwnedFd>,
    /// As long as this is open, no other run takes the directory for one that was left. Some file systems have no locks: there nothing
    /// that was left is removed.
    _lock: OwnedFd,
}

impl RunFolder {
    /// The folder of this process. It is made if there is none, and what earlier runs have left is removed first.
    ///
    /// # Errors
    /// Where none can be made.
    pub fn current() -> io::Result<Arc<Self>> {
        let mut current = lock(&CURRENT);
        if let Some(folder) = current.upgrade() {
            return Ok(folder);
        }
        let earlier = Temporary::open()?.remove_abandoned();
        let directory = Mutex::new(Some(Directory::make()?));
        let folder = Arc::new(Self { directory, made: AtomicU64::new(0), earlier });
        *current = Arc::downgrade(&folder);
        Ok(folder)
    }

    /// What earlier runs have left and could not be removed.
    pub fn earlier(&self) -> &[LeftBehind] {
        &self.earlier
    }

    /// Whether a path is one below the directory of a run that is over.
    pub(crate) fn is_abandoned(path: &Path) -> bool {
        let Ok(Temporary { handle, path: temporary }) = Temporary::open() else { return false };
        let name = path.strip_prefix(&temporary).ok().and_then(|below| below.components().next());
        let name = name.map(|name| Path::new(name.as_os_str())).filter(|name| is_name(name));
        name.and_then(|name| Locked::take(&handle, name).ok()?).is_some_and(|locked| locked.is_held)
    }

    /// Makes a folder that nothing else uses.
    ///
    /// # Errors
    /// Where the system refuses it.
    pub fn make(&self) -> io::Result<Folder> {
        let mut directory = lock(&self.directory);
        // A subject may have removed the directory of the run from beside its own.
        if directory.as_ref().is_none_or(|directory| !directory.is_there()) {
            let new = Directory::make()?;
            if let Some(old) = directory.replace(new) {
                let _ = old.remove();
            }
        }
        let Some(directory) = directory.as_ref() else { return Err(io::ErrorKind::NotFound.into()) };
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let root = Folder::of_handle(Arc::clone(&directory.handle), directory.path());
        // A subject may have made something with this name.
        root.remove(number.to_string())?;
        root.make(number.to_string())
    }

    /// Removes the directory with all that is in it.
    ///
    /// # Errors
    /// Names what is still there, and how to remove it.
    pub fn close(&self) -> Result<(), LeftBehind> {
        lock(&self.directory).take().map_or(Ok(()), Directory::remove)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // Whoever wants to know has closed it.
        let _ = self.close();
    }
}

impl Directory {
    fn make() -> io::Result<Self> {
        let Temporary { handle: temporary, path } = Temporary::open()?;
        for _ in 0..TRIES {
            let name = name_of(RandomState::new().hash_one(std::process::id()));
            match rustix::fs::mkdirat(&temporary, &name, Mode::RWXU) {
                Ok(()) => {}
                Err(Errno::EXIST) => continue,
                Err(error) => return Err(error.into()),
            }
            // Another run may have found the directory before it was locked, and removes it.
            let locked = Locked::take(&temporary, &name).inspect_err(|_| {
                let _ = rustix::fs::unlinkat(&temporary, &name, AtFlags::REMOVEDIR);
            });
            if let Some(Locked { handle, lock, .. }) = locked? {
                // Whatever the mask of the user takes away.
                open_up(handle.as_fd());
                return Ok(Self {
                    temporary: (temporary, path),
                    name,
                    handle: Arc::new(handle),
                    _lock: lock,
                });
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn path(&self) -> PathBuf {
        self.temporary.1.join(&self.name)
    }

    /// Whether the directory is where it was made.
    fn is_there(&self) -> bool {
        is_same(&self.temporary.0, &self.name, &self.handle)
    }

    fn remove(self) -> Result<(), LeftBehind> {
        let path = self.path();
        let moved = !self.is_there();
        if moved {
            // A subject has given it another name: it is emptied by its handle, and goes if it can still be found.
            let cleared = remove::clear(&self.handle, &path);
            if let Ok(place) = std::fs::read_link(by_handle(self.handle.as_fd()))
                && let (Some(folder), Some(name)) = (place.parent(), place.file_name())
                && let Ok(folder) = rustix::fs::open(folder, PASS | OFlags::CLOEXEC, Mode::empty())
                && is_same(&folder, Path::new(name), &self.handle)
            {
                let _ = rustix::fs::unlinkat(&folder, name, AtFlags::REMOVEDIR);
            }
            cleared?;
        }
        // Or what a subject has put in its place.
        remove::entry(self.temporary.0.as_fd(), self.name.as_os_str(), &self.temporary.1)
    }
}

/// The system's directory for temporary files.
struct Temporary {
    handle: OwnedFd,
    path: PathBuf,
}

impl Temporary {
    fn open() -> io::Result<Self> {
        // Absolute, and without links: what a shell has started may see other names of the same folder.
        let given = std::path::absolute(tempfile::env::temp_dir())?;
        let is_text = |path: &PathBuf| path.to_str().is_some_and(|path| !path.contains(char::is_control));
        // The name stands in requests, where not every name can.
        let path = given.canonicalize().ok().filter(is_text).unwrap_or(given);
        let handle = rustix::fs::open(&path, PASS | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { handle, path })
    }

    /// Removes the directories of runs that are over. What could not be removed is named.
    fn remove_abandoned(&self) -> Vec<LeftBehind> {
        let mut names = Vec::new();
        let mut seen = 0;
        // Where it can't be listed, nothing is found.
        let _ = walk::entries(self.handle.as_fd(), Path::new(""), &mut |name, entry| {
            seen += 1;
            if entry.is_folder() && is_name(&name) {
                names.push(name);
            }
            seen < 1_000_000
        });
        let removed = names.iter().filter_map(|name| self.remove_if_abandoned(name).err());
        removed.collect()
    }

    fn remove_if_abandoned(&self, name: &Path) -> Result<(), LeftBehind> {
        let own = rustix::process::geteuid().as_raw();
        let is_own =
            statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|data| data.st_uid == own);
        if !is_own {
            return Ok(());
        }
        // Held until the directory is gone, so that two runs do not remove it at once.
        let Ok(Some(locked)) = Locked::take(&self.handle, name) else { return Ok(()) };
        if !locked.is_held {
            return Ok(());
        }
        remove::entry(self.handle.as_fd(), name.as_os_str(), &self.path)
    }
}

/// A directory that no other process has locked.
struct Locked {
    handle: OwnedFd,
    lock: OwnedFd,
    /// This process has the lock: it has not where the file system knows no locks.
    is_held: bool,
}

impl Locked {
    /// Takes the lock of a directory; [`None`] if another process has it or has removed the directory.
    fn take(temporary: &OwnedFd, name: &Path) -> io::Result<Option<Self>> {
        let open = |flags| beneath::open(temporary.as_fd(), name, flags, Mode::empty());
        let handle = match open(PASS) {
            Ok(handle) => handle,
            Err(error) if NO_ROOM.contains(&error) => return Err(error.into()),
            Err(_) => return Ok(None),
        };
        let lock = open(OFlags::RDONLY | OFlags::DIRECTORY).or_else(|_| {
            open_up(handle.as_fd());
            open(OFlags::RDONLY | OFlags::DIRECTORY)
        })?;
        let is_held = match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => return Ok(None),
            locked => locked.is_ok(),
        };
        Ok(is_same(temporary, name, &handle).then_some(Self { handle, lock, is_held }))
    }
}

/// Whether a name stands for the directory that is behind a handle.
fn is_same(folder: &OwnedFd, name: &Path, handle: &OwnedFd) -> bool {
    let there = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    let own = rustix::fs::fstat(handle);
    there.is_ok_and(|there| own.is_ok_and(|own| (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino)))
}

/// The name of a run's directory: no other program makes one like it by chance, so that nothing else is ever taken for what a run left.
fn name_of(random: u64) -> PathBuf {
    let random = format!("{random:016x}")[..RANDOM].to_owned();
    format!("{PREFIX}{random}{}", check_of(&random)).into()
}

fn is_name(name: &Path) -> bool {
    let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { return false };
    rest.split_at_checked(RANDOM).is_some_and(|(random, check)| check_of(random) == check)
}

fn check_of(random: &str) -> String {
    hex::encode(&Sha256::digest(format!("the directory of a run of pwp: {random}"))[..3])
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_pwp_gives_are_those_of_run_folders() {
        for random in [0, 1 << 60, u64::MAX] {
            assert!(is_name(&name_of(random)), "{:?}", name_of(random));
        }
        for name in
            ["pwp-0123abcd", "pwp-0123abcd000000", "pwp-", "tmp", "pwp-\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}"]
        {
            assert!(!is_name(Path::new(name)), "{name}");
        }
    }
}

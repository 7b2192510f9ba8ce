//! A directory by its handle, and all that `pwp` does below it.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::files::{LeftBehind, ReadError};

use super::beneath::{self, PASS, normal, open_up};
use super::remove;
use super::walk::{self, Beyond, Entry};

/// How often what stands in the way is taken away: a subject can be at work on the same path.
pub(super) const TRIES: usize = 16;
/// Bytes of one read.
const CHUNK: usize = 64 << 10;

/// How a folder is reached, part by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It has to be there. The owner gets the rights that it takes.
    There,
    /// It is made. What stands in its way, such as a link or a file, is removed.
    Made,
}

/// A directory in which a subject can do what it likes. Paths below it are relative to it, or absolute and begin with its own.
///
/// What `pwp` does to such a path happens below the directory or not at all: no link is followed, neither at the end of a path nor in its
/// middle, no other mount is entered, and nothing is opened that could keep `pwp` waiting.
#[derive(Debug, Clone)]
pub struct Folder {
    /// A directory that no subject can take away by a link: all paths are resolved from it, each time anew.
    root: Arc<OwnedFd>,
    /// The path from there to this folder; it may be gone, and is made again by what is written.
    below: PathBuf,
    /// The absolute path, for subjects and for people.
    path: PathBuf,
}

impl Folder {
    /// A folder that the user or the system has named: links in its path are followed.
    ///
    /// # Errors
    /// Where it is no folder, or can't be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let root = rustix::fs::open(path, PASS | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { root: Arc::new(root), below: PathBuf::new(), path: std::path::absolute(path)? })
    }

    /// The folder at an absolute path in which there is no link: whoever could have put one there is not followed.
    ///
    /// # Errors
    /// Where there is a link in the path, it is no folder, or it can't be opened.
    pub fn open_real(path: &Path) -> io::Result<Self> {
        if path.canonicalize()? != path {
            return Err(Errno::LOOP.into());
        }
        Self::open(path)
    }

    /// The folder behind a handle, which is at this path.
    pub(super) fn of_handle(root: Arc<OwnedFd>, path: PathBuf) -> Self {
        Self { root, below: PathBuf::new(), path }
    }

    /// The folder at a path below this one, which need not be there.
    ///
    /// # Errors
    /// Where the path leads out of this folder.
    pub fn at(&self, path: impl AsRef<Path>) -> io::Result<Self> {
        let below = self.relative(path.as_ref())?;
        let (path, below) = (join(&self.path, &below), join(&self.below, &below));
        Ok(Self { root: Arc::clone(&self.root), path, below })
    }

    /// The absolute path, as subjects are told it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of this folder from its root.
    pub(super) fn below(&self) -> &Path {
        &self.below
    }

    /// A path as it is below this folder.
    pub(super) fn relative(&self, path: &Path) -> io::Result<PathBuf> {
        normal(path.strip_prefix(&self.path).unwrap_or(path))
    }

    /// A path as it is below the root.
    fn below_root(&self, path: impl AsRef<Path>) -> io::Result<PathBuf> {
        Ok(join(&self.below, &self.relative(path.as_ref())?))
    }

    /// The folder above a path, from the root, and the last name of the path.
    pub(super) fn split(&self, path: &Path) -> io::Result<(PathBuf, PathBuf)> {
        let path = self.below_root(path)?;
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => Ok((folder.to_owned(), name.into())),
            _ => Err(Errno::ISDIR.into()),
        }
    }

    /// A handle by which this folder can be locked.
    ///
    /// # Errors
    /// Where it is not there.
    pub fn handle(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        Ok(beneath::open(self.root.as_fd(), &self.below, flags, Mode::empty())?.into())
    }

    /// What stands at a path.
    ///
    /// # Errors
    /// Where nothing does, or a link leads there.
    pub fn metadata(&self, path: impl AsRef<Path>) -> io::Result<Metadata> {
        let path = self.below_root(path)?;
        File::from(beneath::open(self.root.as_fd(), &path, OFlags::PATH, Mode::empty())?).metadata()
    }

    /// Whether anything stands at a path, a link at its end included.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.metadata(path).is_ok()
    }

    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// Where there is none, or it can't be read.
    pub fn open_file(&self, path: impl AsRef<Path>) -> Result<File, ReadError> {
        beneath::open_file(self.root.as_fd(), &self.below_root(path)?)
    }

    /// Reads a regular file of at most `limit` bytes.
    ///
    /// # Errors
    /// Where there is none, it is larger, or it can't be read.
    pub fn read(&self, path: impl AsRef<Path>, limit: u64) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        self.open_file(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit { Err(ReadError::TooLarge(limit)) } else { Ok(bytes) }
    }

    /// Reads the first bytes of a regular file, at most `most`.
    ///
    /// # Errors
    /// Where there is none, or it can't be read.
    pub fn read_start(&self, path: impl AsRef<Path>, most: u64) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        self.open_file(path)?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether a regular file with exactly these bytes stands at a path.
    pub fn holds(&self, path: impl AsRef<Path>, content: &[u8]) -> bool {
        let Ok(file) = self.open_file(path) else { return false };
        let (mut rest, mut same) = (content, true);
        let whole = read_pieces(file, content.len() as u64, |bytes| {
            let (now, later) = rest.split_at(bytes.len().min(rest.len()));
            (rest, same) = (later, same && now == bytes);
        });
        same && rest.is_empty() && whole.is_ok_and(|whole| whole)
    }

    /// Where the links of a path lead, if that is below this folder: relative to it, with no link in it any more. [`None`] where it is
    /// somewhere else. Nothing is opened.
    ///
    /// # Errors
    /// Where a link leads nowhere.
    pub fn resolve(&self, path: impl AsRef<Path>) -> io::Result<Option<PathBuf>> {
        let (own, real) = (self.path.canonicalize()?, self.path.join(path).canonicalize()?);
        Ok(real.strip_prefix(own).ok().map(Path::to_owned))
    }

    /// Gives the owner all rights on this folder and on those below it, as far as they are looked at, and makes it if it is gone.
    ///
    /// # Errors
    /// Where it is not there and can't be made.
    pub fn repair(&self) -> io::Result<()> {
        let folder = self.reach(&self.below, Way::Made)?;
        open_up(folder.as_fd());
        let (mut folders, mut seen) = (vec![PathBuf::new()], 0);
        while let Some(below) = folders.pop() {
            // What can't be listed now was opened up before, and is not there any more.
            let _ = walk::entries(folder.as_fd(), &below, &mut |path, entry| {
                seen += 1;
                if entry.is_folder()
                    && let Ok(found) = beneath::open(folder.as_fd(), &path, PASS, Mode::empty())
                {
                    open_up(found.as_fd());
                    if path.components().count() < walk::DEPTH {
                        folders.push(path);
                    }
                }
                seen < walk::ENTRIES
            });
        }
        Ok(())
    }

    /// Removes what is at a path: nothing, a file, a link, or a folder with all that is in it, whatever was done to the rights of the
    /// folders and however deep they are. Where a link leads to the path, nothing of this folder is there, and nothing is removed.
    ///
    /// # Errors
    /// Names what is still there.
    pub fn remove(&self, path: impl AsRef<Path>) -> Result<(), LeftBehind> {
        let path = path.as_ref();
        let failed = |error: io::Error| LeftBehind::whole(self.path.join(path), &error);
        let (folder, name) = self.split(path).map_err(failed)?;
        let parent = match self.reach(&folder, Way::There) {
            Ok(parent) => parent,
            Err(error) if is_elsewhere(&error) => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        remove::entry(parent.as_fd(), name.as_os_str(), &self.root_path().join(folder))
    }

    /// Gives each file below a path to `found`, with its path relative to that, and everything else that is no folder. `skip` is asked
    /// about each path, and whether a folder is there; nothing in a folder that is skipped is looked at.
    ///
    /// Says what was not looked at, if there was too much.
    pub fn walk(
        &self,
        path: impl AsRef<Path>,
        skip: impl Fn(&Path, bool) -> bool,
        found: impl FnMut(PathBuf, &Entry<'_>),
    ) -> Option<Beyond> {
        let path = self.below_root(path).ok()?;
        let folder = beneath::open(self.root.as_fd(), &path, PASS, Mode::empty()).ok()?;
        walk::walk(folder.as_fd(), skip, found)
    }

    /// The names of what is in the folder at a path, at most 20,000, in no order; none where there is no folder.
    pub fn names(&self, path: impl AsRef<Path>) -> Vec<PathBuf> {
        let mut names = Vec::new();
        let Ok(path) = self.below_root(path) else { return names };
        let Ok(folder) = beneath::open(self.root.as_fd(), &path, PASS, Mode::empty()) else { return names };
        let _ = walk::entries(folder.as_fd(), Path::new(""), &mut |name, _| {
            names.push(name);
            names.len() < walk::ENTRIES
        });
        names
    }

    /// A handle of the folder at this path from the root.
    pub(super) fn reach(&self, folder: &Path, way: Way) -> io::Result<OwnedFd> {
        match beneath::open(self.root.as_fd(), folder, PASS, Mode::empty()) {
            Ok(folder) => Ok(folder),
            Err(_) => self.reach_by_parts(folder, way),
        }
    }

    fn reach_by_parts(&self, folder: &Path, way: Way) -> io::Result<OwnedFd> {
        let mut at = beneath::open(self.root.as_fd(), Path::new(""), PASS, Mode::empty())?;
        let mut passed = self.root_path();
        for part in folder.iter() {
            at = step(at.as_fd(), part, way, &passed)?;
            passed.push(part);
        }
        Ok(at)
    }

    /// The path of the root, for messages.
    pub(super) fn root_path(&self) -> PathBuf {
        let depth = self.below.components().count();
        self.path.ancestors().nth(depth).map_or_else(PathBuf::new, Path::to_owned)
    }
}

/// Gives the first `most` bytes of a file to `take`, piece by piece, so that a large file takes no memory. Whether the file has no more
/// than that.
///
/// # Errors
/// Where it can't be read.
pub fn read_pieces(mut file: File, most: u64, mut take: impl FnMut(&[u8])) -> io::Result<bool> {
    let (mut left, mut buffer) = (most, vec![0; CHUNK]);
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let taken = count.min(usize::try_from(left).unwrap_or(usize::MAX));
        take(&buffer[..taken]);
        left -= taken as u64;
        if taken < count {
            return Ok(false);
        }
    }
}

/// Joins two paths; an empty one adds no slash at the end, by which a link would be followed.
fn join(folder: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { folder.to_owned() } else { folder.join(below) }
}

/// Goes one part down. `shown`: the path of the folder that it is in.
fn step(at: BorrowedFd<'_>, part: &OsStr, way: Way, shown: &Path) -> io::Result<OwnedFd> {
    let mut failed = Errno::AGAIN;
    for _ in 0..TRIES {
        failed = match beneath::open(at, Path::new(part), PASS, Mode::empty()) {
            Ok(next) => return Ok(next),
            Err(error) => error,
        };
        match failed {
            Errno::ACCESS => open_up(at),
            Errno::NOENT if way == Way::Made => {
                match rustix::fs::mkdirat(at, part, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(Errno::ACCESS | Errno::PERM) => open_up(at),
                    Err(error) => return Err(error.into()),
                }
            }
            Errno::NOTDIR | Errno::LOOP if way == Way::Made => remove::entry(at, part, shown)?,
            error => return Err(error.into()),
        }
    }
    Err(failed.into())
}

/// Whether an error says that nothing below the folder stands at a path: it is missing, or a link or a file is in its way.
fn is_elsewhere(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP))
}

impl LeftBehind {
    /// Nothing of it could be removed.
    pub(super) fn whole(path: PathBuf, error: &io::Error) -> Self {
        let stuck = remove::stuck(path.clone(), error);
        Self { root: path, stuck: vec![stuck], more: false }
    }
}

impl From<LeftBehind> for io::Error {
    fn from(left: LeftBehind) -> Self {
        Self::other(left)
    }
}

//! What is written below a [`Folder`]: always new files, never through a link.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::beneath::{self, open_up};
use super::folder::{Folder, TRIES, Way};
use super::remove;

impl Folder {
    /// Writes a file, and the folders above it. It is always a new file: what stood at the path, or in place of a folder above it, is
    /// removed, so that nothing is written through a link, symbolic or hard.
    ///
    /// # Errors
    /// Where the system refuses it.
    pub fn write(&self, path: impl AsRef<Path>, content: &[u8]) -> io::Result<()> {
        self.create(path)?.write_all(content)
    }

    /// Writes a file that can be executed.
    ///
    /// # Errors
    /// Where the system refuses it.
    pub fn write_program(&self, path: impl AsRef<Path>, content: &[u8]) -> io::Result<()> {
        let mut file = self.create(path)?;
        file.write_all(content)?;
        file.set_permissions(Permissions::from_mode(0o755))
    }

    /// Makes a new file, and the folders above it. What is there is removed.
    ///
    /// # Errors
    /// Where the system refuses it.
    pub fn create(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.create_with(path.as_ref(), OFlags::WRONLY, true)
    }

    /// Makes a new file to which several write in turn, and the folders above it.
    ///
    /// # Errors
    /// Where something stands there already, or the system refuses it.
    pub fn create_new(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.create_with(path.as_ref(), OFlags::WRONLY | OFlags::APPEND, false)
    }

    fn create_with(&self, path: &Path, flags: OFlags, replaces: bool) -> io::Result<File> {
        let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOCTTY;
        let (folder, name) = self.split(path)?;
        let mut failed = Errno::AGAIN;
        for _ in 0..TRIES {
            let parent = self.reach(&folder, Way::Made)?;
            failed = match beneath::open(parent.as_fd(), &name, flags, Mode::from_raw_mode(0o666)) {
                Ok(file) => return Ok(file.into()),
                Err(error) => error,
            };
            match failed {
                // With O_EXCL a link at the end is something that is there, for the one call or for the other.
                Errno::EXIST | Errno::LOOP if replaces => {
                    remove::entry(parent.as_fd(), name.as_os_str(), &self.root_path().join(&folder))?;
                }
                Errno::EXIST | Errno::LOOP => return Err(Errno::EXIST.into()),
                Errno::ACCESS | Errno::PERM => open_up(parent.as_fd()),
                // The folder was removed meanwhile.
                Errno::NOENT => {}
                error => return Err(error.into()),
            }
        }
        Err(failed.into())
    }

    /// Makes a folder, and those above it; what stands in the way is removed.
    ///
    /// # Errors
    /// Where the system refuses it.
    pub fn make(&self, path: impl AsRef<Path>) -> io::Result<Self> {
        let made = self.at(path)?;
        self.reach(made.below(), Way::Made)?;
        Ok(made)
    }

    /// Writes a file so that nobody ever sees half of it: it takes the place of what stands there, unless that is a folder.
    ///
    /// # Errors
    /// Where the system refuses it; then what stood there still does.
    pub fn replace(&self, path: impl AsRef<Path>, content: &[u8]) -> io::Result<()> {
        self.replace_by(path, |file| file.write_all(content))
    }

    /// The same, where the content comes in pieces.
    ///
    /// # Errors
    /// Where the system refuses it, or `write` fails; then what stood there still does.
    pub fn replace_by(
        &self,
        path: impl AsRef<Path>,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let path = self.relative(path.as_ref())?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let new = path.with_file_name(format!(".pwp-new-{}-{number}", std::process::id()));
        let written = self.create(&new).and_then(|mut file| write(&mut file));
        let written = written.and_then(|()| self.rename(&new, &path));
        if written.is_err() {
            let _ = self.remove(&new);
        }
        written
    }

    /// Gives a file another name in the same folder.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let ((_, from), (folder, to)) = (self.split(from)?, self.split(to)?);
        let parent = self.reach(&folder, Way::There)?;
        Ok(rustix::fs::renameat(&parent, &from, &parent, &to)?)
    }
}

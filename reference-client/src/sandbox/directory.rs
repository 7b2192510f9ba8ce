//! The directory of a sandboxed worker.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::files::remove_directory;

/// The folder in a multiplex worker's directory that holds the directories of its requests: the name that Bazel gives it.
const REQUESTS: &str = "__sandbox";

/// A directory that a worker, or a request, has for itself. It is removed with its last user: the process, or a request whose outputs are
/// being moved (C-118).
#[derive(Debug)]
pub(crate) struct SandboxDirectory {
    path: PathBuf,
    is_removed: bool,
    next: AtomicU64,
}

impl SandboxDirectory {
    /// Makes the directory. `is_removed`: it goes with its last user.
    pub(crate) fn create(path: PathBuf, is_removed: bool) -> io::Result<Self> {
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, is_removed, next: AtomicU64::new(1) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A name for the directory of a request, relative to this one, that no request had before (C-112).
    pub(crate) fn next_request(&self) -> String {
        format!("{REQUESTS}/{}", self.next.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for SandboxDirectory {
    fn drop(&mut self) {
        if self.is_removed {
            remove_directory(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_with_its_user_whatever_is_in_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("worker-1");
        let directory = SandboxDirectory::create(path.clone(), true).unwrap();
        assert_eq!(
            (directory.next_request(), directory.next_request()),
            ("__sandbox/1".into(), "__sandbox/2".into())
        );
        std::fs::create_dir(path.join("locked")).unwrap();
        std::fs::write(path.join("locked/file"), "x").unwrap();
        std::fs::set_permissions(path.join("locked"), std::fs::Permissions::from_mode(0o000)).unwrap();
        drop(directory);
        assert!(!path.exists());
    }
}

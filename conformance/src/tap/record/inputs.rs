//! Inputs by digest: each content once, whatever its paths.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::digest::{copy, sha256};
use crate::files::{Folder, ReadError, open_regular};

/// Bytes that are kept in all; a workload may have no more.
const BYTES: u64 = 256 << 20;
/// Files whose digests are remembered.
const REMEMBERED: usize = 100_000;

/// By what a file is known to have the same content as before.
type Identity = (PathBuf, u64, Option<SystemTime>);

/// Keeps what was in files.
#[derive(Debug)]
pub(super) struct Store {
    folder: Folder,
    bytes: u64,
    known: HashMap<Identity, (String, bool)>,
}

impl Store {
    /// A store in a folder that is there.
    pub(super) fn new(folder: Folder) -> Self {
        let mut bytes = 0;
        // A workload has fewer files than are looked at.
        let _ = folder.walk(
            "",
            |_, _| false,
            |_, entry| {
                bytes += entry.stamp().map_or(0, |(_, _, size)| size);
            },
        );
        Self { folder, bytes, known: HashMap::new() }
    }

    /// Keeps a file; its digest, and whether it can be executed. An error is in words, without the path.
    pub(super) fn keep(&mut self, path: &Path) -> Result<(String, bool), String> {
        let unreadable = |error: io::Error| format!("an input can't be read: {error}");
        let open = || match open_regular(path) {
            Err(ReadError::NotAFile(_)) => Err("an input is no file".to_owned()),
            opened => opened.map_err(|error| unreadable(io::Error::other(error))),
        };
        let file = open()?;
        let data = file.metadata().map_err(unreadable)?;
        // Behind links the same path may be another file.
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let identity = (real, data.len(), data.modified().ok());
        if let Some(known) = self.known.get(&identity) {
            return Ok(known.clone());
        }
        if data.len() > BYTES {
            return Err(format!("an input has more than {} MiB", BYTES >> 20));
        }
        let unkept = |error: io::Error| format!("an input can't be kept: {error}");
        // A file may grow while it is read.
        let digest = sha256(file, data.len()).map_err(unreadable)?;
        if !self.folder.has(&digest) {
            self.bytes += data.len();
            if self.bytes > BYTES {
                return Err(format!("the inputs of the whole build have more than {} MiB", BYTES >> 20));
            }
            let again = open()?;
            let kept = self.folder.replace_by(&digest, |to| {
                let (copied, _) = copy(again, data.len(), to)?;
                let changed = || io::Error::other("it changes while it is read");
                (copied == digest).then_some(()).ok_or_else(changed)
            });
            kept.map_err(unkept)?;
        }
        let kept = (digest, data.permissions().mode() & 0o111 != 0);
        if self.known.len() < REMEMBERED {
            self.known.insert(identity, kept.clone());
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn each_content_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept");
        fs::create_dir(&kept).unwrap();
        for name in ["a", "b"] {
            fs::write(folder.path().join(name), "same").unwrap();
        }
        let mut store = Store::new(Folder::open(&kept).unwrap());
        let one = store.keep(&folder.path().join("a")).unwrap();
        assert_eq!(one, store.keep(&folder.path().join("b")).unwrap());
        assert_eq!(fs::read(kept.join(&one.0)).unwrap(), b"same");
        fs::write(folder.path().join("a"), "other").unwrap();
        assert_ne!(one, store.keep(&folder.path().join("a")).unwrap(), "it has another size now");
        assert_eq!(fs::read_dir(&kept).unwrap().count(), 2);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(Folder::open(folder.path()).unwrap());
        assert!(store.keep(folder.path()).unwrap_err().contains("no file"));
        assert!(store.keep(&folder.path().join("nowhere")).unwrap_err().contains("can't be read"));
    }
}

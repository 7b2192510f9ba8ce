//! Inputs by digest: each content once, whatever its paths.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::digest::copy;
use crate::tap::files::{beside, put};

/// Bytes that are kept in all; a workload may have no more.
const BYTES: u64 = 256 << 20;
/// Files whose digests are remembered.
const REMEMBERED: usize = 100_000;

/// By what a file is known to have the same content as before.
type Identity = (PathBuf, u64, Option<SystemTime>);

/// Keeps what was in files.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    bytes: u64,
    known: HashMap<Identity, (String, bool)>,
}

impl Store {
    /// A store in a folder that is there.
    pub(super) fn new(folder: PathBuf) -> Self {
        let sizes = fs::read_dir(&folder).into_iter().flatten().flatten();
        let bytes = sizes.filter_map(|entry| entry.metadata().ok()).map(|data| data.len()).sum();
        Self { folder, bytes, known: HashMap::new() }
    }

    /// Keeps a file; its digest, and whether it can be executed. An error is in words, without the path.
    pub(super) fn keep(&mut self, path: &Path) -> Result<(String, bool), String> {
        let unreadable = |error| format!("an input can't be read: {error}");
        let data = fs::metadata(path).map_err(unreadable)?;
        if !data.is_file() {
            return Err("an input is no file".into());
        }
        // Behind links the same path may be another file.
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let identity = (real, data.len(), data.modified().ok());
        if let Some(known) = self.known.get(&identity) {
            return Ok(known.clone());
        }
        if data.len() > BYTES {
            return Err(format!("an input has more than {} MiB", BYTES >> 20));
        }
        let unkept = |error| format!("an input can't be kept: {error}");
        let file = File::open(path).map_err(unreadable)?;
        let mut kept = beside(&self.folder.join("input")).map_err(unkept)?;
        // A file may grow while it is read.
        let (digest, length) = copy(file, data.len(), &mut kept).map_err(unkept)?;
        let place = self.folder.join(&digest);
        if !place.exists() {
            self.bytes += length;
            if self.bytes > BYTES {
                return Err(format!("the inputs of the whole build have more than {} MiB", BYTES >> 20));
            }
            put(kept, &place).map_err(unkept)?;
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
    use super::*;

    #[test]
    fn each_content_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept");
        fs::create_dir(&kept).unwrap();
        for name in ["a", "b"] {
            fs::write(folder.path().join(name), "same").unwrap();
        }
        let mut store = Store::new(kept.clone());
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
        let mut store = Store::new(folder.path().to_owned());
        assert!(store.keep(folder.path()).unwrap_err().contains("no file"));
        assert!(store.keep(&folder.path().join("nowhere")).unwrap_err().contains("can't be read"));
    }
}

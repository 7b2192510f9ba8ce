//! Which files below a folder were written.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::files::walk;

/// Bytes of a file that are compared.
const COMPARED: u64 = 256 << 20;
/// A folder that no tool of a build writes to, and that has many files.
const PASSED_OVER: &str = ".git";

/// When each file was last changed, in a way that no tool can set, and how long it is.
type Stamp = (i64, i64, u64);

/// The files below a folder at one moment.
#[derive(Debug)]
pub(super) struct Snapshot(BTreeMap<PathBuf, Stamp>);

/// The files that are there now; [`None`] if there are too many to [look at](walk).
pub(super) fn snapshot(folder: &Path) -> Option<Snapshot> {
    let mut files = BTreeMap::new();
    let skip = |path: &Path, is_folder: bool| is_folder && path.ends_with(PASSED_OVER);
    let is_whole = walk(folder, skip, |path, entry| {
        files.extend(entry.metadata().ok().map(|data| (path, stamp(&data))));
    });
    is_whole.then_some(Snapshot(files))
}

/// What was written between two moments, each with a digest; [`None`] in place of it for what is gone.
pub(super) fn written(
    folder: &Path,
    before: &Snapshot,
    after: &Snapshot,
) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let new = after.0.iter().filter(|(path, stamp)| before.0.get(*path) != Some(stamp));
    let gone = before.0.keys().filter(|path| !after.0.contains_key(*path));
    new.map(|(path, _)| (path.clone(), digest(&folder.join(path))))
        .chain(gone.map(|path| (path.clone(), None)))
        .collect()
}

fn digest(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(COMPARED).read_to_end(&mut bytes).ok()?;
    Some(Sha256::digest(&bytes).to_vec())
}

#[cfg(unix)]
fn stamp(data: &fs::Metadata) -> Stamp {
    use std::os::unix::fs::MetadataExt as _;
    (data.ctime(), data.ctime_nsec(), data.len())
}

#[cfg(not(unix))]
fn stamp(data: &fs::Metadata) -> Stamp {
    let since = data.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let since = since.unwrap_or_default();
    (since.as_secs() as i64, since.subsec_nanos().into(), data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_changed_and_gone_files_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("below")).unwrap();
        for name in ["same", "changed", "gone"] {
            fs::write(path(name), "1").unwrap();
        }
        let before = snapshot(folder.path()).unwrap();
        fs::write(path("changed"), "22").unwrap();
        fs::write(path("below/new"), "3").unwrap();
        fs::remove_file(path("gone")).unwrap();
        let after = snapshot(folder.path()).unwrap();
        let written = written(folder.path(), &before, &after);
        let names: Vec<_> =
            written.iter().map(|(path, digest)| (path.to_str().unwrap(), digest.is_some())).collect();
        assert_eq!(names, [("below/new", true), ("changed", true), ("gone", false)]);
    }
}

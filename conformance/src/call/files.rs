//! Which files below a folder were written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::files::walk;
use crate::probe::files::digest;

/// Bytes of a file that are compared.
const COMPARED: u64 = 256 << 20;
/// A folder that no tool of a build writes to, and that has many files.
const PASSED_OVER: &str = ".git";

/// The files below a folder at one moment: when each was last changed, in a way that no tool can set, and how long it is.
pub(super) type Snapshot = BTreeMap<PathBuf, (i64, i64, u64)>;

/// What was written, by path, each with a digest; [`None`] in place of it for what is gone.
pub(super) type Written = BTreeMap<PathBuf, Option<String>>;

/// The files that are there now; [`None`] if there are too many to [look at](walk).
pub(super) fn snapshot(folder: &Path) -> Option<Snapshot> {
    let mut files = Snapshot::new();
    let skip = |path: &Path, is_folder: bool| is_folder && path.ends_with(PASSED_OVER);
    let is_whole = walk(folder, skip, |path, entry| {
        let data = entry.metadata().ok();
        files.extend(data.map(|data| (path, (data.ctime(), data.ctime_nsec(), data.len()))));
    });
    is_whole.then_some(files)
}

/// What was written between two moments.
pub(super) fn written(folder: &Path, before: &Snapshot, after: &Snapshot) -> Written {
    let content = |path: &PathBuf| {
        let mut bytes = Vec::new();
        File::open(folder.join(path)).ok()?.take(COMPARED).read_to_end(&mut bytes).ok()?;
        Some(digest(&bytes))
    };
    let new = after.iter().filter(|(path, stamp)| before.get(*path) != Some(stamp));
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    new.map(|(path, _)| (path.clone(), content(path))).chain(gone.map(|path| (path.clone(), None))).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

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

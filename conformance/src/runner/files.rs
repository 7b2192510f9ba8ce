//! The directory of a run: inputs before a request, and the files that a subject leaves.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::files::{make_executable, open_up, walk};
pub(super) use crate::files::{remove, write};
use crate::workload::{Content, Workload};

/// The folder of the sandboxes; Bazel's has the same name (`SandboxHelpers.java`).
pub(super) const SANDBOXES: &str = "__sandbox";
/// The names of files that the suite itself adds to the inputs begin like this.
const OWN: &str = "pwp-";
/// The folder that `TMPDIR` names.
pub(super) const TEMPORARY: &str = "tmp";

/// Makes the files and folders that the workload's requests need.
pub(super) fn prepare(folder: &Path, workload: &Workload) -> io::Result<()> {
    std::fs::create_dir_all(folder.join(TEMPORARY))?;
    for (path, content) in &workload.inputs {
        put(&folder.join(path), content, folder)?;
    }
    for output in workload.requests.iter().flat_map(|item| &item.outputs) {
        if let Some(parent) = folder.join(&output.path).parent() {
            std::fs::create_dir_all(parent)?;
        }
    }
    Ok(())
}

/// Makes the directory of a run one again that can be written, whatever the subject made of it.
pub(super) fn repair(folder: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(folder) {
        Ok(there) if there.is_dir() => open_up(folder),
        Ok(_) => std::fs::remove_file(folder)?,
        Err(_) => {}
    }
    std::fs::create_dir_all(folder.join(TEMPORARY))
}

/// Writes an input with the content that it has in the run's directory.
fn put(path: &Path, content: &Content, run: &Path) -> io::Result<()> {
    write(path, &content.bytes_in(run))?;
    if content.executable { make_executable(path) } else { Ok(()) }
}

/// The same where the file may have that content already; then it is not touched.
pub(super) fn restore(path: &Path, content: &Content, run: &Path) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|there| there == *content.bytes_in(run)) {
        return Ok(());
    }
    put(path, content, run).or_else(|_| {
        remove(path)?;
        put(path, content, run)
    })
}

/// All files below the directory of a run, relative to it, without those in sandboxes, temporary ones and those that only
/// the suite makes.
pub(super) fn listing(run: &Path) -> BTreeSet<PathBuf> {
    let skip = |path: &Path, is_folder: bool| {
        let is_own = path.to_string_lossy().starts_with(OWN);
        is_own || (is_folder && [SANDBOXES, TEMPORARY].iter().any(|name| path == Path::new(name)))
    };
    let mut files = BTreeSet::new();
    walk(run, skip, |path, _| {
        files.insert(path);
    });
    files
}

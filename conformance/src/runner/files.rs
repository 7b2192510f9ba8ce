//! Files on disk: inputs before a request, and what a subject leaves.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::workload::{Content, Workload};

/// The folder of the sandboxes; Bazel's has the same name (`SandboxHelpers.java`).
pub(super) const SANDBOXES: &str = "__sandbox";
/// The names of files that the suite itself adds to the inputs begin like this.
const OWN: &str = "pwp-";
/// The folder that `TMPDIR` names.
const TEMPORARY: &str = "tmp";
/// Files that are looked at to find those that were written outside of a sandbox.
const LOOKED_AT: usize = 20_000;

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
        Ok(there) if there.is_dir() => super::process::open_up(folder),
        Ok(_) => std::fs::remove_file(folder)?,
        Err(_) => {}
    }
    std::fs::create_dir_all(folder.join(TEMPORARY))
}

/// Writes a file and the folders above it.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, content)
}

/// Writes an input with the content that it has in the run's directory.
fn put(path: &Path, content: &Content, run: &Path) -> io::Result<()> {
    write(path, &content.bytes_in(run))?;
    if content.executable { make_executable(path) } else { Ok(()) }
}

/// The same where the file may have that content already; then it is not touched.
pub(super) fn restore(path: &Path, content: &Content, run: &Path) -> io::Result<()> {
    let same = std::fs::read(path).is_ok_and(|there| there == *content.bytes_in(run));
    if same {
        return Ok(());
    }
    put(path, content, run).or_else(|_| {
        take_away(path)?;
        put(path, content, run)
    })
}

/// Removes what is at the path of a file, which may be nothing, or a folder that the subject put there.
pub(super) fn take_away(path: &Path) -> io::Result<()> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// All files below the directory of a run, relative to it, without those in sandboxes, temporary ones and those that only
/// the suite makes.
pub(super) fn listing(run: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(run.join(&folder)) else { continue };
        for entry in entries.flatten() {
            let path = folder.join(entry.file_name());
            let own = [SANDBOXES, TEMPORARY].iter().any(|name| path == Path::new(name));
            if folder == Path::new("") && entry.file_name().to_string_lossy().starts_with(OWN) {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !own => folders.push(path),
                Ok(kind) if !kind.is_dir() => drop(files.insert(path)),
                _ => {}
            }
            if files.len() + folders.len() > LOOKED_AT {
                return files;
            }
        }
    }
    files
}

//! The files of an action: inputs that are linked, outputs that are moved, looked for and removed.
//!
//! No path of an action leads out of the directory that it starts at, and no link is followed out of a sandbox.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::spawn::{OutputPath, Spawn};

/// The path, if it stays below the directory where it starts: relative, and without `..`.
pub(crate) fn inside(path: &str) -> io::Result<&Path> {
    let checked = Path::new(path);
    let stays = checked.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if stays && !path.is_empty() {
        return Ok(checked);
    }
    Err(io::Error::other(format!(
        "the path {path} does not stay below the directory of the action; write it relative and without `..`"
    )))
}

/// Makes `place` a link to `target`, unless it is one.
pub(crate) fn link(target: &Path, place: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(place) {
        Ok(metadata) if metadata.is_symlink() && std::fs::read_link(place)? == target => return Ok(()),
        _ => clear(place)?,
    }
    // A link to nothing would look like an input that can't be read.
    std::fs::metadata(target).map_err(|error| {
        io::Error::new(error.kind(), format!("the input {} can't be read: {error}", target.display()))
    })?;
    std::os::unix::fs::symlink(target, place)
}

/// Moves the declared outputs of `spawn` from `sandbox` to their places below `directory`. An output that is not there is left to [`missing`].
///
/// C-113: "After the response of a successful request a client takes the declared outputs out of the sandbox, and no other file."
pub(crate) fn collect(spawn: &Spawn, sandbox: &Path, directory: &Path) -> io::Result<()> {
    for output in &spawn.outputs {
        let path = inside(&output.path)?;
        if is_there(sandbox, path, output.directory) {
            move_to(&sandbox.join(path), &directory.join(path))?;
        }
    }
    Ok(())
}

/// The declared outputs that are not in `directory` (C-069).
pub(crate) fn missing(spawn: &Spawn, directory: &Path) -> Vec<String> {
    let is_missing = |output: &&OutputPath| {
        std::fs::metadata(directory.join(&output.path))
            .map_or(true, |metadata| metadata.is_dir() != output.directory)
    };
    spawn.outputs.iter().filter(is_missing).map(|output| output.path.clone()).collect()
}

/// Removes what stands in the places of the outputs, and makes the directories that they need.
pub(crate) fn remove_outputs(spawn: &Spawn, directory: &Path) -> io::Result<()> {
    for output in &spawn.outputs {
        let place = directory.join(&output.path);
        clear(&place)?;
        place.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    }
    Ok(())
}

/// Whether an output is in the sandbox, not behind a link that leads out of it, and of the declared kind.
fn is_there(sandbox: &Path, path: &Path, is_directory: bool) -> bool {
    let parents: Vec<PathBuf> = path.ancestors().skip(1).map(|parent| sandbox.join(parent)).collect();
    let no_link = |parent: &PathBuf| std::fs::symlink_metadata(parent).is_ok_and(|found| found.is_dir());
    let found = std::fs::symlink_metadata(sandbox.join(path));
    parents.iter().all(no_link) && found.is_ok_and(|found| found.is_dir() == is_directory)
}

fn clear(place: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(place) {
        Ok(found) if found.is_dir() => {
            remove_directory(place);
            Ok(())
        }
        Ok(_) => std::fs::remove_file(place),
        Err(_) => Ok(()),
    }
}

/// Renames a file or directory, or copies it where the two places are on different file systems.
pub(crate) fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    clear(to)?;
    to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(from, to),
        result => result,
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = std::fs::symlink_metadata(from)?.file_type();
    if kind.is_symlink() {
        return std::os::unix::fs::symlink(std::fs::read_link(from)?, to);
    }
    if kind.is_file() {
        return std::fs::copy(from, to).map(drop);
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let name = entry?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

/// Removes a directory whatever the rights are that a worker has left on what is in it.
pub(crate) fn remove_directory(path: &Path) {
    if std::fs::remove_dir_all(path).is_err() {
        open_up(path);
        // What cannot be removed even so is found again when the next client starts.
        let _ = std::fs::remove_dir_all(path);
    }
}

fn open_up(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700));
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

/// Removes a file or directory, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spawn(outputs: &[(&str, bool)]) -> Spawn {
        let output = |&(path, directory): &(&str, bool)| OutputPath { path: path.into(), directory };
        Spawn { outputs: outputs.iter().map(output).collect(), ..Spawn::default() }
    }

    #[test]
    fn declared_outputs_are_moved_and_nothing_else() {
        let (sandbox, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (from, to) = (sandbox.path(), directory.path());
        std::fs::create_dir_all(from.join("out/tree/deep")).unwrap();
        for file in ["out/a", "out/tree/deep/b", "out/undeclared"] {
            std::fs::write(from.join(file), "new").unwrap();
        }
        std::fs::create_dir_all(to.join("out/tree/old")).unwrap();
        std::fs::write(to.join("out/a"), "old").unwrap();
        let spawn = spawn(&[("out/a", false), ("out/tree", true), ("out/never", false)]);
        collect(&spawn, from, to).unwrap();
        assert_eq!(std::fs::read_to_string(to.join("out/a")).unwrap(), "new");
        assert!(to.join("out/tree/deep/b").exists() && !to.join("out/tree/old").exists());
        assert!(!to.join("out/undeclared").exists() && !from.join("out/a").exists());
        assert_eq!(missing(&spawn, to), ["out/never"]);
    }

    #[test]
    fn a_link_does_not_lead_out_of_the_sandbox() {
        let (sandbox, directory, other) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(other.path(), sandbox.path().join("out")).unwrap();
        collect(&spawn(&[("out/secret", false)]), sandbox.path(), directory.path()).unwrap();
        assert!(other.path().join("secret").exists() && !directory.path().join("out/secret").exists());
    }

    #[test]
    fn a_directory_is_no_file() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("out")).unwrap();
        assert_eq!(missing(&spawn(&[("out", false)]), directory.path()), ["out"]);
        assert!(missing(&spawn(&[("out", true)]), directory.path()).is_empty());
    }
}

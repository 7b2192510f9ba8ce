//! Files that are read with a limit, and files in the directories of subjects: written, listed and removed again, whatever a subject made of them.

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// Files and folders below a directory that are looked at, at most.
const LOOKED_AT: usize = 20_000;

/// Writes a file and the folders above it.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content)
}

/// Reads a text file of at most `limit` bytes; `None` if it is larger.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<Option<String>> {
    let mut text = String::new();
    fs::File::open(path)?.take(limit + 1).read_to_string(&mut text)?;
    Ok((text.len() as u64 <= limit).then_some(text))
}

/// Reads the first bytes of a file, at most `most`.
pub(crate) fn read_start(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes a file one that can be run.
#[cfg(unix)]
pub(crate) fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
pub(crate) fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes what is at a path: nothing, a file, or a folder with all that is in it, whatever its owner has done to the rights of the
/// folders.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let remove_once = || match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    let removed = remove_once().or_else(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Err(error),
        _ => {
            open_up(path);
            remove_once()
        }
    });
    match removed {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Err(error),
        _ => Ok(()),
    }
}

/// Gives the owner all rights on a folder and those below it, so that they can be listed, changed and removed.
#[cfg(unix)]
pub(crate) fn open_up(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let _ = fs::set_permissions(&folder, fs::Permissions::from_mode(0o700));
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        folders.extend(
            entries
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                .map(|entry| entry.path()),
        );
    }
}

#[cfg(not(unix))]
pub(crate) fn open_up(_folder: &Path) {}

/// Gives each file below `folder` to `found`, with its path relative to `folder`. `skip` is asked about each path, and whether a folder
/// is there; nothing in a folder that is skipped is looked at.
///
/// Returns false where there are more than 20,000 files and folders; then some were not looked at.
pub(crate) fn walk(
    folder: &Path,
    skip: impl Fn(&Path, bool) -> bool,
    mut found: impl FnMut(PathBuf, &DirEntry),
) -> bool {
    let (mut folders, mut seen) = (vec![PathBuf::new()], 0);
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below)).into_iter().flatten().flatten() {
            seen += 1;
            if seen > LOOKED_AT {
                return false;
            }
            let path = below.join(entry.file_name());
            let Ok(kind) = entry.file_type() else { continue };
            match kind.is_dir() {
                is_folder if skip(&path, is_folder) => {}
                true => folders.push(path),
                false => found(path, &entry),
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_folder_is_removed_whatever_its_rights_are() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        write(&path("a/b/file"), b"text").unwrap();
        fs::set_permissions(path("a/b"), fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(path("a"), fs::Permissions::from_mode(0o500)).unwrap();
        remove(&path("a")).unwrap();
        assert!(!path("a").exists());
        remove(&path("a")).unwrap();
        write(&path("file"), b"text").unwrap();
        remove(&path("file/below")).unwrap();
        remove(&path("file")).unwrap();
        assert!(!path("file").exists());
    }

    #[test]
    fn what_is_skipped_is_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b/c", "b/skipped/d", "skipped/e"] {
            write(&folder.path().join(name), b"").unwrap();
        }
        let mut found = Vec::new();
        let skip = |path: &Path, is_folder: bool| is_folder && path.ends_with("skipped");
        assert!(walk(folder.path(), skip, |path, _| found.push(path)));
        found.sort();
        assert_eq!(found, [Path::new("a"), Path::new("b/c")]);
    }
}

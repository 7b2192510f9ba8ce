//! Files that several taps of one build write. Any tap may be killed, so each has a part of its own, and the files are made of all parts:
//! whole or not at all, by one tap after the other. The user has named the first one, `work.toml`; the next one is `work-2.toml`.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};
use tempfile::NamedTempFile;

use crate::files::read_start;

/// Bytes of all parts that are read. As values they take about one and a half times as much.
const READ: u64 = 32 << 20;

/// The names of such files.
#[derive(Debug)]
pub(super) struct Series {
    /// Absolute: the tap's directory may be left.
    folder: PathBuf,
    stem: String,
}

impl Series {
    /// The series whose first file is `path`. The name of a `kind` has to end in `.extension`.
    pub(super) fn of(path: &Path, extension: &str, kind: &str) -> Result<Self, String> {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let (Some(stem), true) = (stem, path.extension().is_some_and(|end| end == extension)) else {
            let path = path.display();
            return Err(format!(
                "{path} does not end in .{extension}, as the name of a {kind} does; choose another name"
            ));
        };
        let folder =
            path.parent().filter(|folder| *folder != Path::new("")).unwrap_or_else(|| Path::new("."));
        let folder = folder.canonicalize().map_err(cannot_write(folder))?;
        Ok(Self { folder, stem: stem.to_owned() })
    }

    /// The file that has this place, from 0. `end`: what its name ends with.
    pub(super) fn file(&self, place: usize, end: &str) -> PathBuf {
        let number = if place == 0 { String::new() } else { format!("-{}", place + 1) };
        self.folder.join(format!("{}{number}{end}", self.stem))
    }

    /// Makes a folder for what belongs to all of them.
    pub(super) fn make_folder(&self, end: &str) -> Result<PathBuf, String> {
        let folder = self.file(0, end);
        std::fs::create_dir_all(&folder).map_err(cannot_write(&folder))?;
        Ok(folder)
    }
}

/// The file for the part of this tap, whose worker was started when it `began`.
pub(super) fn part(folder: &Path, began: SystemTime, extension: &str) -> PathBuf {
    let since = began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    folder.join(format!("{:016}-{}.{extension}", since.as_micros(), std::process::id()))
}

/// Waits until no other tap makes files of the parts in this folder, and keeps others from it until the result is dropped or this process
/// ends in whatever way.
pub(super) fn lock(folder: &Path) -> io::Result<File> {
    let lock = File::open(folder)?;
    flock(&lock, FlockOperation::LockExclusive)?;
    Ok(lock)
}

/// All parts in a folder with their files, in the order of their names. What comes behind the first 32 MiB is passed over, and so is what
/// `parse` makes nothing of.
pub(super) fn read_parts<T>(
    folder: &Path,
    extension: &str,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> io::Result<Vec<(PathBuf, T)>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == extension));
    paths.sort();
    let mut left = READ;
    let mut parts = Vec::new();
    for path in paths {
        let text = match read_start(&path, left) {
            // A tap that ended has put it together with others.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            read => read?,
        };
        left -= text.len() as u64;
        parts.extend(parse(&text).map(|part| (path, part)));
    }
    Ok(parts)
}

/// Writes a file so that nobody ever sees half of it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(bytes)?;
    put(file, path)
}

/// A file beside another one, in whose place it can be [put].
pub(super) fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    tempfile::Builder::new().prefix(".pwp-").tempfile_in(folder)
}

/// Puts a file that was written in full in the place of another one.
pub(super) fn put(file: NamedTempFile, path: &Path) -> io::Result<()> {
    // The rights of a file that was made in the usual way, as far as that is known.
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// In words, that a file or folder that the user named can't be written.
pub(super) fn cannot_write(path: &Path) -> impl FnOnce(io::Error) -> String {
    move |error| {
        format!("can't write {}: {error}; choose a place that exists and can be written", path.display())
    }
}

/// In words, that a file can't be written any more.
pub(super) fn no_room(path: &Path) -> impl FnOnce(io::Error) -> String {
    move |error| format!("can't write {}: {error}; make room for it", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_has_no_number() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().canonicalize().unwrap();
        let series = Series::of(&here.join("work.toml"), "toml", "workload").unwrap();
        assert_eq!(series.file(0, ".toml"), here.join("work.toml"));
        assert_eq!(series.file(1, ".toml"), here.join("work-2.toml"));
        assert_eq!(series.make_folder(".parts"), Ok(here.join("work.parts")));
    }

    #[test]
    fn another_kind_of_file_is_no_series() {
        for (path, words) in [
            ("work.json", "work.json does not end in .toml, as the name of a workload does"),
            ("work", "work does not end in .toml"),
            ("nowhere/work.toml", "can't write nowhere: "),
        ] {
            let error = Series::of(Path::new(path), "toml", "workload").unwrap_err();
            assert!(error.starts_with(words), "{path}: {error}");
        }
    }
}

//! Files that several taps of one build write. Any tap may be killed, so each has a part of its own, and the files are made of all parts:
//! whole or not at all, by one tap after the other. The user has named the first one, `work.toml`; the next one is `work-2.toml`.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, OFlags, flock};

use crate::files::{Folder, ReadError};

/// Bytes of all parts that are read. As values they take about one and a half times as much.
const READ: u64 = 32 << 20;

/// The names of such files.
#[derive(Debug)]
pub(super) struct Series {
    /// Absolute: the tap's directory may be left. A worker can write to it, too.
    folder: Folder,
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
        let opened = folder.canonicalize().and_then(|real| Folder::open(&real));
        Ok(Self { folder: opened.map_err(cannot_write(folder))?, stem: stem.to_owned() })
    }

    /// The file that has this place, from 0. `end`: what its name ends with.
    pub(super) fn file(&self, place: usize, end: &str) -> PathBuf {
        let number = if place == 0 { String::new() } else { format!("-{}", place + 1) };
        self.folder.path().join(format!("{}{number}{end}", self.stem))
    }

    /// Makes a folder for what belongs to all of them. What stands in its place, such as a link, stays and is an error.
    pub(super) fn make_folder(&self, end: &str) -> Result<Folder, String> {
        let path = self.file(0, end);
        let made = match self.folder.metadata(&path) {
            Ok(there) if !there.is_dir() => Err(ErrorKind::AlreadyExists.into()),
            Ok(_) => self.folder.at(&path),
            Err(_) => self.folder.make(&path),
        };
        made.map_err(cannot_write(&path))
    }

    /// Writes the file that has this place, so that nobody ever sees half of it.
    pub(super) fn replace(&self, place: usize, end: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.file(place, end);
        self.folder.replace(&path, bytes).map_err(no_room(&path))
    }
}

/// The name of the part of this tap, whose worker was started when it `began`.
pub(super) fn part(began: SystemTime, extension: &str) -> PathBuf {
    let since = began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:016}-{}.{extension}", since.as_micros(), std::process::id()).into()
}

/// Waits until no other tap makes files of the parts in this folder, and keeps others from it until the result is dropped or this process
/// ends in whatever way.
pub(super) fn lock(folder: &Folder) -> io::Result<File> {
    let lock = folder.handle()?;
    flock(&lock, FlockOperation::LockExclusive)?;
    Ok(lock)
}

/// All parts in a folder with their names, in their order. What comes behind the first 32 MiB is passed over, and so is what is no file
/// and what `parse` makes nothing of.
pub(super) fn read_parts<T>(
    folder: &Folder,
    extension: &str,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> io::Result<Vec<(PathBuf, T)>> {
    let mut names = folder.names("");
    names.retain(|name| name.extension().is_some_and(|end| end == extension));
    names.sort();
    let mut left = READ;
    let mut parts = Vec::new();
    for name in names {
        let text = match folder.read_start(&name, left) {
            Ok(text) => text,
            // A tap that ended has put it together with others.
            Err(error) if error.is_missing() => continue,
            Err(ReadError::NotAFile(_)) => continue,
            Err(error) => return Err(io::Error::other(error)),
        };
        left -= text.len() as u64;
        parts.extend(parse(&text).map(|part| (name, part)));
    }
    Ok(parts)
}

/// Opens a log to write at its end. Where it is a pipe, neither the opening nor a line waits for somebody who reads it.
pub(super) fn open_log(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits() as i32;
    File::options().create(true).append(true).custom_flags(flags).open(path)
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
        let parts = series.make_folder(".parts").unwrap();
        assert_eq!(parts.path(), here.join("work.parts"));
        std::os::unix::fs::symlink("/", here.join("work.inputs")).unwrap();
        assert!(series.make_folder(".inputs").unwrap_err().contains("work.inputs"), "a link");
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

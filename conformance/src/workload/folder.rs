//! Files and folders that a workload names, read within limits: a workload may come from anybody.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::files::open_regular;

use super::Content;
use super::check::normal;

/// Most files and folders of one workload.
const FILES: usize = 10_000;
/// Most bytes in the files of one workload.
const BYTES: u64 = 256 << 20;

/// Reads what the inputs of one workload are copied from.
#[derive(Debug)]
pub(super) struct Reader {
    /// The workload's folder, with no link in its path.
    root: PathBuf,
    /// How many files and folders may still come.
    files: usize,
    /// How many bytes may still come.
    bytes: u64,
}

impl Reader {
    /// A reader for a workload in the folder `root`, a path without links.
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), files: FILES, bytes: BYTES }
    }

    /// The file `from`, as `path`, or all files below the folder `from`, by their paths below `path`. Fails where it is
    /// missing, leads out of the workload's folder, is too large, or holds what is no file.
    pub(super) fn read(
        &mut self,
        from: &str,
        path: &str,
        executable: bool,
    ) -> Result<BTreeMap<String, Content>, String> {
        let mut found = BTreeMap::new();
        let (start, data) = self.resolve(&self.root.join(normal(from)?))?;
        if !data.is_dir() {
            found.insert(path.to_owned(), self.file(&start, &data, executable)?);
            return Ok(found);
        }
        let mut folders = vec![(start, path.to_owned())];
        while let Some((folder, prefix)) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(|error| cant_read(&folder, &error))? {
                let entry = entry.map_err(|error| cant_read(&folder, &error))?;
                let name = entry.file_name();
                let name = name
                    .to_str()
                    .ok_or_else(|| format!("the name of {:?} is not UTF-8; rename it", entry.path()))?;
                let below = normal(&format!("{prefix}/{name}"))?;
                self.files = self.files.checked_sub(1).ok_or_else(|| {
                    format!("with {from:?} the inputs are more than {FILES} files and folders; leave out what no request needs")
                })?;
                let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                let (file, data) = self.resolve(&entry.path())?;
                if !data.is_dir() {
                    found.insert(below, self.file(&file, &data, executable)?);
                } else if is_link {
                    return Err(format!(
                        "{:?} is a link to a folder; put the files there themselves",
                        entry.path()
                    ));
                } else {
                    folders.push((file, below));
                }
            }
        }
        if found.is_empty() {
            return Err(format!("the folder {from:?} has no files in it; add one, or drop the input"));
        }
        Ok(found)
    }

    /// Where a path really leads, which is not out of the workload's folder.
    fn resolve(&self, path: &Path) -> Result<(PathBuf, Metadata), String> {
        let shown = path.strip_prefix(&self.root).unwrap_or(path);
        let real = path.canonicalize().map_err(|error| cant_read(shown, &error))?;
        if !real.starts_with(&self.root) {
            return Err(format!(
                "{shown:?} is a link that leads out of the workload's folder; put the file itself there"
            ));
        }
        let data = real.metadata().map_err(|error| cant_read(shown, &error))?;
        Ok((real, data))
    }

    fn file(&mut self, path: &Path, data: &Metadata, executable: bool) -> Result<Content, String> {
        let shown = path.strip_prefix(&self.root).unwrap_or(path).to_owned();
        if !data.is_file() {
            return Err(format!("{shown:?} is neither a file nor a folder; drop it"));
        }
        let left = self.bytes;
        let too_much = || {
            format!(
                "with {shown:?} the inputs have more than {} MiB; leave out what no request needs",
                BYTES >> 20
            )
        };
        if data.len() > left {
            return Err(too_much());
        }
        let mut bytes = Vec::new();
        // It may have become a FIFO since it was looked at.
        let file = open_regular(path).map_err(|error| cant_read(&shown, &error))?;
        file.take(left + 1).read_to_end(&mut bytes).map_err(|error| cant_read(&shown, &error))?;
        let length = bytes.len() as u64;
        // A file may say that it has no bytes, or grow.
        if length > left {
            return Err(too_much());
        }
        self.bytes -= length;
        Ok(Content::of_bytes(bytes, executable || can_be_executed(data)))
    }
}

fn cant_read(path: &Path, error: &impl std::fmt::Display) -> String {
    format!(
        "can't read {path:?}, from which an input is copied: {error}; `from` is relative to the workload's file"
    )
}

pub(crate) fn can_be_executed(data: &Metadata) -> bool {
    data.permissions().mode() & 0o111 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_and_bytes_are_counted_over_all_inputs() {
        let place = tempfile::tempdir().unwrap();
        for folder in ["a/b/c", "d"] {
            fs::create_dir_all(place.path().join(folder)).unwrap();
        }
        fs::write(place.path().join("a/b/c/file"), "1234").unwrap();
        fs::write(place.path().join("d/file"), "1234").unwrap();
        let root = place.path().canonicalize().unwrap();
        let read = |files, bytes| {
            let mut reader = Reader { root: root.clone(), files, bytes };
            reader.read("a", "a", false)?;
            reader.read("d", "d", false).map(drop)
        };
        assert_eq!(read(4, 8), Ok(()));
        assert!(read(3, 8).unwrap_err().contains("\"d\" the inputs are more than 10000 files and folders"));
        assert!(read(1, 8).unwrap_err().contains("\"a\" the inputs are more than"));
        assert!(read(4, 7).unwrap_err().contains("\"d/file\" the inputs have more than 256 MiB"));
    }
}

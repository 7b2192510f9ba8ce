//! The log of a worker: its standard error, in a file of its own (C-140, C-141).

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ended::EXCERPT;

/// The name of a worker's log below the folder of logs. Of the mnemonic only letters, digits, `-` and `_` are taken, and at most 64.
pub(crate) fn file_name(number: u64, mnemonic: &str, multiplex: bool) -> String {
    let mnemonic: String = mnemonic
        .chars()
        .filter(|char| char.is_ascii_alphanumeric() || "-_".contains(*char))
        .take(64)
        .collect();
    let kind = if multiplex { "multiplex-worker" } else { "worker" };
    format!("{kind}-{number}-{mnemonic}.log")
}

/// A worker's log. A file is never full, so the worker never waits for a reader.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) path: PathBuf,
    pub(super) file: File,
}

impl Log {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// How long ago the log was last written. That it grows is a sign of life.
    pub(super) fn age(&self) -> Option<Duration> {
        let written = self.file.metadata().and_then(|metadata| metadata.modified()).ok()?;
        // A clock that was set back makes it young, which errs on the side of waiting.
        Some(written.elapsed().unwrap_or_default())
    }

    pub(super) fn tail(&self) -> String {
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(&self.path)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(EXCERPT as u64)))?;
            let mut bytes = Vec::new();
            file.take(EXCERPT as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        // A log that can't be read must not hide why the worker ended.
        String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mnemonic_is_no_path() {
        assert_eq!(file_name(3, "Javac", false), "worker-3-Javac.log");
        assert_eq!(file_name(4, "../../x y", true), "multiplex-worker-4-xy.log");
    }
}

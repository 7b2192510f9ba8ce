//! Where a recording is, and the lines of a part: what one tap has seen, as JSON, one thing on each line.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use pwp_spec::Feature;
use serde::{Deserialize, Serialize};

use crate::files::{Folder, ReadError, read_start};
use crate::tap::files::{Series, cannot_write};

/// How a recorded workload begins, so that no other file is replaced.
pub(super) const MARK: &str = "# Recorded by `pwp tap`";

/// The places of one recording.
#[derive(Debug)]
pub(in crate::tap) struct Place {
    pub(super) workloads: Series,
    /// The folder of inputs by digest.
    pub(super) inputs: Folder,
    /// The folder of what each tap has seen.
    pub(super) parts: Folder,
    /// The working directory, which the tap shares with the worker.
    pub(super) folder: PathBuf,
}

impl Place {
    /// The places for the workload `path`; makes the folders.
    pub(in crate::tap) fn new(path: &Path) -> Result<Self, String> {
        let workloads = Series::of(path, "toml", "workload")?;
        match read_start(path, MARK.len() as u64) {
            Err(ReadError::NotAFile(_)) => {
                return Err(format!("{} is no file; choose another name", path.display()));
            }
            Err(error) if error.is_missing() => {}
            Ok(start) if start == MARK.as_bytes() => {}
            _ => {
                return Err(format!(
                    "{} was not written by `pwp tap`, and recording would replace it; choose another file",
                    path.display()
                ));
            }
        }
        Ok(Self {
            inputs: workloads.make_folder(".inputs")?,
            parts: workloads.make_folder(".parts")?,
            workloads,
            folder: std::env::current_dir().map_err(cannot_write(Path::new(".")))?,
        })
    }
}

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub(super) enum Line {
    /// Always the first: which worker it was.
    Worker {
        /// Without `--persistent_worker`; paths are absolute.
        command: Vec<String>,
        dialect: String,
        /// The working directory.
        folder: String,
    },
    /// The client has used it.
    Feature { feature: Feature },
    /// A request that was answered.
    Request(Seen),
    /// One that can't become part of a workload.
    LeftOut { reason: String },
}

impl Line {
    /// Adds the line to a part; the number of bytes.
    pub(super) fn write(&self, part: &mut File) -> io::Result<usize> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        part.write_all(&text)?;
        Ok(text.len())
    }
}

/// A request that was answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) arguments: Vec<String>,
    pub(super) inputs: Vec<SeenFile>,
    pub(super) exit_code: i32,
    /// SHA-256 of `output`, in hex.
    pub(super) output: String,
    pub(super) outputs: Vec<SeenFile>,
    pub(super) took_ms: u64,
}

/// A file and the digest of its content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct SeenFile {
    /// The path from the working directory.
    pub(super) path: String,
    /// The SHA-256 of the content, in hex.
    pub(super) sha256: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) executable: bool,
}

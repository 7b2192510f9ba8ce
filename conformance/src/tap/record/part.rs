//! The lines of a part: what one tap has seen, as JSON, one thing on each line.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use pwp_spec::Feature;

/// Bytes of all parts that are read.
const READ: u64 = 64 << 20;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A part that is written to.
#[derive(Debug)]
pub(super) struct Part(File);

impl Part {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create_new(true).append(true).open(path).map(Self)
    }

    /// Adds a line; the number of bytes.
    pub(super) fn add(&mut self, line: &Line) -> io::Result<usize> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.0.write_all(&text)?;
        Ok(text.len())
    }
}

/// All parts in a folder, in the order of their names. What a killed tap left half written is passed over, and so is
/// what comes behind the first 64 MiB.
pub(super) fn read_all(folder: &Path) -> io::Result<Vec<Vec<Line>>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut left = READ;
    let mut parts = Vec::new();
    for path in paths {
        let mut lines = Vec::new();
        for text in io::BufReader::new(io::Read::take(File::open(path)?, left)).lines() {
            let Ok(text) = text else { break };
            left = left.saturating_sub(text.len() as u64 + 1);
            lines.extend(serde_json::from_str(&text));
        }
        parts.push(lines);
    }
    Ok(parts)
}

//! What one tap has counted, or several of the same worker and client.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::tap::files::replace;
use crate::tap::tally::Tally;
use pwp_spec::Features;

/// Bytes of all parts that are read.
const READ: u64 = 64 << 20;

/// A part, as JSON in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) worker: Program,
    pub(super) client: Program,
    /// `proto` or `json`.
    pub(super) dialect: String,
    pub(super) features: Features,
    /// When the first of its workers was started, in seconds since 1970.
    pub(super) started_unix: u64,
    /// When the last of them was heard of, in milliseconds since then.
    pub(super) took_ms: u64,
    pub(super) processes: u32,
    pub(super) requests: u64,
    pub(super) answered: u64,
    /// SHA-256 over what the clients sent, in hex.
    pub(super) sent_sha256: String,
    /// Events were lost, because a judge fell behind.
    pub(super) torn: bool,
    /// The tap has ended: nothing more is added.
    pub(super) ended: bool,
    pub(super) tally: Tally,
}

/// A program that is judged. Its file is not read for a digest: the end of the worker would have to wait for that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Program {
    pub(super) command: Vec<String>,
    pub(super) name: String,
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Part {
    /// Whether both are about the same worker and the same client.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.worker, &self.client, &self.dialect) == (&other.worker, &other.client, &other.dialect)
    }

    /// Adds what another one has counted.
    pub(super) fn add(&mut self, other: Self) {
        let end = |part: &Self| part.started_unix * 1000 + part.took_ms;
        let last = end(self).max(end(&other));
        self.started_unix = self.started_unix.min(other.started_unix);
        self.took_ms = last - self.started_unix * 1000;
        self.features.extend(other.features);
        self.processes += other.processes;
        self.requests += other.requests;
        self.answered += other.answered;
        self.sent_sha256 = hex(&Sha256::digest(format!("{}{}", self.sent_sha256, other.sent_sha256)));
        self.torn |= other.torn;
        self.tally.add(other.tally);
    }

    /// Writes it so that nobody ever sees half of it.
    pub(super) fn save(&self, path: &Path) -> io::Result<()> {
        replace(path, &serde_json::to_vec(self)?)
    }
}

/// All parts in a folder with their files, in the order of their names. What is no part is passed over, and so is what comes behind the
/// first 64 MiB.
pub(super) fn read_all(folder: &Path) -> io::Result<Vec<(PathBuf, Part)>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut left = READ;
    let mut parts = Vec::new();
    for path in paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let mut text = Vec::new();
        // A tap that ends can have put it together with others.
        let Ok(file) = File::open(&path) else { continue };
        file.take(left).read_to_end(&mut text)?;
        left -= text.len() as u64;
        if let Ok(part) = serde_json::from_slice(&text) {
            parts.push((path, part));
        }
    }
    Ok(parts)
}

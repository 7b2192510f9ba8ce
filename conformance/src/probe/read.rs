//! Reads back what the processes of one probe wrote down.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use crate::history::{ProcessHistory, Timed};

use super::record::RECORD_FILE;

/// Why records can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't read the record {path}: {source}; is the disk full?")]
pub struct ReadError {
    /// The record that could not be read.
    pub path: PathBuf,
    /// The error of the system.
    pub source: std::io::Error,
}

/// The history of each process, in the order of their numbers. A last line that was cut short is left out.
///
/// # Errors
/// Where a file can't be read.
pub fn read_records(folder: &Path) -> Result<Vec<ProcessHistory>, ReadError> {
    let mut records = Vec::new();
    for number in 1.. {
        let path = folder.join(format!("{RECORD_FILE}{number}.jsonl"));
        let failed = |source| ReadError { path: path.clone(), source };
        let file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
            Err(error) => return Err(failed(error)),
        };
        let mut events: Vec<Timed> = Vec::new();
        for line in BufReader::new(file).lines() {
            let Ok(timed) = serde_json::from_str(&line.map_err(failed)?) else { break };
            events.push(timed);
        }
        records.push(events.into());
    }
    Ok(records)
}

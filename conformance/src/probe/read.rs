//! Reads back what the processes of one probe wrote down.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use super::record::{Entry, RECORD_FILE};

/// Why records can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't read the record {path}: {source}; is the disk full?")]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    pub source: std::io::Error,
}

/// The events of each process, in the order of their numbers. A last line that was cut short is left out.
///
/// # Errors
/// Where a file can't be read.
pub fn read_records(folder: &Path) -> Result<Vec<Vec<Entry>>, ReadError> {
    let mut records = Vec::new();
    for number in 1.. {
        let path = folder.join(format!("{RECORD_FILE}{number}.jsonl"));
        let failed = |source| ReadError { path: path.clone(), source };
        let file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
            Err(error) => return Err(failed(error)),
        };
        let mut entries = Vec::new();
        for line in BufReader::new(file).lines() {
            let Ok(entry) = serde_json::from_str(&line.map_err(failed)?) else { break };
            entries.push(entry);
        }
        records.push(entries);
    }
    Ok(records)
}

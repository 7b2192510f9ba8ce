//! The report, transcripts and scripts as files.

use std::io;
use std::path::{Path, PathBuf};

use super::{Report, TranscriptFile};

/// A file that can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write {path}: {source}; choose a file in a folder that exists and can be written")]
pub struct SaveError {
    /// The file that can't be written.
    pub path: PathBuf,
    /// The reason that the system gives.
    pub source: io::Error,
}

/// The report as indented JSON, without a newline at its end.
pub fn to_json(report: &Report) -> String {
    // Strings, numbers and lists under string keys: nothing in it can fail to serialize.
    serde_json::to_string_pretty(report).unwrap_or_default()
}

/// Whether a report can be written to `path`, as far as that can be told without writing it.
///
/// # Errors
/// Fails where its folder is not there or something else stands in its place.
pub fn can_save_report(path: &Path) -> Result<(), SaveError> {
    let failed = |kind, why| SaveError { path: path.to_owned(), source: io::Error::new(kind, why) };
    if path.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if folder.is_dir() { Ok(()) } else { Err(failed(io::ErrorKind::NotFound, "its folder is not there")) }
}

/// Makes the folder for [`save_transcripts`].
///
/// # Errors
/// Fails where it can't be made.
pub fn can_save_transcripts(folder: &Path) -> Result<(), SaveError> {
    std::fs::create_dir_all(folder).map_err(|source| SaveError { path: folder.to_owned(), source })
}

/// Writes the report.
///
/// # Errors
/// Fails where the file can't be written.
pub fn save_report(report: &Report, path: &Path) -> Result<(), SaveError> {
    write(path, &(to_json(report) + "\n"))
}

/// Writes the script and the transcript of each violation: `w-031-….json` and `w-031-….transcript.json`.
///
/// # Errors
/// Fails where a file can't be written.
pub fn save_transcripts(report: &Report, folder: &Path) -> Result<(), SaveError> {
    can_save_transcripts(folder)?;
    let all =
        report.requirements.iter().flat_map(|result| result.violations.iter().map(move |one| (result, one)));
    for (result, violation) in all {
        // A case stands under its own name; each of its violations has a transcript of its own.
        let name = match &violation.script {
            Some(_) => violation.name(),
            None => format!("{}-{}", result.id.to_string().to_lowercase(), violation.name()),
        };
        let text = serde_json::to_string_pretty(&violation.replay()).unwrap_or_default();
        write(&folder.join(format!("{name}.json")), &(text + "\n"))?;
        let transcript = TranscriptFile::new(&report.subject.dialect, &name, violation.transcript.clone());
        let text = serde_json::to_string_pretty(&transcript).unwrap_or_default();
        write(&folder.join(format!("{name}.transcript.json")), &(text + "\n"))?;
    }
    Ok(())
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), SaveError> {
    std::fs::write(path, text).map_err(|source| SaveError { path: path.to_owned(), source })
}

//! The report, its forms, transcripts and scripts as files.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{BookAddress, Report, Reporter, SuiteEvent, TranscriptFile, html, junit};

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
    // Piece by piece, so that a report with much evidence is not in memory twice.
    let written = File::create(path).map(BufWriter::new).and_then(|mut file| {
        serde_json::to_writer_pretty(&mut file, report)?;
        file.write_all(b"\n")?;
        file.flush()
    });
    written.map_err(|source| SaveError { path: path.to_owned(), source })
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

fn write(path: &Path, text: &str) -> Result<(), SaveError> {
    std::fs::write(path, text).map_err(|source| SaveError { path: path.to_owned(), source })
}

/// The first error of reporters that write files. Each of them has a clone, and their maker looks at it when the run is over.
#[derive(Debug, Clone, Default)]
pub struct FirstError(Rc<RefCell<Option<SaveError>>>);

impl FirstError {
    /// Whether everything was written.
    ///
    /// # Errors
    /// The first error that a reporter had.
    pub fn result(&self) -> Result<(), SaveError> {
        self.0.take().map_or(Ok(()), Err)
    }

    pub(super) fn keep(&self, result: Result<(), SaveError>) {
        if let Err(error) = result {
            self.0.borrow_mut().get_or_insert(error);
        }
    }
}

/// Writes one form of the report to a file when the run is over.
pub struct ToFile {
    path: PathBuf,
    render: Box<dyn Fn(&Report) -> String>,
    errors: FirstError,
}

impl ToFile {
    /// A file of JUnit XML.
    pub fn junit(path: &Path, errors: &FirstError) -> Self {
        Self { path: path.to_owned(), render: Box::new(junit), errors: errors.clone() }
    }

    /// A page of HTML, which links to the standard where the address of the book is given.
    pub fn html(path: &Path, book: Option<BookAddress>, errors: &FirstError) -> Self {
        let render = move |report: &Report| html(report, book.as_ref());
        Self { path: path.to_owned(), render: Box::new(render), errors: errors.clone() }
    }
}

impl Reporter for ToFile {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        if let SuiteEvent::Finished(report) = event {
            self.errors.keep(write(&self.path, &(self.render)(report)));
        }
    }
}

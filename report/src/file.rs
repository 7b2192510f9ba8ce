//! The report, its forms, transcripts and scripts as files.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{BookAddress, Report, Reporter, SCHEMA_ID, SuiteEvent, TranscriptFile, html, junit};

/// Something that can't be written.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// A file can't be written.
    #[error("can't write {path}: {source}; choose a file in a folder that exists and can be written")]
    File {
        /// The file that can't be written.
        path: PathBuf,
        /// The reason that the system gives.
        source: io::Error,
    },
    /// A file is there that was not written by `pwp`.
    #[error("{path} is there and holds no {form}, so it is not overwritten; choose another name, or remove it")]
    Foreign {
        /// The file that is there.
        path: PathBuf,
        /// What it would have been: `report`, `JUnit XML` or `page`.
        form: &'static str,
    },
    /// Nobody takes what is printed.
    #[error("can't write to standard output: {0}; let it go to a file with room, or to a program that reads all of it")]
    Stdout(io::Error),
}

impl SaveError {
    /// Standard output can't be written.
    pub const fn of_stdout(source: io::Error) -> Self {
        Self::Stdout(source)
    }

    fn of_file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

/// The report as indented JSON, without a newline at its end. It claims no more than the whole report shows.
pub fn to_json(report: &Report) -> String {
    // Strings, numbers and lists under string keys: nothing in it can fail to serialize.
    serde_json::to_string_pretty(&*report.without_unearned_claims()).unwrap_or_default()
}

/// Whether `path` can be written, as far as that can be told without a change.
///
/// # Errors
/// Fails where its folder is not there, something else stands in its place, or the system refuses.
pub fn can_save(path: &Path) -> Result<(), SaveError> {
    let failed = |kind, why| Err(SaveError::of_file(path, io::Error::new(kind, why)));
    if path.is_dir() {
        return failed(io::ErrorKind::IsADirectory, "it is a folder");
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if !folder.is_dir() {
        return failed(io::ErrorKind::NotFound, "its folder is not there");
    }
    // Anything else than a file may keep whoever opens it waiting.
    if path.is_file() {
        let opened = OpenOptions::new().append(true).open(path);
        return opened.map(drop).map_err(|source| SaveError::of_file(path, source));
    }
    Ok(())
}

/// Makes the folder for [`save_transcripts`], and a file in it, which is removed again.
///
/// # Errors
/// Fails where one of them can't be made.
pub fn can_save_transcripts(folder: &Path) -> Result<(), SaveError> {
    let failed = |source| SaveError::of_file(folder, source);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let probe = folder.join(format!(".pwp-{}", std::process::id()));
    std::fs::write(&probe, "\n").and_then(|()| std::fs::remove_file(&probe)).map_err(failed)
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
    std::fs::write(path, text).map_err(|source| SaveError::of_file(path, source))
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

/// A form of the report as a file: before the run as one that came to no end, and when the run is over as it is. So whoever ends `pwp` by force
/// finds no report of an earlier run in its place.
pub struct ToFile {
    path: PathBuf,
    form: Form,
    render: Box<dyn Fn(&Report) -> String>,
    errors: FirstError,
}

/// How a file of one form is known.
struct Form {
    name: &'static str,
    /// A text near its beginning.
    mark: &'static str,
}

/// The bytes in which the mark of a form is looked for.
const HEAD: u64 = 4096;

impl ToFile {
    /// A file of JSON, `schema/report/v1`.
    pub fn json(path: &Path, errors: &FirstError) -> Self {
        let render = |report: &Report| to_json(report) + "\n";
        Self::new(path, Form { name: "report", mark: SCHEMA_ID }, Box::new(render), errors)
    }

    /// A file of JUnit XML.
    pub fn junit(path: &Path, errors: &FirstError) -> Self {
        Self::new(path, Form { name: "JUnit XML", mark: "<testsuite" }, Box::new(junit), errors)
    }

    /// A page of HTML, which links to the standard where the address of the book is given.
    pub fn html(path: &Path, book: Option<BookAddress>, errors: &FirstError) -> Self {
        let render = move |report: &Report| html(report, book.as_ref());
        Self::new(path, Form { name: "page", mark: "<!DOCTYPE html>" }, Box::new(render), errors)
    }

    fn new(path: &Path, form: Form, render: Box<dyn Fn(&Report) -> String>, errors: &FirstError) -> Self {
        Self { path: path.to_owned(), form, render, errors: errors.clone() }
    }

    /// Writes the report as long as there is no result. A device and a pipe get the result only: what was written to them stays.
    fn prepare(&self, report: &Report) -> Result<(), SaveError> {
        can_save(&self.path)?;
        let is_special = ["/dev", "/proc"].iter().any(|folder| self.path.starts_with(folder));
        if is_special || (self.path.exists() && !self.path.is_file()) {
            return Ok(());
        }
        if let Ok(file) = File::open(&self.path) {
            let mut head = Vec::new();
            let read = file.take(HEAD).read_to_end(&mut head);
            read.map_err(|source| SaveError::of_file(&self.path, source))?;
            if !head.is_empty() && !String::from_utf8_lossy(&head).contains(self.form.mark) {
                return Err(SaveError::Foreign { path: self.path.clone(), form: self.form.name });
            }
        }
        write(&self.path, &(self.render)(report))
    }
}

impl Reporter for ToFile {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        match event {
            SuiteEvent::Prepared(report) => self.errors.keep(self.prepare(report)),
            SuiteEvent::Finished(report) | SuiteEvent::Failed(report) => {
                self.errors.keep(write(&self.path, &(self.render)(report)));
            }
            _ => {}
        }
    }
}

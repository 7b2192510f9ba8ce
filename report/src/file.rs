//! The report, its forms, transcripts and scripts as files.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::replaced::{self, Form};
use super::text::visible_json;
use super::{BookAddress, FileName, Report, Reporter, SuiteEvent, TranscriptFile, html, junit};

/// Something that can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write {path}: {source}{}", remedy(.source))]
pub struct SaveError {
    /// The file that can't be written.
    pub path: PathBuf,
    /// The reason that the system gives.
    pub source: io::Error,
}

/// What to do about it, where the error itself does not say so.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        // It says so itself.
        io::ErrorKind::AlreadyExists if error.raw_os_error().is_none() => "",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; make room for it",
        _ => "; choose a file in a folder that exists and can be written",
    }
}

/// The report as indented JSON, without a newline at its end. It claims no more than the whole report shows.
pub fn to_json(report: &Report) -> String {
    // Strings, numbers and lists under string keys: nothing in it can fail to serialize.
    visible_json(&serde_json::to_string_pretty(&*report.without_unearned_claims()).unwrap_or_default())
        .into_owned()
}

/// Whether a form of the report can be written to `path`, as far as that can be told without writing it.
///
/// # Errors
/// Fails where its folder is not there, or what stands in its place can't be written or is not an earlier file of this form.
pub fn can_save(path: &Path, form: Form) -> Result<(), SaveError> {
    can_write(path)?;
    replaced::may_replace(path, form).map_err(|source| SaveError { path: path.to_owned(), source })
}

/// Whether a file can be written, as far as that can be told without changing one.
///
/// # Errors
/// Fails where its folder is not there, a folder stands in its place, or the system refuses it.
pub fn can_write(path: &Path) -> Result<(), SaveError> {
    let failed = |source| Err(SaveError { path: path.to_owned(), source });
    if path.is_dir() {
        return failed(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if !folder.is_dir() {
        return failed(io::Error::new(io::ErrorKind::NotFound, "its folder is not there"));
    }
    let tried = match path.metadata() {
        // Nothing of it is lost.
        Ok(there) if there.is_file() => File::options().append(true).open(path).map(drop),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {
            File::create_new(path).and_then(|_| std::fs::remove_file(path))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    tried.or_else(failed)
}

/// Makes the folder for [`save_transcripts`], and a file in it, which is removed again.
///
/// # Errors
/// Fails where one of them can't be made.
pub fn can_save_transcripts(folder: &Path) -> Result<(), SaveError> {
    let failed = |source| SaveError { path: folder.to_owned(), source };
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
        let name = FileName::made_of(&name);
        let text = serde_json::to_string_pretty(&violation.replay()).unwrap_or_default();
        write(&folder.join(format!("{name}.json")), Form::Replay, &visible_json(&(text + "\n")))?;
        let transcript = TranscriptFile::new(&report.subject.dialect, &name, violation.transcript.clone());
        let text = serde_json::to_string_pretty(&transcript).unwrap_or_default();
        write(
            &folder.join(format!("{name}.transcript.json")),
            Form::Transcript,
            &visible_json(&(text + "\n")),
        )?;
    }
    Ok(())
}

fn write(path: &Path, form: Form, text: &str) -> Result<(), SaveError> {
    replaced::replace(path, form, text).map_err(|source| SaveError { path: path.to_owned(), source })
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

    /// Takes what came of printing to stdout.
    pub(super) fn keep_printed(&self, printed: io::Result<()>) {
        self.keep(printed.map_err(|source| SaveError { path: "standard output".into(), source }));
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

impl ToFile {
    /// A file of JSON, `schema/report/v1`.
    pub fn json(path: &Path, errors: &FirstError) -> Self {
        let render = |report: &Report| to_json(report) + "\n";
        Self::new(path, Form::Report, Box::new(render), errors)
    }

    /// A file of JUnit XML.
    pub fn junit(path: &Path, errors: &FirstError) -> Self {
        Self::new(path, Form::Junit, Box::new(junit), errors)
    }

    /// A page of HTML, which links to the standard where the address of the book is given.
    pub fn html(path: &Path, book: Option<BookAddress>, errors: &FirstError) -> Self {
        let render = move |report: &Report| html(report, book.as_ref());
        Self::new(path, Form::Html, Box::new(render), errors)
    }

    fn new(path: &Path, form: Form, render: Box<dyn Fn(&Report) -> String>, errors: &FirstError) -> Self {
        Self { path: path.to_owned(), form, render, errors: errors.clone() }
    }

    fn write(&self, report: &Report) {
        self.errors.keep(write(&self.path, self.form, &(self.render)(report)));
    }

    /// Whether what is written twice has the second text only: not a device and not a pipe.
    fn is_replaced(&self) -> bool {
        let is_stream = ["/dev", "/proc"].iter().any(|folder| self.path.starts_with(folder));
        !is_stream && self.path.metadata().map_or(true, |there| there.is_file())
    }
}

impl Reporter for ToFile {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        match event {
            SuiteEvent::Prepared(report) if self.is_replaced() => self.write(report),
            SuiteEvent::Finished(report) | SuiteEvent::Failed(report) => self.write(report),
            _ => {}
        }
    }
}

//! A report that is written to a file when the run is over.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::save::{SaveError, write};
use super::{BookAddress, Report, Reporter, SuiteEvent, html, junit};

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

impl std::fmt::Debug for ToFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Reporter for ToFile {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        if let SuiteEvent::Finished(report) = event {
            self.errors.keep(write(&self.path, &(self.render)(report)));
        }
    }
}

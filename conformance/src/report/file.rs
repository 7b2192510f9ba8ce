//! A report that is written to a file when the run is over.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::suite::{Reporter, SuiteEvent};

use super::save::{SaveError, write};
use super::{BookAddress, Report, html, junit};

/// The first error of reporters that write files. Each of them has a clone, and who made them looks at the end.
#[derive(Debug, Clone, Default)]
pub struct FirstError(Rc<RefCell<Option<SaveError>>>);

impl FirstError {
    /// Whether everything was written.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn result(&self) -> Result<(), SaveError> {
        self.0.take().map_or(Ok(()), Err)
    }

    pub(super) fn keep(&self, result: Result<(), SaveError>) {
        if let Err(error) = result {
            self.0.borrow_mut().get_or_insert(error);
        }
    }
}

/// Writes one form of the report.
pub struct ToFile {
    path: PathBuf,
    render: Box<dyn Fn(&Report) -> String>,
    errors: FirstError,
}

impl ToFile {
    /// As JUnit XML.
    pub fn junit(path: &Path, errors: &FirstError) -> Self {
        Self { path: path.to_owned(), render: Box::new(junit), errors: errors.clone() }
    }

    /// As a page; `book`: where the standard can be opened.
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

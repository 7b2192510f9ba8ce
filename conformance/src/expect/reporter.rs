//! Adds the expectations to the report, before the other reporters see it.

use std::path::{Path, PathBuf};

use crate::report::{Report, Reporter, SuiteEvent};

use super::judge::{Covers, judge};
use super::load::{ExpectError, load};
use super::model::Expectations;
use super::save::save;
use super::update::{UpdateError, none_yet, update};

/// A reporter in front of another one, which sees the report beside its expectations.
pub struct Expecting<'a, R> {
    inner: R,
    path: PathBuf,
    expectations: Expectations,
    exists: bool,
    updates: bool,
    covers: Covers<'a>,
    done: Option<Result<Report, UpdateError>>,
}

impl<'a, R: Reporter> Expecting<'a, R> {
    /// Reads the file. With `updates` it need not be there, and is written when the run is over.
    ///
    /// # Errors
    /// Fails where it can't be read or holds no valid expectations.
    pub fn new(inner: R, path: &Path, updates: bool, covers: Covers<'a>) -> Result<Self, ExpectError> {
        let exists = !updates || path.exists();
        let expectations = if exists { load(path)? } else { none_yet(&path.display().to_string()) };
        Ok(Self { inner, path: path.to_owned(), expectations, exists, updates, covers, done: None })
    }

    /// The report of the run with [`Report::expectations`]; `None` if the run had no end.
    ///
    /// # Errors
    /// Fails where the file could not be updated.
    pub fn into_report(self) -> Option<Result<Report, UpdateError>> {
        self.done
    }

    fn expected(&self, report: &Report) -> Result<Report, UpdateError> {
        let mut report = report.clone();
        if self.updates {
            let updated = update(&self.expectations, &report, self.covers)?;
            if !self.exists || updated.expectations.text != self.expectations.text {
                save(&self.path, &updated.expectations.text)?;
            }
            report.expectations = Some(updated.expected);
        } else {
            report.expectations = Some(judge(&self.expectations, &report, self.covers));
        }
        Ok(report)
    }
}

impl<R: Reporter> Reporter for Expecting<'_, R> {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        let SuiteEvent::Finished(report) = event else {
            return self.inner.event(event);
        };
        let done = self.expected(report);
        self.inner.event(&SuiteEvent::Finished(done.as_ref().unwrap_or(report)));
        self.done = Some(done);
    }
}

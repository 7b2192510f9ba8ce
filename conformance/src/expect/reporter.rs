//! Adds the expectations to the report, before the other reporters see it, and replaces their file in one step.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::report::{KnownFailure, Report, Reporter, RunOutcome, SuiteEvent, Symptom};
use pwp_proto::Framing;
use pwp_spec::{Features, RequirementId};

use super::judge::{Covers, judge};
use super::load::{ExpectError, load};
use super::model::Expectations;
use super::update::{UpdateError, none_yet, update};

/// A reporter in front of another one, which sees the report beside its expectations.
pub struct Expecting<'a, R> {
    inner: R,
    path: PathBuf,
    expectations: Expectations,
    exists: bool,
    updates: bool,
    covers: Covers<'a>,
    seen: Vec<(RequirementId, Symptom)>,
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
        let path = path.to_owned();
        Ok(Self { inner, path, expectations, exists, updates, covers, seen: Vec::new(), done: None })
    }

    /// The failures that need no investigation in a run of this dialect and these features.
    pub fn known_failures(&self, dialect: Framing, features: &Features) -> Vec<KnownFailure> {
        self.expectations.known_failures(dialect, features)
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
        // A run that did not come to its end says too little to be held against anything.
        if matches!(
            report.outcome(),
            RunOutcome::NotStarted | RunOutcome::Interrupted | RunOutcome::SuiteFailed
        ) {
            return Ok(report);
        }
        if self.updates {
            let updated = update(&self.expectations, &report, self.covers, &self.seen)?;
            if !self.exists || updated.expectations.text != self.expectations.text {
                replace(&self.path, &updated.expectations.text)
                    .map_err(|source| UpdateError::Write { path: self.path.clone(), source })?;
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
        if let SuiteEvent::Attributed { requirement, symptom } = event {
            self.seen.push((*requirement, Symptom::clone(symptom)));
        }
        let SuiteEvent::Finished(report) = event else {
            return self.inner.event(event);
        };
        let done = self.expected(report);
        self.inner.event(&SuiteEvent::Finished(done.as_ref().unwrap_or(report)));
        self.done = Some(done);
    }
}

/// Writes a file. A reader meanwhile sees the old text or the new one, never a part; after an error the old one is untouched.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let mut new = tempfile::Builder::new()
        .prefix(".expectations-")
        // As any new file, with the rights that the user's mask gives, and not those of a temporary file.
        .make_in(folder, |at| File::create_new(at))?;
    new.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(&target) {
        new.as_file().set_permissions(old.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(&target).map(drop).map_err(|error| error.error)
}

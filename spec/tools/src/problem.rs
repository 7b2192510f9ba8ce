//! What can be wrong with the book. Each rule writes its message, with the remedy, where it looks.

use std::fmt;

/// One problem and where it is.
#[derive(Debug)]
pub struct LintError {
    /// The file, relative to the root of the repository, with forward slashes: `spec/src/output.md`.
    pub file: String,
    /// The line, from 1; 0 if it concerns the file as a whole.
    pub line: usize,
    /// The rule that is broken, and how.
    pub problem: Problem,
}

/// A rule that is broken, and how.
#[derive(Debug)]
pub struct Problem {
    /// A short permanent name for the rule, in kebab-case: what a script or a search keys on.
    pub rule: &'static str,
    /// What is wrong, and the remedy.
    pub message: String,
}

impl Problem {
    pub(super) fn new(rule: &'static str, message: impl fmt::Display) -> Self {
        Self { rule, message: message.to_string() }
    }

    pub(super) fn at(self, file: &str, line: usize) -> LintError {
        LintError { file: file.to_owned(), line, problem: self }
    }
}

impl fmt::Display for LintError {
    /// `spec/src/output.md:12: duplicate-id: …`, the form that editors and CI systems make a link of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if self.line > 0 {
            write!(f, "{}:", self.line)?;
        }
        write!(f, " {}: {}", self.problem.rule, self.problem.message)
    }
}

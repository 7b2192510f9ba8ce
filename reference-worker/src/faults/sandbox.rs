//! Faults of `sandbox_dir`: which file a path of a request means.

use std::path::{Path, PathBuf};

use super::kit::{OUTSIDE, lock};
use super::{Active, Fault, MULTIPLEX_SANDBOXING};
use crate::{Request, argfile};

const ELSEWHERE: (&str, &str) = ("W-054", "outputs are elsewhere");

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "ignore-sandbox-dir",
        "reads and writes relative paths in its working directory, whatever sandbox_dir says, declared or not",
        &["W-100", "W-101", "W-102"],
        OUTSIDE,
    )
    .with(MULTIPLEX_SANDBOXING)
    .may_also_break(&[
        ELSEWHERE,
        ("W-105", "what it reads in the working directory is cached under the digest of the file in the sandbox"),
    ]),
    Fault::new(
        "write-outside-sandbox",
        "reads under sandbox_dir, and writes relative paths in its working directory",
        &["W-101"],
        OUTSIDE,
    )
    .with(MULTIPLEX_SANDBOXING)
    .may_also_break(&[ELSEWHERE]),
    Fault::new(
        "absolute-under-sandbox",
        "looks for absolute paths under sandbox_dir, too",
        &["W-103"],
        OUTSIDE,
    )
    .with(MULTIPLEX_SANDBOXING),
    Fault::new(
        "tool-file-in-sandbox",
        "looks for the file that --banner names under sandbox_dir",
        &["W-104"],
        OUTSIDE,
    )
    .with(MULTIPLEX_SANDBOXING),
    Fault::new(
        "sandbox-sticks",
        "takes the last sandbox_dir that was not empty for an empty one",
        &["W-105"],
        OUTSIDE,
    )
    .with(MULTIPLEX_SANDBOXING)
    .may_also_break(&[
        ELSEWHERE,
        ("W-058", "the result depends on the sandbox_dir of a request before"),
        ("W-106", "the sandbox_dir of a request before is remembered"),
    ]),
    Fault::new(
        "first-sandbox",
        "takes the first sandbox_dir that was not empty for every later one that is not empty",
        &["W-106"],
        OUTSIDE,
    )
    .with(MULTIPLEX_SANDBOXING)
    .may_also_break(&[
        ELSEWHERE,
        ("W-058", "the result depends on the sandbox_dir of a request before"),
        ("W-067", "the request with the first sandbox_dir may be open at the same time"),
        ("W-100", "it reads in another sandbox than its own"),
        ("W-101", "it writes in another sandbox than its own"),
    ]),
    Fault::new(
        "argfile-outside-sandbox",
        "looks for @path arguments in its working directory, whatever sandbox_dir says",
        &["W-107"],
        OUTSIDE,
    )
    .with(MULTIPLEX_SANDBOXING)
    .may_also_break(&[("W-006", "an argument file that only the sandbox has is not expanded")]),
];

impl Active {
    /// For the faults that remember: a request with this `sandbox_dir` begins.
    pub(super) fn see_sandbox(&self, sandbox_dir: &Path) {
        if !sandbox_dir.as_os_str().is_empty() {
            let mut seen = lock(&self.sandboxes);
            seen.first.get_or_insert_with(|| sandbox_dir.to_owned());
            seen.last = Some(sandbox_dir.to_owned());
        }
    }

    /// For the fault `argfile-outside-sandbox`, with which the session leaves argument files to the tool.
    pub(super) fn expand_argfiles(&self, request: &mut Request) -> Result<(), String> {
        if self.has("argfile-outside-sandbox") && !self.is_once() {
            let arguments = argfile::expand(request.take_arguments(), Path::new(""));
            request.set_arguments(arguments.map_err(|error| error.to_string())?);
        }
        Ok(())
    }

    /// The file that the tool reads where a request says `path`.
    pub(crate) fn source(&self, request: &Request, path: &str) -> PathBuf {
        let sandbox_dir = self.sandbox_dir(request.sandbox_dir());
        if self.has("absolute-under-sandbox") && !sandbox_dir.as_os_str().is_empty() {
            return sandbox_dir.join(path.trim_start_matches('/'));
        }
        sandbox_dir.join(path)
    }

    /// The file that the tool writes where a request says `path`.
    pub(crate) fn target(&self, request: &Request, path: &str) -> PathBuf {
        if self.has("write-outside-sandbox") { PathBuf::from(path) } else { self.source(request, path) }
    }

    /// Where a file of the tool itself is, which its command line names.
    pub(crate) fn tool_file(&self, request: &Request, path: &Path) -> PathBuf {
        if self.has("tool-file-in-sandbox") { request.resolve(path) } else { path.to_owned() }
    }

    fn sandbox_dir(&self, own: &Path) -> PathBuf {
        let is_empty = own.as_os_str().is_empty();
        let other = if self.has("ignore-sandbox-dir") {
            Some(PathBuf::new())
        } else if self.has("sandbox-sticks") && is_empty {
            lock(&self.sandboxes).last.clone()
        } else if self.has("first-sandbox") && !is_empty {
            lock(&self.sandboxes).first.clone()
        } else {
            None
        };
        other.unwrap_or_else(|| own.to_owned())
    }
}

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] =
        &[("ignore-sandbox-dir", sandboxed, |o| o.responses[0].exit_code == 1)];
}

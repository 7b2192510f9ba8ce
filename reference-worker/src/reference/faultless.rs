//! Where the tool can be made to misbehave, in a build that cannot: the correct behaviour, inlined away.
//!
//! With the feature `faults` there is `faults::Active` in its place.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use crate::Request;

/// No fault.
#[derive(Debug, Default)]
pub(super) struct Active;

/// A request from the moment when the tool begins it; nothing is known of it.
#[derive(Debug)]
pub(super) struct Visit;

#[expect(clippy::unused_self, reason = "with faults these look")]
impl Active {
    pub(super) fn has(&self, _name: &str) -> bool {
        false
    }

    #[expect(clippy::unnecessary_wraps, reason = "a fault may fail the request")]
    pub(super) fn begin(&self, _request: &mut Request) -> Result<Visit, String> {
        Ok(Visit)
    }

    pub(super) fn leak(&self, _request: &Request, _printed: &[String]) {}

    /// Whether a request stops, because it is cancelled.
    pub(super) fn stops(&self, request: &Request) -> bool {
        request.cancelled()
    }

    pub(super) fn digest<'a>(&self, digest: &'a [u8]) -> &'a [u8] {
        digest
    }

    /// The file that the tool reads where a request says `path`.
    pub(super) fn source(&self, request: &Request, path: &str) -> PathBuf {
        request.resolve(path)
    }

    /// The file that the tool writes where a request says `path`.
    pub(super) fn target(&self, request: &Request, path: &str) -> PathBuf {
        request.resolve(path)
    }

    /// Where a file of the tool itself is: relative to the working directory of the process.
    pub(super) fn tool_file(&self, _request: &Request, path: &Path) -> PathBuf {
        path.to_owned()
    }

    /// The tool has read a file.
    pub(super) fn close(&self, file: File) {
        drop(file);
    }

    pub(super) fn text(
        &self,
        _request: &Request,
        _visit: &Visit,
        _named_and_printed: (&[String], &[String]),
        text: Vec<u8>,
    ) -> Vec<u8> {
        text
    }

    #[expect(clippy::unnecessary_wraps, reason = "a fault may write later, or not at all")]
    pub(super) fn output(
        &self,
        _request: &Request,
        path: PathBuf,
        text: Vec<u8>,
        _write: fn(&Path, &[u8]) -> io::Result<()>,
    ) -> Option<(PathBuf, Vec<u8>)> {
        Some((path, text))
    }
}

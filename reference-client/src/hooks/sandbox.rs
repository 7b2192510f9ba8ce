//! What a sandbox holds, and what is taken out of it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::sandbox::{self, Contents};
use crate::spawn::Spawn;

/// What a client decides about the directories of sandboxed requests.
pub(crate) trait SandboxHooks: Send + Sync {
    /// The directory of a request of a multiplex worker, below the one of the worker (C-112).
    fn request_directory(&self, unused: String) -> String {
        unused
    }

    /// Whether the directory of a worker, or of one of its requests, is removed at its end (C-118).
    fn removes_directory(&self, _of_request: bool) -> bool {
        true
    }

    /// These files and contents are about to be what a directory holds (C-110, C-115).
    fn contents(&self, _files: &mut BTreeSet<PathBuf>, _contents: &mut Contents<'_>) {}

    /// Whether all other files are removed from the directory (C-111).
    fn removes_other_files(&self) -> bool {
        true
    }

    /// Puts the input at `source` into its place in the sandbox (C-110).
    fn place_input(&self, source: &Path, place: &Path) -> io::Result<()> {
        sandbox::link(source, place)
    }

    /// Takes the outputs of a success out of the sandbox (C-113).
    fn collect(&self, spawn: &Spawn, sandbox: &Path, directory: &Path) -> io::Result<()> {
        sandbox::collect(spawn, sandbox, directory)
    }
}

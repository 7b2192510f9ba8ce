//! What a sandbox holds, and what is taken out of it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::Hooks;
use crate::files;
use crate::key::Tools;
use crate::spawn::Spawn;

/// The contents that a directory is to have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) spawn: &'a Spawn,
    /// The tool files that the process was started with.
    ///
    /// C-115: "The worker's own tool files stay where they were at its start for as long as the process lives."
    pub(crate) tools: &'a Tools,
    /// The directory that the paths of the inputs start at.
    pub(crate) source: &'a Path,
    /// Whether the process has served no request yet.
    #[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only a fault makes a difference"))]
    pub(crate) fresh: bool,
    pub(crate) hooks: Hooks,
}

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
        files::link(source, place)
    }

    /// Takes the outputs of a success out of the sandbox (C-113).
    fn collect(&self, spawn: &Spawn, sandbox: &Path, directory: &Path) -> io::Result<()> {
        files::collect(spawn, sandbox, directory)
    }
}

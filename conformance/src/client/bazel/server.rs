//! One server of a Bazel, with its workspace. Its end is the end of its workers too.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::client::adapter::ClientError;
use crate::client::case_files::make_folder;
use crate::client::watch::{Watch, Watched, run};
use crate::process::{ProcessId, kill_all, wait_gone};

use super::tool::Bazel;

/// How long a server may take to be gone when it was asked to end.
const GONE: Duration = Duration::from_secs(5);
/// What each build says, so that its messages can be read by a program and no file is made in the workspace.
const BUILD: [&str; 7] = [
    "build",
    "--keep_going",
    "--color=no",
    "--curses=no",
    "--verbose_failures",
    "--worker_verbose",
    "--symlink_prefix=/",
];

/// One server and its workspace.
#[derive(Debug)]
pub struct BazelServer<'a> {
    pub(super) bazel: &'a Bazel,
    /// The folder of the workspace.
    pub workspace: PathBuf,
    /// The output base: outputs, logs of workers, sandboxes.
    pub base: PathBuf,
    folder: PathBuf,
    shared: PathBuf,
    limit: Duration,
}

impl<'a> BazelServer<'a> {
    /// A server whose workspace, files and logs are below `folder`, which is its own. What all servers of a Bazel can use is below
    /// `shared`. A command may take so long as `limit` says. The server starts with its first command.
    ///
    /// # Errors
    /// Where a folder can't be made.
    pub fn new(bazel: &'a Bazel, folder: &Path, shared: &Path, limit: Duration) -> Result<Self, ClientError> {
        let workspace = folder.join("workspace");
        make_folder(&workspace)?;
        make_folder(&shared.join("home"))?;
        let base = folder.join("base");
        Ok(Self { bazel, workspace, base, folder: folder.to_owned(), shared: shared.to_owned(), limit })
    }

    /// Builds targets; `log` is a name for the file of its messages. The build is interrupted when the file `interrupt_at` is there.
    ///
    /// # Errors
    /// Where Bazel can't be started.
    pub fn build(
        &self,
        flags: &[String],
        targets: &[String],
        log: &str,
        interrupt_at: Option<PathBuf>,
    ) -> Result<Watched, ClientError> {
        let own = &self.bazel.options.build;
        let words = flags.iter().chain(own).chain(targets).map(String::as_str);
        self.run(BUILD.into_iter().chain(words), log, interrupt_at, self.limit)
    }

    /// Runs a command; `log` is a name for the file of its messages.
    pub(super) fn run<'w>(
        &self,
        words: impl IntoIterator<Item = &'w str>,
        log: &str,
        interrupt_at: Option<PathBuf>,
        limit: Duration,
    ) -> Result<Watched, ClientError> {
        let mut command = self.bazel.command(&self.workspace, &self.base, &self.shared);
        command.args(words);
        let log = self.folder.join(format!("{log}.log"));
        run(command, &Watch { limit, interrupt_at, log, ..Watch::default() })
            .map_err(|error| ClientError::not_started(&self.bazel.options.bin.to_string_lossy(), &error))
    }

    /// The process of the server, if it lives.
    pub(super) fn process(&self) -> Option<ProcessId> {
        let text = std::fs::read_to_string(self.base.join("server/server.pid.txt")).ok()?;
        ProcessId::of_living(text.trim().parse().ok()?)
    }

    /// Ends the server, by a command or, with `kill`, by SIGKILL to the server alone. It is gone afterwards; gives whether it had to be
    /// ended by force.
    ///
    /// # Errors
    /// Where Bazel can't be started.
    pub fn end(&self, kill: bool) -> Result<bool, ClientError> {
        let own: Vec<ProcessId> = self.process().into_iter().collect();
        let mut forced = false;
        if kill {
            own.iter().copied().for_each(ProcessId::kill);
        } else {
            forced = self.run(["shutdown"], "shutdown", None, self.limit)?.hung.is_some();
        }
        if !wait_gone(&own, GONE).is_empty() {
            kill_all(&own);
            forced = true;
        }
        Ok(forced)
    }
}

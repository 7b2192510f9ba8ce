//! A Bazel: its program, its version, the commands that start it, and one server of it. The end of a server is the end of its workers too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::client::adapter::{About, ClientError, resolve};
use crate::client::case::Need;
use crate::client::case_files::make_folder;
use crate::client::watch::{Watch, Watched, run};
use crate::files::Folder;
use crate::process::{ProcessId, kill_all, wait_gone};

use super::version::Version;

/// How long the first command of a Bazel or of a server may take; an old Bazel unpacks itself first.
pub(super) const FIRST: Duration = Duration::from_secs(120);
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

/// The program of a Bazel, and the flags with which it is started.
#[derive(Debug, Clone, Default)]
pub struct BazelOptions {
    /// The path of the program, or its name in PATH.
    pub bin: PathBuf,
    /// Further startup flags, in front of the command.
    pub startup: Vec<String>,
    /// Further flags of `build`.
    pub build: Vec<String>,
}

/// A Bazel whose version is known.
#[derive(Debug)]
pub struct Bazel {
    pub(super) options: BazelOptions,
    /// Its version, which says what flags it has.
    pub version: Version,
    pub(super) about: About,
}

impl Bazel {
    /// Finds out which version it is. `folder` is for its files.
    ///
    /// # Errors
    /// Where it can't be started or is no Bazel.
    pub fn new(mut options: BazelOptions, folder: &Path) -> Result<Self, ClientError> {
        let program = options.bin.to_string_lossy().into_owned();
        options.bin = resolve(std::slice::from_ref(&program))?.program().to_owned();
        let (version, text) = version(&options, folder).ok_or_else(|| {
            let problem = "`--version` and `version` name no version; give the path of a Bazel with --bin";
            ClientError::unusable(&program, problem)
        })?;
        let mut can = BTreeSet::from([
            Need::Sandboxing,
            Need::MaxInstances,
            Need::ExtraFlags,
            Need::QuitAfterBuild,
            Need::KeepsWorkers,
            Need::Clean,
            Need::Logs,
            Need::ToolData,
        ]);
        if version.has_multiplex() {
            can.insert(Need::Multiplex);
        }
        if version >= Version(4, 0) {
            can.insert(Need::MaxMultiplexInstances);
        }
        let mut command = vec![options.bin.to_string_lossy().into_owned()];
        command.extend(options.startup.iter().cloned());
        let about = About { name: "bazel".into(), version: text, command, can, shares: true };
        Ok(Self { options, version, about })
    }

    /// A command in a workspace; the server keeps its files below `base`, and all servers share `shared`.
    pub(super) fn command(&self, workspace: &Path, base: &Path, shared: &Path) -> Command {
        let mut command = start(&self.options, workspace, base, shared);
        if self.version.takes_collector() {
            command.arg("--host_jvm_args=-XX:+UseSerialGC");
        }
        command
    }
}

/// One server and its workspace.
#[derive(Debug)]
pub struct BazelServer<'a> {
    pub(super) bazel: &'a Bazel,
    /// The folder of the workspace.
    pub workspace: PathBuf,
    /// The output base: outputs, logs of workers, sandboxes.
    pub base: PathBuf,
    /// The workspace by its handle: a Bazel can write there.
    pub(super) files: Folder,
    folder: Folder,
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
        let open = |path: &Path| {
            let opened = std::fs::create_dir_all(path).and_then(|()| Folder::open(path));
            opened.map_err(|source| ClientError::Folder { path: path.to_owned(), source })
        };
        Self::in_folder(bazel, &open(folder)?, &open(shared)?, limit)
    }

    /// The same in folders that are open.
    pub(super) fn in_folder(
        bazel: &'a Bazel,
        folder: &Folder,
        shared: &Folder,
        limit: Duration,
    ) -> Result<Self, ClientError> {
        let files = make_folder(folder, Path::new("workspace"))?;
        make_folder(shared, Path::new("home"))?;
        let (workspace, base) = (files.path().to_owned(), folder.path().join("base"));
        let (folder, shared) = (folder.clone(), shared.path().to_owned());
        Ok(Self { bazel, workspace, base, files, folder, shared, limit })
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
        let log = format!("{log}.log").into();
        run(command, &Watch { interrupt_at, ..Watch::new(limit, self.folder.clone(), log) })
            .map_err(|error| ClientError::not_started(&self.bazel.options.bin.to_string_lossy(), error))
    }

    /// The process of the server, if it lives.
    pub(super) fn process(&self) -> Option<ProcessId> {
        let text = self.folder.read(self.base.join("server/server.pid.txt"), 100).ok()?;
        ProcessId::of_living(std::str::from_utf8(&text).ok()?.trim().parse().ok()?)
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

fn start(options: &BazelOptions, workspace: &Path, base: &Path, shared: &Path) -> Command {
    let mut command = Command::new(&options.bin);
    command
        .current_dir(workspace)
        .args(["--nohome_rc", "--noworkspace_rc", "--max_idle_secs=120"])
        .arg(format!("--output_user_root={}", shared.join("bazel").display()))
        .arg(format!("--output_base={}", base.display()))
        .arg("--host_jvm_args=-XX:TieredStopAtLevel=1")
        .args(&options.startup)
        // What no action declares, and no worker may see.
        .env("PWP_FOREIGN", "foreign")
        .env("HOME", shared.join("home"))
        .env_remove("BAZELISK_SKIP_WRAPPER");
    command
}

fn version(options: &BazelOptions, folder: &Path) -> Option<(Version, String)> {
    let (workspace, base) = (folder.join("version"), folder.join("version-base"));
    let place = Folder::open(folder).ok()?;
    place.make("home").ok()?;
    place.write("version/WORKSPACE", b"").ok()?;
    let watch = Watch::new(FIRST, place, "version.log".into());
    let mut short = Command::new(&options.bin);
    short.arg("--version").current_dir(&workspace);
    let said = run(short, &watch).ok()?.output;
    if let Some(version) = Version::parse(&said) {
        return Some(version);
    }
    let ask = |arguments: &[&str]| {
        let mut long = start(options, &workspace, &base, folder);
        long.args(arguments);
        Some(run(long, &watch).ok()?.output)
    };
    // A distribution may build it without a number.
    Version::parse(&ask(&["--batch", "version"])?)
        .or_else(|| Version::guess(&ask(&["--batch", "help", "build", "--short"])?))
}

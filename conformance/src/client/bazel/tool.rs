//! A Bazel: its program, its version, and the commands that start it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::client::adapter::{About, ClientError};
use crate::client::case::Need;
use crate::client::watch::{Watch, run};

use super::version::Version;

/// How long `--version` may take; an old Bazel unpacks itself first.
const FIRST: Duration = Duration::from_secs(120);

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
        let unusable = |problem: String| ClientError::Unusable { program: program.clone(), problem };
        let resolved = crate::runner::Command::resolve(
            std::slice::from_ref(&program),
            &std::env::current_dir().map_err(|error| unusable(error.to_string()))?,
        );
        options.bin = resolved.map_err(|error| unusable(error.to_string()))?.program().to_owned();
        let (version, text) = version(&options, folder).ok_or_else(|| {
            unusable("`--version` and `version` name no version; give the path of a Bazel with --bin".into())
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
        let about = About {
            name: "bazel".into(),
            version: text,
            command,
            can,
            documented: BTreeSet::from(["TMPDIR".to_owned()]),
            shares: true,
        };
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
    std::fs::create_dir_all(&workspace).ok()?;
    std::fs::create_dir_all(folder.join("home")).ok()?;
    std::fs::write(workspace.join("WORKSPACE"), "").ok()?;
    let watch = Watch { limit: FIRST, log: folder.join("version.log"), ..Watch::default() };
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

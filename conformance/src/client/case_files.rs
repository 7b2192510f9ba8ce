//! The files of a case: its scenario, its records, and the tool that starts the probe.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pwp_proto::Framing;

use crate::files::{self, Folder};
use crate::oracle::across::LogSeen;
use crate::probe::{SCENARIO_SCHEMA, SUITE_FILE};
use crate::process::ProcessId;
use pwp_spec::{Feature, Features};

use super::adapter::{ClientError, Lane};
use super::case::{Action, Before, Case};

/// The file of the scenario, in the folder of a case.
const SCENARIO: &str = "scenario.json";
/// The folder of the marks, in that of the record.
const MARKS: &str = "marks";
/// Bytes of a log or an output that are looked at.
const LOOKED_AT: u64 = 64 << 10;

/// The versions of the tool's files. Each begins with 1, and each change counts one up.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToolVersions {
    /// The version of the program.
    pub(super) program: u32,
    /// The version of the file beside it.
    pub(super) data: u32,
}

impl ToolVersions {
    /// The versions before the first step of a case.
    pub(super) const FIRST: Self = Self { program: 1, data: 1 };

    /// Counts the change that a step makes, if it changes the tool.
    pub(super) fn take(&mut self, step: &Before) {
        match step {
            Before::ChangeProgram => self.program += 1,
            Before::ChangeToolData => self.data += 1,
            _ => {}
        }
    }
}

/// The paths of a case's files. The client can write to all of them.
#[derive(Debug, Clone)]
pub(super) struct CaseFiles {
    /// The folder in which the probe writes down what happens.
    pub(super) record: Folder,
    /// The file with the scenario of the probe.
    pub(super) scenario: PathBuf,
    /// The folder of all files of the case, the logs of its commands among them.
    pub(super) folder: Folder,
}

impl CaseFiles {
    /// Makes the files of a case below the folder of a lane.
    pub(super) fn make(lane: &Lane<'_>, case: &Case) -> Result<Self, ClientError> {
        let folder = make_folder(&lane.folder, &Path::new("cases").join(&case.name))?;
        let record = make_folder(&folder, Path::new("record"))?;
        let files = Self { record, scenario: folder.path().join(SCENARIO), folder };
        make_folder(&files.record, Path::new(MARKS))?;
        let mut scenario = case.scenario.clone().unwrap_or_default();
        scenario.schema = SCENARIO_SCHEMA.into();
        scenario.dialect = lane.dialect.to_string();
        let text = serde_json::to_string_pretty(&scenario).unwrap_or_default();
        write(&files.folder, SCENARIO, &text)?;
        let ProcessId { pid, ticks } = ProcessId::own();
        write(&files.record, SUITE_FILE, &format!("{pid} {ticks}\n"))?;
        Ok(files)
    }

    /// The file of a mark.
    pub(super) fn mark(&self, name: &str) -> PathBuf {
        self.record.path().join(MARKS).join(name)
    }

    /// Whether a mark is set.
    pub(super) fn is_marked(&self, name: &str) -> bool {
        self.record.has(self.mark(name))
    }

    /// Sets a mark.
    pub(super) fn set_mark(&self, name: &str) {
        // Whoever waits for it has a limit.
        let _ = self.record.write(self.mark(name), b"");
    }

    /// The program of the tool. `data` is the name of the file beside it that belongs to the tool.
    pub(super) fn program(&self, lane: &Lane<'_>, version: &str, data: &str) -> String {
        let quote = |path: &Path| format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"));
        format!(
            "#!/bin/sh\nexec {} probe --within {} --scenario {} --record {} --version-of-program {version} --data \"${{0%/*}}/{data}\" -- \"$@\"\n",
            quote(lane.pwp),
            quote(lane.folder.path()),
            quote(&self.scenario),
            quote(self.record.path()),
        )
    }
}

/// Writes a file below a folder, and the folders above it.
pub(super) fn write(folder: &Folder, path: impl AsRef<Path>, text: &str) -> Result<(), ClientError> {
    folder.write(&path, text.as_bytes()).map_err(failed(folder, path))
}

/// Writes a file that can be run. It is a new file, so that a program that runs stays what it was.
pub(super) fn write_program(folder: &Folder, path: impl AsRef<Path>, text: &str) -> Result<(), ClientError> {
    folder.write_program(&path, text.as_bytes()).map_err(failed(folder, path))
}

/// Makes a folder below another one.
pub(super) fn make_folder(folder: &Folder, path: &Path) -> Result<Folder, ClientError> {
    folder.make(path).map_err(failed(folder, path))
}

fn failed(folder: &Folder, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> ClientError {
    let path = folder.path().join(path);
    move |source| ClientError::Folder { path, source }
}

/// The lines of an action's argfile. `out` and `directory` are the paths of its outputs.
pub(super) fn lines(action: &Action, out: &str, directory: &str) -> Vec<String> {
    let mut lines = vec![format!("--name={}", action.name), format!("--out={out}")];
    if action.directory {
        lines.push(format!("--dir={directory}"));
    }
    lines.extend(action.lines.iter().cloned());
    lines.extend((0..action.filling).map(|number| format!("{number:-<99}")));
    lines
}

/// What an input that actions share holds after so many changes.
pub(super) fn shared_input(name: &str, changes: usize) -> String {
    format!("{name}, version {}\n", changes + 1)
}

/// The execution requirements by which an action says what its tool is, in a run of `dialect`.
pub(super) fn requirements(action: &Action, dialect: Framing) -> BTreeMap<String, String> {
    let declared = action.dialect.as_deref().and_then(|name| name.parse().ok());
    let of_worker = || worker_requirements(&action.features, declared.unwrap_or(dialect));
    action.worker.then(of_worker).unwrap_or_default()
}

/// The execution requirements by which an action says that its tool is a worker with these features.
pub fn worker_requirements(features: &Features, dialect: Framing) -> BTreeMap<String, String> {
    let of = |feature: &Feature| match feature {
        Feature::Multiplex => Some("supports-multiplex-workers"),
        Feature::Cancellation => Some("supports-worker-cancellation"),
        Feature::MultiplexSandboxing => Some("supports-multiplex-sandboxing"),
        Feature::Verbosity => None,
    };
    let supported = ["supports-workers"].into_iter().chain(features.iter().filter_map(of));
    let protocol = (dialect == Framing::Json).then_some(("requires-worker-protocol", "json"));
    let all = supported.map(|name| (name, "1")).chain(protocol);
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Whether there is a file below a folder, which need not be there.
pub(super) fn holds_files(folder: &Folder, path: impl AsRef<Path>) -> bool {
    let mut any = false;
    let beyond = folder.walk(path, |_, _| false, |_, _| any = true);
    any || beyond.is_some()
}

/// The logs of workers that a client names; nothing if it names none.
pub(super) fn logs<'p>(paths: impl Iterator<Item = &'p Path>) -> Option<Vec<LogSeen>> {
    // They may be anywhere: a client says where it keeps them.
    let text = |path: &Path| lossy(files::read_start(path, LOOKED_AT).unwrap_or_default());
    let seen = |path: &Path| LogSeen { path: path.to_string_lossy().into_owned(), text: text(path) };
    let logs: Vec<LogSeen> = paths.map(seen).collect();
    (!logs.is_empty()).then_some(logs)
}

/// The beginning of a file below a folder, as text.
pub(super) fn beginning(folder: &Folder, path: impl AsRef<Path>) -> String {
    lossy(folder.read_start(path, LOOKED_AT).unwrap_or_default())
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

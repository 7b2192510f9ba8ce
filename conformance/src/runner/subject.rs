//! What is under test and how it is started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use pwp_proto::Framing;

use crate::history::Reference;
use crate::process::{Process, Setup, SpawnError};
use crate::workload::{Template, Workload};
use pwp_spec::Features;

use super::files::TEMPORARY;

/// A worker under test.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The command, without `--persistent_worker`.
    pub command: Command,
    /// The wire form it speaks.
    pub dialect: Framing,
    /// The features that the worker declares beyond its dialect.
    pub features: Features,
    /// Real requests, or none.
    pub workload: Workload,
    /// What the requests gave alone in a fresh worker, as far as that was tried.
    pub references: References,
}

/// What requests gave alone in a fresh worker, by their names in the workload.
pub type References = BTreeMap<String, Arc<Reference>>;

/// A command whose paths hold in any working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Arguments that were relative paths and were made absolute, as given.
    pub made_absolute: Vec<String>,
    /// Words that have the directory of the run in them, by their place in `argv`, where `{run}` stands for it.
    late: Vec<(usize, Template)>,
    /// It stands in a workload file.
    of_workload: bool,
}

/// Why a command can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CommandError {
    /// Nothing behind `--`.
    #[error(
        "no command: put the worker's command line behind `--`, for example `pwp check worker -- ./my-worker`"
    )]
    Empty,
    /// There is no such program.
    #[error("there is no program {0:?}: check the path, or put its folder into PATH")]
    NotFound(String),
    /// The path names a folder.
    #[error("{0:?} is a folder: name the program in it")]
    Folder(String),
    /// The file may not be executed.
    #[error("{0:?} can't be executed: make it executable with chmod +x, or name its interpreter first")]
    NotExecutable(String),
}

impl Command {
    /// Resolves a command line as typed in `folder`.
    ///
    /// Each subject runs in a directory of its own, so the program and all arguments that name
    /// something that exists, alone or behind a `=`, or as a list with `:`, are made absolute.
    ///
    /// # Errors
    /// Where there is no such program.
    pub fn resolve(argv: &[String], folder: &Path) -> Result<Self, CommandError> {
        let (program, arguments) = argv.split_first().ok_or(CommandError::Empty)?;
        let mut made_absolute = Vec::new();
        let path = find_program(program, folder)?;
        let mut resolved = vec![path.to_string_lossy().into_owned()];
        for argument in arguments {
            let absolute = absolute_argument(argument, folder);
            if absolute != *argument {
                made_absolute.push(argument.clone());
            }
            resolved.push(absolute);
        }
        Ok(Self { argv: resolved, made_absolute, late: Vec::new(), of_workload: false })
    }

    /// The command of a workload, resolved in the workload's folder. Words with `{run}` are completed in each run.
    ///
    /// # Errors
    /// Where it has none, or there is no such program.
    pub fn of_workload(workload: &Workload) -> Result<Self, CommandError> {
        let folder = workload.folder().unwrap_or_else(|| Path::new(""));
        let (mut argv, mut late) = (Vec::new(), Vec::new());
        for (place, word) in workload.command.iter().enumerate() {
            let shown = word.shown();
            argv.push(match (word.depends_on_run(), place) {
                (true, _) => {
                    late.push((place, word.clone()));
                    shown
                }
                (false, 0) => find_program(&shown, folder)?.to_string_lossy().into_owned(),
                // Such a word is a path, whether it is there or not.
                (false, _) if shown.starts_with("./") || shown.starts_with("../") => {
                    folder.join(shown.trim_start_matches("./")).to_string_lossy().into_owned()
                }
                (false, _) => absolute_argument(&shown, folder),
            });
        }
        if argv.is_empty() {
            Err(CommandError::Empty)
        } else {
            Ok(Self { argv, made_absolute: Vec::new(), late, of_workload: true })
        }
    }

    /// Whether it stands in a workload file, so that this file is all that is needed to start it.
    pub fn is_of_workload(&self) -> bool {
        self.of_workload
    }

    /// The program and its arguments for a run in the directory `run`, which is absolute.
    pub fn argv_in(&self, run: &Path) -> Vec<String> {
        let mut argv = self.argv.clone();
        for (place, word) in &self.late {
            argv[*place] = word.in_run(run);
        }
        argv
    }

    /// The program that is started.
    pub fn program(&self) -> &Path {
        Path::new(self.argv.first().map_or("", String::as_str))
    }
}

/// Starts `argv` in the directory of a run, with `environment` added to what `pwp` has. `confined`: the process can write only there.
///
/// # Errors
/// Where the system refuses it.
pub(super) fn start_process(
    argv: &[String],
    run: &Path,
    environment: &[(&str, String)],
    confined: bool,
) -> Result<Process, SpawnError> {
    let mut command = std::process::Command::new(argv.first().map_or("", String::as_str));
    command
        .args(argv.iter().skip(1))
        .current_dir(run)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env("TMPDIR", run.join(TEMPORARY))
        .env("PWD", run)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let setup = Setup {
        own_group: true,
        default_signals: true,
        polled: true,
        marked: true,
        confined_to: confined.then_some(run),
    };
    let program = || argv.first().cloned().unwrap_or_default();
    Process::start(command, setup).map_err(|source| SpawnError { program: program(), source })
}

fn find_program(program: &str, folder: &Path) -> Result<PathBuf, CommandError> {
    if program.contains('/') {
        let path = folder.join(program.trim_start_matches("./"));
        if path.is_dir() {
            return Err(CommandError::Folder(program.to_owned()));
        }
        if !path.is_file() {
            return Err(CommandError::NotFound(program.to_owned()));
        }
        return if executable(&path) {
            Ok(path)
        } else {
            Err(CommandError::NotExecutable(program.to_owned()))
        };
    }
    let search = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&search)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file() && executable(path))
        .ok_or_else(|| CommandError::NotFound(program.to_owned()))
}

#[cfg(unix)]
fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|data| data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn executable(_path: &Path) -> bool {
    true
}

fn absolute_argument(argument: &str, folder: &Path) -> String {
    // A word without slash and dot that happens to be the name of a folder is more likely just a word.
    let there = |text: &str| {
        let path = folder.join(text);
        !text.is_empty()
            && !text.starts_with('-')
            && Path::new(text).is_relative()
            && (path.is_file() || (text.contains(['/', '.']) && path.exists()))
    };
    let join = |text: &str| folder.join(text.trim_start_matches("./")).to_string_lossy().into_owned();
    if there(argument) {
        return join(argument);
    }
    if let Some((name, value)) = argument.split_once('=')
        && there(value)
    {
        return format!("{name}={}", join(value));
    }
    let parts: Vec<&str> = argument.split(':').collect();
    if parts.len() > 1 && parts.iter().any(|part| there(part)) {
        let list: Vec<String> =
            parts.iter().map(|part| if there(part) { join(part) } else { (*part).to_owned() }).collect();
        return list.join(":");
    }
    argument.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(argv: &[&str], folder: &Path) -> Result<Command, CommandError> {
        Command::resolve(&argv.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(), folder)
    }

    #[test]
    fn arguments_that_exist_become_absolute() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tool.js"), "").unwrap();
        std::fs::write(folder.path().join("a.jar"), "").unwrap();
        std::fs::create_dir(folder.path().join("other")).unwrap();
        let here = folder.path().to_string_lossy().into_owned();
        let command =
            resolve(&["sh", "tool.js", "--config=a.jar", "-cp", "a.jar:b.jar", "other"], folder.path())
                .unwrap();
        assert_eq!(
            command.argv[1..],
            [
                format!("{here}/tool.js"),
                format!("--config={here}/a.jar"),
                "-cp".into(),
                format!("{here}/a.jar:b.jar"),
                "other".into()
            ]
        );
        assert_eq!(command.made_absolute, ["tool.js", "--config=a.jar", "a.jar:b.jar"]);
    }

    #[test]
    fn a_missing_program_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("plain"), "").unwrap();
        assert_eq!(resolve(&[], folder.path()), Err(CommandError::Empty));
        assert_eq!(resolve(&["./"], folder.path()), Err(CommandError::Folder("./".into())));
        assert_eq!(resolve(&["./nowhere"], folder.path()), Err(CommandError::NotFound("./nowhere".into())));
        assert_eq!(resolve(&["./plain"], folder.path()), Err(CommandError::NotExecutable("./plain".into())));
    }
}

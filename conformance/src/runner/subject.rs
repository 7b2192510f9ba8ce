//! What is under test and how it is started.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use pwp_proto::Framing;

use crate::history::{Reference, Start};
use crate::process::{Process, Setup, SpawnError};
use crate::workload::{Template, Workload, can_be_executed};
use pwp_spec::Features;

use super::layout::TEMPORARY;

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
    /// It stands in a workload file, so that this file is all that is needed to start it.
    pub of_workload: bool,
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
    pub fn resolve(argv: &[String], folder: &Path) -> Result<Self, CommandError> {
        let (program, arguments) = argv.split_first().ok_or(CommandError::Empty)?;
        let mut resolved = vec![find_program(program, folder)?];
        resolved.extend(arguments.iter().map(|argument| absolute_argument(argument, folder)));
        let changed = argv.iter().zip(&resolved).skip(1).filter(|(given, absolute)| given != absolute);
        let made_absolute = changed.map(|(given, _)| given.clone()).collect();
        Ok(Self { argv: resolved, made_absolute, late: Vec::new(), of_workload: false })
    }

    /// The command of a workload, resolved in the workload's folder. Words with `{run}` are completed in each run.
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
                (false, 0) => find_program(&shown, folder)?,
                // Such a word is a path, whether it is there or not.
                (false, _) if shown.starts_with("./") || shown.starts_with("../") => {
                    folder.join(shown.trim_start_matches("./")).to_string_lossy().into_owned()
                }
                (false, _) => absolute_argument(&shown, folder),
            });
        }
        if argv.is_empty() {
            return Err(CommandError::Empty);
        }
        Ok(Self { argv, made_absolute: Vec::new(), late, of_workload: true })
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

/// Starts the process in the directory of a run, with the environment of the workload added to what `pwp` has.
pub(super) fn start_process(start: &Start, run: &Path, workload: &Workload) -> Result<Process, SpawnError> {
    let program = start.argv.first().map_or("", String::as_str);
    let mut command = std::process::Command::new(program);
    command
        .args(start.argv.iter().skip(1))
        .current_dir(run)
        .envs(workload.environment_in(run))
        .env("TMPDIR", run.join(TEMPORARY))
        .env("PWD", run)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let setup = Setup { confined_to: start.confined.then_some(run), ..Setup::WORKER };
    Process::start(command, setup).map_err(|source| SpawnError { program: program.to_owned(), source })
}

fn find_program(program: &str, folder: &Path) -> Result<String, CommandError> {
    let executable = |path: &Path| path.metadata().is_ok_and(|data| can_be_executed(&data));
    let found = if program.contains('/') {
        let path = folder.join(program.trim_start_matches("./"));
        if path.is_dir() {
            return Err(CommandError::Folder(program.to_owned()));
        }
        if path.is_file() && !executable(&path) {
            return Err(CommandError::NotExecutable(program.to_owned()));
        }
        Some(path).filter(|path| path.is_file())
    } else {
        let search = std::env::var_os("PATH").unwrap_or_default();
        let mut paths = std::env::split_paths(&search).map(|directory| directory.join(program));
        paths.find(|path| path.is_file() && executable(path))
    };
    let path = found.ok_or_else(|| CommandError::NotFound(program.to_owned()))?;
    Ok(path.to_string_lossy().into_owned())
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
    let part = |part: &str| if there(part) { join(part) } else { part.to_owned() };
    argument.split(':').map(part).collect::<Vec<_>>().join(":")
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
        let argv = ["sh", "tool.js", "--config=a.jar", "-cp", "a.jar:b.jar", "other"];
        let command = resolve(&argv, folder.path()).unwrap();
        let here = folder.path().to_string_lossy();
        let shown: Vec<_> = command.argv[1..].iter().map(|word| word.replace(&*here, "HERE")).collect();
        assert_eq!(shown, ["HERE/tool.js", "--config=HERE/a.jar", "-cp", "HERE/a.jar:b.jar", "other"]);
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

//! The command line: `[--fault=NAME]... [--outcomes=FILE] PLAN`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use super::execute::execute;
use super::model::Plan;
use super::outcomes::StatusName;
use crate::faults::Faults;
use crate::interrupt::Interrupt;
use crate::lock::lock;

/// How it is called.
pub const USAGE: &str = "usage: [--fault=NAME]... [--outcomes=FILE] PLAN\n\
    PLAN is a file in JSON or, if its name ends with .toml, in TOML. The outcomes go to standard output without a FILE.";

/// The most characters of a parser's error that are told.
const SHOWN: usize = 300;

/// Runs a plan as a program: reads it, runs it, writes the outcomes.
///
/// The exit code is 0 if every action of every build succeeded, 1 if one did not, 2 if the plan can't be run; a message says why then.
/// SIGINT interrupts the current build; SIGTERM does, and no further build is begun.
pub fn run(arguments: Vec<String>) -> ExitCode {
    match attempt(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            // A standard error that takes nothing is no reason for a panic.
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::from(2)
        }
    }
}

fn attempt(arguments: Vec<String>) -> Result<bool, String> {
    let (mut faults, mut outcomes, mut path) = (Faults::default(), None, None);
    for argument in arguments {
        match argument.split_once('=') {
            Some(("--fault", name)) => faults.add(name).map_err(|error| error.to_string())?,
            Some(("--outcomes", file)) => outcomes = Some(PathBuf::from(file)),
            _ if argument.starts_with('-') || path.is_some() => {
                return Err(format!("{argument} is not understood\n{USAGE}"));
            }
            _ => path = Some(PathBuf::from(argument)),
        }
    }
    let plan = read(&path.ok_or_else(|| USAGE.to_owned())?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result =
        runtime.map_err(|error| format!("the runtime can't be started: {error}"))?.block_on(async {
            let interrupts = watch_signals().map_err(|error| format!("signals can't be watched: {error}"))?;
            execute(&plan, faults, || interrupts.next()).await.map_err(|error| error.to_string())
        })?;
    let text = serde_json::to_string_pretty(&result).map_err(|error| error.to_string())? + "\n";
    match outcomes {
        Some(file) => std::fs::write(&file, text)
            .map_err(|error| format!("{} can't be written ({error}); name another file", file.display()))?,
        None => std::io::stdout().write_all(text.as_bytes()).map_err(|error| {
            format!("the outcomes can't be printed ({error}); name a file with --outcomes")
        })?,
    }
    let mut actions = result.builds.iter().flat_map(|build| &build.actions);
    Ok(actions.all(|action| action.status == StatusName::Success))
}

/// Reads a plan; its `directory` and `state` start at its folder.
fn read(path: &Path) -> Result<Plan, String> {
    let wrong = |error: &dyn std::fmt::Display| {
        // What the parsers say has lines of the file in it.
        let line: String =
            error.to_string().chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("{} is no plan: {}; conformance/CLIENTS.md describes one", path.display(), line.trim_end())
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let mut plan: Plan = if is_toml {
        toml::from_str(&text).map_err(|error| wrong(&error))?
    } else {
        serde_json::from_str(&text).map_err(|error| wrong(&error))?
    };
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    for place in [&mut plan.directory, &mut plan.state] {
        *place = folder.join(&place);
    }
    Ok(plan)
}

/// Where the signals of the user arrive.
#[derive(Clone, Debug, Default)]
struct Signals(Arc<Mutex<Current>>);

#[derive(Debug, Default)]
struct Current {
    build: Interrupt,
    ends: bool,
}

impl Signals {
    /// An interrupt for the next build, if there is to be one.
    fn next(&self) -> Option<Interrupt> {
        let mut current = lock(&self.0);
        current.build = Interrupt::new();
        (!current.ends).then(|| current.build.clone())
    }

    fn came(&self, ends: bool) {
        let mut current = lock(&self.0);
        current.ends |= ends;
        current.build.trigger();
    }
}

fn watch_signals() -> std::io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = Signals::default();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let watching = signals.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => watching.came(false),
                Some(()) = terminate.recv() => watching.came(true),
                else => return,
            }
        }
    });
    Ok(signals)
}

//! The reference tool as a process.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use super::command_line::CommandLine;
use super::tool::Tool;
use crate::{Worker, worker::exit};

/// Exit status for a command line that is not understood.
const USAGE: u8 = 2;

/// Runs the reference tool with these arguments, which do not begin with the program's name: as a worker if
/// `--persistent_worker` is among them, once otherwise.
pub fn run(arguments: Vec<String>) -> ExitCode {
    let outcome = CommandLine::parse(&arguments).and_then(|line| start(line, &arguments));
    outcome.unwrap_or_else(|message| {
        let _ = writeln!(io::stderr(), "the reference worker cannot start: {message}");
        ExitCode::from(USAGE)
    })
}

fn worker(line: &CommandLine) -> Worker {
    let worker = Worker::new()
        .dialect(line.dialect)
        .multiplex(line.multiplex)
        .cancellation(line.cancellation)
        .multiplex_sandboxing(true);
    match line.jobs {
        Some(jobs) => worker.jobs(jobs),
        None => worker,
    }
}

#[cfg(not(feature = "faults"))]
fn start(line: CommandLine, _arguments: &[String]) -> Result<ExitCode, String> {
    if let Some(name) = line.faults.first() {
        return Err(format!("--fault={name}: this build has no faults; build it with the feature `faults`"));
    }
    let (worker, tool) = (worker(&line), Tool::default());
    Ok(match line.persistent {
        Some(_) => worker.run_persistent(
            Box::new(move |request| tool.run(request)),
            crate::session::hooks::NoHooks,
            exit,
        ),
        None => ExitCode::from(worker.run_once(line.rest, &|request| tool.run(request))),
    })
}

#[cfg(feature = "faults")]
fn start(line: CommandLine, arguments: &[String]) -> Result<ExitCode, String> {
    use std::sync::Arc;

    use crate::faults::{Active, Start};

    let faults = Arc::new(Active::named(&line.faults)?);
    let mut worker = worker(&line);
    let tool = Tool::with_faults(Arc::clone(&faults));
    let is_last = line.persistent.is_some_and(|place| place + 1 == arguments.len());
    match faults.start(line.persistent.is_some(), is_last, &line.rest) {
        Start::Persistent => {
            worker = faults.change(worker);
            faults.leave_child()?;
            Ok(worker.run_persistent(Box::new(move |request| tool.run(request)), faults, exit))
        }
        Start::Once => {
            let once = worker.argfiles(!faults.has("one-shot-no-argfile"));
            let status = once.run_once(line.rest, &|request| tool.run(request));
            Ok(ExitCode::from(if faults.has("one-shot-exit-zero") { 0 } else { status }))
        }
        Start::Refuse(message) => {
            let _ = writeln!(io::stderr(), "{message}");
            Ok(ExitCode::FAILURE)
        }
    }
}

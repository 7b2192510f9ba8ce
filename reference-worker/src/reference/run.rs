//! The reference tool as a process.

use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use super::command_line::CommandLine;
use super::tool::Tool;
use crate::{Request, Worker, worker::exit};

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
        .multiplex_sandboxing(line.multiplex_sandboxing);
    match line.jobs {
        Some(jobs) => worker.jobs(jobs),
        None => worker,
    }
}

/// An internal error has the exit code that a worker answers it with. The panic hook has told the reason.
fn once(tool: &Tool, request: &mut Request) -> i32 {
    catch_unwind(AssertUnwindSafe(|| tool.run(request))).unwrap_or(1)
}

#[cfg(not(feature = "faults"))]
fn start(line: CommandLine, _arguments: &[String]) -> Result<ExitCode, String> {
    if let Some(name) = line.faults.first() {
        return Err(format!("--fault={name}: this build has no faults; build it with the feature `faults`"));
    }
    let (worker, tool) = (worker(&line), Tool::default().banner(line.banner.clone()));
    Ok(match line.persistent {
        Some(_) => worker.run_persistent(
            Box::new(move |request| tool.run(request)),
            crate::session::hooks::NoHooks,
            exit,
        ),
        None => ExitCode::from(worker.run_once(line.rest, &|request| once(&tool, request))),
    })
}

#[cfg(feature = "faults")]
fn start(line: CommandLine, arguments: &[String]) -> Result<ExitCode, String> {
    use std::sync::Arc;

    use crate::faults::{Active, Start};

    let faults = Arc::new(Active::named(&line.faults)?);
    let mut worker = worker(&line);
    let tool = Tool::with_faults(Arc::clone(&faults)).banner(line.banner);
    let is_last = line.persistent.is_some_and(|place| place + 1 == arguments.len());
    match faults.start(line.persistent.is_some(), is_last, &line.rest) {
        Start::Persistent => {
            worker = faults.change(worker);
            faults.leave_child()?;
            Ok(worker.run_persistent(Box::new(move |request| tool.run(request)), faults, exit))
        }
        Start::Once => {
            let worker = worker.argfiles(!faults.has("one-shot-no-argfile"));
            let status = worker.run_once(line.rest, &|request| once(&tool, request));
            Ok(ExitCode::from(if faults.has("one-shot-exit-zero") { 0 } else { status }))
        }
        Start::Refuse(message) => {
            let _ = writeln!(io::stderr(), "{message}");
            Ok(ExitCode::FAILURE)
        }
    }
}

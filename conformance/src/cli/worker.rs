//! `pwp worker`: the reference worker, and `wrap`, which makes a worker of any tool.

use pwp_worker::wrap::Wrapper;

use super::args::{Argfile, Worker, WorkerTool, Wrap};
use super::exit::{ExitCode, Failure};

/// Runs the worker in this process.
pub(super) fn run(args: Worker) -> Result<ExitCode, Failure> {
    match args.tool {
        Some(WorkerTool::Wrap(wrap)) => run_wrapped(wrap),
        None => Ok(ExitCode::Worker(pwp_worker::reference::run(args.arguments))),
    }
}

fn run_wrapped(args: Wrap) -> Result<ExitCode, Failure> {
    let mut wrapper = Wrapper::new(args.command)
        .map_err(Failure::usage)?
        .dialect(args.dialect)
        .argfiles(args.argfile == Argfile::Expand)
        .grace(args.grace);
    if let Some(jobs) = args.jobs {
        wrapper = wrapper.jobs(jobs.into());
    }
    Ok(ExitCode::Worker(wrapper.run()))
}

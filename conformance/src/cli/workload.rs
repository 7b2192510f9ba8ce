//! `pwp workload check`.

use crate::runner::Command;
use crate::survey::{Survey, describe, survey};
use crate::workload;
use pwp_spec::Catalogue;

use super::args::{self, Format};
use super::exit::{ExitCode, Failure};

/// Reads a workload file and says what it is good for.
pub(super) fn run(command: &args::Workload) -> Result<ExitCode, Failure> {
    let args::Workload::Check(args) = command;
    let workload = workload::load(&args.file).map_err(Failure::usage)?;
    let mut survey: Survey = survey(&workload, Catalogue::standard());
    if !workload.command.is_empty()
        && let Err(error) = Command::of_workload(&workload)
    {
        survey.warnings.push(format!("the command can't be started from here: {error}"));
    }
    match args.format {
        Format::Human => anstream::print!("{}: {}", args.file.display(), describe(&survey)),
        Format::Json => {
            anstream::println!("{}", serde_json::to_string_pretty(&survey).map_err(Failure::internal)?);
        }
    }
    Ok(ExitCode::Conformant)
}

//! `pwp list`, `explain`, `faults` and `workload`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pwp_spec::{Catalogue, Dialect, Evidence, Feature, Level, ListFilter, ListFormat, RequirementId, Role};
use serde_json::json;

use crate::builtin;
use crate::runner::Command;
use crate::survey::{describe, survey};
use crate::workload;

use super::exit::{ExitCode, Failure};
use super::value::{Format, print, print_json};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pwp list --level MUST --dialect json\n  pwp list --role worker --untested\n  pwp list --scripts"
)]
pub(super) struct List {
    /// Only requirements on worker, client, server or remote-client.
    #[arg(long)]
    role: Option<Role>,
    /// Only MUST, SHOULD, MAY or OBSERVED.
    #[arg(long)]
    level: Option<Level>,
    /// Only those that apply to a dialect.
    #[arg(long)]
    dialect: Option<Dialect>,
    /// Only those that depend on a feature.
    #[arg(long)]
    feature: Option<Feature>,
    /// Only those without check, and why.
    #[arg(long)]
    untested: bool,
    /// The built-in scripts and cases instead of the requirements.
    #[arg(long)]
    scripts: bool,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pwp faults --role client\n  pwp check worker -- pwp worker --fault=duplicate-response\n  pwp check client reference --fault reuse-ids"
)]
pub(super) struct Faults {
    /// Only those of the reference worker or of the reference client: worker or client.
    #[arg(long)]
    role: Option<Role>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Subcommand)]
pub(super) enum Workload {
    /// Read a workload file; say what it lets the suite exercise, and what not.
    #[command(
        after_help = "Example: pwp workload check my-compiler.toml\n\nExit codes: 0 the file can be used, 2 it can't. conformance/WORKLOADS.md says how to write one."
    )]
    Check {
        /// The workload file (TOML, schema/workload/v1).
        file: PathBuf,
        /// What is printed.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

/// `pwp list`.
pub(super) fn list(args: &List) -> Result<ExitCode, Failure> {
    if args.scripts {
        let is_family = |name: &str| crate::script::FAMILIES.iter().any(|family| family.name == name);
        let mut checks = builtin::checks();
        checks.retain(|check| is_of(args.role, check.role) && !is_family(check.name));
        let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        let line = |builtin::Check { role, name, about, .. }| {
            format!("{:6}  {name:width$}  {about}\n", role.as_str())
        };
        print(&checks.into_iter().map(line).collect::<String>())?;
        return Ok(ExitCode::Conformant);
    }
    let filter = ListFilter {
        role: args.role,
        level: args.level,
        dialect: args.dialect,
        feature: args.feature,
        untested: args.untested,
    };
    let format = match args.format {
        Format::Human => ListFormat::Human,
        Format::Json => ListFormat::Json,
    };
    print(&pwp_spec::list(Catalogue::standard(), &evidence(), &filter, format))?;
    Ok(ExitCode::Conformant)
}

/// `pwp explain`.
pub(super) fn explain(id: &str) -> Result<ExitCode, Failure> {
    let id: RequirementId = id.parse().map_err(Failure::usage)?;
    let requirement = Catalogue::standard().get(id).ok_or_else(|| {
        Failure::usage(anyhow::anyhow!("there is no requirement {id}; `pwp list` names them all"))
    })?;
    print(&pwp_spec::explain(requirement, &evidence()))?;
    Ok(ExitCode::Conformant)
}

/// `pwp faults`.
pub(super) fn faults(args: &Faults) -> Result<ExitCode, Failure> {
    let mut faults = builtin::faults();
    faults.retain(|fault| is_of(args.role, fault.role));
    if args.format == Format::Json {
        let as_json = |fault: &builtin::Fault| {
            json!({
                "role": fault.role.as_str(),
                "name": fault.name,
                "about": fault.about,
                "dialects": fault.dialects.iter().map(|dialect| dialect.as_str()).collect::<Vec<_>>(),
                "features": fault.features,
                "breaks": fault.breaks,
                "may_also_break": fault.may_also_break.iter().map(|(id, reason)| json!({"id": id, "reason": reason})).collect::<Vec<_>>(),
            })
        };
        print_json(&faults.iter().map(as_json).collect::<Vec<_>>())?;
        return Ok(ExitCode::Conformant);
    }
    let width = faults.iter().map(|fault| fault.name.len()).max().unwrap_or(0);
    let line = |builtin::Fault { role, name, about, breaks, .. }| {
        let breaks = breaks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        format!("{:6}  {name:width$}  breaks {breaks:11}  {about}\n", role.as_str())
    };
    print(&faults.into_iter().map(line).collect::<String>())?;
    Ok(ExitCode::Conformant)
}

/// `pwp workload check`: reads a workload file and says what it is good for.
pub(super) fn workload(Workload::Check { file, format }: &Workload) -> Result<ExitCode, Failure> {
    let workload = workload::load(file).map_err(Failure::usage)?;
    let mut survey = survey(&workload, Catalogue::standard());
    if !workload.command.is_empty()
        && let Err(error) = Command::of_workload(&workload)
    {
        survey.warnings.push(format!("the command can't be started from here: {error}"));
    }
    match format {
        Format::Human => print(&format!("{}: {}", file.display(), describe(&survey)))?,
        Format::Json => print_json(&survey)?,
    }
    Ok(ExitCode::Conformant)
}

/// The checks and faults of this build, by requirement.
fn evidence() -> Evidence {
    builtin::evidence(&builtin::checks(), &builtin::faults())
}

/// Whether something of the role `role` is to be shown.
fn is_of(wanted: Option<Role>, role: Role) -> bool {
    wanted.is_none_or(|wanted| wanted == role)
}

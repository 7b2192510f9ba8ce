//! What can be typed to look things up, and to work on workloads.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use pwp_spec::{Feature, Level, Role};

use super::value::Format;

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  pwp list --level MUST --dialect json\n  pwp list --role worker --untested\n  pwp list --scripts"
)]
pub(in crate::cli) struct List {
    /// Only requirements on worker, client, server or remote-client.
    #[arg(long)]
    pub(in crate::cli) role: Option<Role>,
    /// Only MUST, SHOULD, MAY or OBSERVED.
    #[arg(long)]
    pub(in crate::cli) level: Option<Level>,
    /// Only those that apply to a dialect.
    #[arg(long)]
    pub(in crate::cli) dialect: Option<pwp_spec::Dialect>,
    /// Only those that depend on a feature.
    #[arg(long)]
    pub(in crate::cli) feature: Option<Feature>,
    /// Only those without check, and why.
    #[arg(long)]
    pub(in crate::cli) untested: bool,
    /// The built-in scripts and cases instead of the requirements.
    #[arg(long)]
    pub(in crate::cli) scripts: bool,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(in crate::cli) format: Format,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example: pwp explain W-031")]
pub(in crate::cli) struct Explain {
    /// The requirement's ID.
    pub(in crate::cli) id: String,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  pwp faults --role client\n  pwp check worker -- pwp worker --fault=duplicate-response\n  pwp check client reference --fault reuse-ids"
)]
pub(in crate::cli) struct Faults {
    /// Only those of the reference worker or of the reference client: worker or client.
    #[arg(long)]
    pub(in crate::cli) role: Option<Role>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(in crate::cli) format: Format,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Workload {
    /// Read a workload file; say what it lets the suite exercise, and what not.
    #[command(
        after_help = "Example: pwp workload check my-compiler.toml\n\nExit codes: 0 the file can be used, 2 it can't. conformance/WORKLOADS.md says how to write one."
    )]
    Check(CheckWorkload),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CheckWorkload {
    /// The workload file (TOML, schema/workload/v1).
    pub(in crate::cli) file: PathBuf,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(in crate::cli) format: Format,
}

//! What can be typed behind `pwp check client`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::check::{Expect, Output};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CheckClient {
    /// The client that is built in.
    #[command(after_help = "Example: pwp check client reference --fault accept-any-id")]
    Reference(CheckReference),
    /// Any tool that reads a plan of actions and writes what came of them; conformance/CLIENTS.md has both forms.
    #[command(
        after_help = "Example: pwp check client command --lacks cancellation,sandboxing -- ./my-translator {plan} {outcomes}"
    )]
    Command(CheckCommand),
    /// A Bazel, of any version that has workers.
    #[command(
        after_help = "Example: pwp check client bazel --bin \"$(command -v bazel)\" --html bazel.html\n\nIt makes a workspace of its own, with its own output base; nothing of it is left behind."
    )]
    Bazel(CheckBazel),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CheckReference {
    /// A fault that it is to have; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) fault: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) run: ClientRun,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CheckCommand {
    /// What the tool can't be made to do; a wrong name prints all of them.
    #[arg(long, value_name = "NEED,...", value_delimiter = ',')]
    pub(in crate::cli) lacks: Vec<crate::client::Need>,
    #[command(flatten)]
    pub(in crate::cli) run: ClientRun,
    /// The command line, with {plan} and {outcomes} for two files.
    #[arg(last = true, required = true, value_name = "TEMPLATE")]
    pub(in crate::cli) template: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CheckBazel {
    /// Its program.
    #[arg(long, value_name = "PATH", default_value = "bazel")]
    pub(in crate::cli) bin: PathBuf,
    /// A further startup flag, such as --nosystem_rc; may be given several times.
    #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
    pub(in crate::cli) startup_flag: Vec<String>,
    /// A further flag of `build`; may be given several times.
    #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
    pub(in crate::cli) build_flag: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) run: ClientRun,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ClientRun {
    /// The wire form that the actions declare: proto or json.
    #[arg(long, value_name = "DIALECT", default_value = "proto")]
    pub(in crate::cli) dialect: pwp_proto::Framing,
    /// Run only what matches: names of cases or requirements, with * and ?.
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) only: Vec<String>,
    /// Leave out what matches.
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) skip: Vec<String>,
    /// How often a case that shows a violation is run again, to see whether it always does.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(in crate::cli) repeat: u32,
    #[command(flatten)]
    pub(in crate::cli) expect: Expect,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
}

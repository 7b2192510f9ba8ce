//! What can be typed behind `pwp check client`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::args::{Expect, Output};

#[derive(Debug, Subcommand)]
pub(super) enum CheckClient {
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
pub(super) struct CheckReference {
    /// A fault that it is to have; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(super) fault: Vec<String>,
    #[command(flatten)]
    pub(super) run: ClientRun,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckCommand {
    /// What the tool can't be made to do; a wrong name prints all of them.
    #[arg(long, value_name = "NEED,...", value_delimiter = ',')]
    pub(super) lacks: Vec<crate::client::Need>,
    #[command(flatten)]
    pub(super) run: ClientRun,
    /// The command line, with {plan} and {outcomes} for two files.
    #[arg(last = true, required = true, value_name = "TEMPLATE")]
    pub(super) template: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckBazel {
    /// Its program.
    #[arg(long, value_name = "PATH", default_value = "bazel")]
    pub(super) bin: PathBuf,
    /// A further startup flag, such as --nosystem_rc; may be given several times.
    #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
    pub(super) startup_flag: Vec<String>,
    /// A further flag of `build`; may be given several times.
    #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
    pub(super) build_flag: Vec<String>,
    #[command(flatten)]
    pub(super) run: ClientRun,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ClientRun {
    /// The wire form that the actions declare: proto or json.
    #[arg(long, value_name = "DIALECT", default_value = "proto")]
    pub(super) dialect: pwp_proto::Dialect,
    /// Run only what matches: names of cases or requirements, with * and ?.
    #[arg(long, value_name = "GLOB")]
    pub(super) only: Vec<String>,
    /// Leave out what matches.
    #[arg(long, value_name = "GLOB")]
    pub(super) skip: Vec<String>,
    #[command(flatten)]
    pub(super) expect: Expect,
    #[command(flatten)]
    pub(super) output: Output,
}

//! `pwp call`.

use std::collections::BTreeSet;

use pwp_proto::{Framing, WorkRequest};

use crate::call::{CallOptions, call as send, describe, requests};
use crate::process;
use crate::runner::{Command, CommandError};
use pwp_spec::{Feature, Features};

use super::args::{self, FeatureName, Format};
use super::exit::{ExitCode, Failure};

/// Sends requests to a worker and shows what comes back.
pub(super) fn call(args: args::Call) -> Result<ExitCode, Failure> {
    if args.command.is_empty() {
        return Err(CommandError::Empty.into());
    }
    let mut wanted = requests(&args.request).map_err(Failure::usage)?;
    if args.request.is_empty() {
        wanted.push(WorkRequest::default());
    }
    let folder = std::env::current_dir().map_err(Failure::internal)?;
    // Only for its errors, which say more than the system does: the command is started as it was typed.
    Command::resolve(&args.command, &folder)?;
    let features = features(&args.feature, &wanted, args.parallel);
    let options = CallOptions {
        command: args.command,
        dialect: args.dialect.unwrap_or(Framing::Proto),
        features,
        requests: wanted,
        parallel: args.parallel,
        one_shot: args.one_shot,
        timeout: args.timeout,
        folder,
    };
    process::become_subreaper();
    let called = send(&options);
    let left_behind = process::kill_strays();
    let mut called = called.map_err(|error| Failure { error: error.into(), code: ExitCode::NotStarted })?;
    called.left_behind = left_behind;
    match args.format {
        Format::Human => anstream::print!("{}", describe(&called)),
        Format::Json => {
            anstream::println!("{}", serde_json::to_string_pretty(&called).map_err(Failure::internal)?);
        }
    }
    Ok(if called.is_good() { ExitCode::Conformant } else { ExitCode::NotConformant })
}

/// What the worker declares; without a word about it, what the requests need.
fn features(names: &[FeatureName], requests: &[WorkRequest], parallel: bool) -> Features {
    if !names.is_empty() {
        let named = names.iter().filter_map(|name| match name {
            FeatureName::None => None,
            FeatureName::Feature(feature) => Some(*feature),
        });
        return named.collect();
    }
    let mut features = BTreeSet::new();
    if parallel {
        features.extend([Feature::Multiplex, Feature::MultiplexSandboxing]);
    }
    if requests.iter().any(|request| request.cancel) {
        features.insert(Feature::Cancellation);
    }
    features
}

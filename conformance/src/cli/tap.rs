//! `pwp tap`.

use crate::runner::CommandError;
use crate::tap::{TapError, TapOptions, run};
use pwp_spec::Feature;

use super::args::{self, FeatureName};
use super::exit::{ExitCode, Failure};

/// Stands between this process's stdin and stdout and a worker, until that ends.
pub(super) fn tap(args: args::Tap) -> Result<ExitCode, Failure> {
    if args.command.is_empty() {
        return Err(CommandError::Empty.into());
    }
    let features = |names: Vec<FeatureName>| {
        let features = names.into_iter().filter_map(|name| match name {
            FeatureName::None => None,
            FeatureName::Feature(feature) => Some(feature),
        });
        features.collect::<std::collections::BTreeSet<Feature>>()
    };
    let options = TapOptions {
        command: args.command,
        dialect: args.dialect,
        features: (!args.feature.is_empty()).then(|| features(args.feature)),
        log: args.log,
        transcripts: args.transcripts,
        record: args.record,
        report: args.report,
    };
    run(options).map(ExitCode::Worker).map_err(|error| {
        let code = match &error {
            TapError::Spawn(_) => ExitCode::NotStarted,
            TapError::Options(_) => ExitCode::Usage,
            TapError::System(_) => ExitCode::Internal,
        };
        Failure { error: error.into(), code }
    })
}

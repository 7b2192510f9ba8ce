//! Puts together what the judge takes of a case, and makes transcripts.

use std::collections::BTreeMap;

use pwp_proto::Framing;

use crate::history::{self, ProcessHistory, Timed, Transcript};
use crate::oracle::across::{ActionSeen, Bounds, Declared, Observation, StatusSeen};

use super::adapter::{About, CaseOutcome};
use super::case::{Action, Case, ProcessesExpected};
use super::declared::declarations;

/// The observation of a case that a client has run. `sessions` are the histories of the probe's processes.
pub(super) fn observation(
    case: &Case,
    dialect: Framing,
    about: &About,
    outcome: CaseOutcome,
    sessions: Vec<ProcessHistory>,
) -> Observation {
    let seen = |(action, mut declared): (&Action, Declared)| {
        declared.outputs_in.clone_from(&outcome.outputs_in);
        let status = outcome.actions.get(&action.name).copied().unwrap_or(StatusSeen::Unknown);
        ActionSeen { declared, status, expected: action.expect.clone() }
    };
    let settings = &case.settings;
    Observation {
        dialect,
        actions: case.actions().zip(declarations(case)).map(seen).collect(),
        sessions,
        builds: outcome.builds,
        end: outcome.end,
        documented: about.documented.clone(),
        foreign: BTreeMap::new(),
        bounds: Bounds {
            max_instances: settings.max_instances,
            max_multiplex_instances: settings.max_multiplex_instances,
            extra_flags: settings.extra_flags.clone(),
            sandboxing: settings.sandboxing,
            idle_limit_ms: settings.idle_limit_ms,
            memory_limit: settings.memory_limit_mb.map(|limit| limit << 20),
            verbosity: settings.verbosity.unwrap_or(0),
        },
        processes: case.processes.iter().flat_map(ProcessesExpected::rules).collect(),
        hang: case.hang,
    }
}

/// The transcript of a process, seen from the side of the client as all transcripts are. Its times begin with the process.
pub(super) fn transcript(dialect: Framing, process: &ProcessHistory) -> Vec<history::Entry> {
    let mut transcript = Transcript::new(process.framing().unwrap_or(dialect));
    for timed in &process.events {
        let at = timed.at.saturating_sub(process.started);
        transcript.record(&Timed { at, event: timed.event.clone() });
    }
    transcript.entries()
}

//! A result whose outputs are not in their places yet.

use std::path::Path;

use super::in_flight::{InFlight, Workspace};
use super::start::Inner;
use crate::files::remove_outputs;
use crate::outcome::{Outcome, Status};
use crate::sandbox::SandboxDirectory;
use crate::spawn::Spawn;

/// The outcome of an action, and where its outputs are.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) outcome: Outcome,
    /// Holds the outputs until they are taken.
    pub(super) held: Held,
}

/// Where the outputs of a staged result are.
#[derive(Debug)]
pub(super) enum Held {
    /// They are in their places.
    Nothing,
    /// They are in the directory of a request, whose slot is held, too.
    Request(InFlight),
    /// They are in the directory of a process of one-shot mode.
    Directory(SandboxDirectory),
}

impl Staged {
    pub(super) fn without_files(outcome: Outcome) -> Self {
        Self { outcome, held: Held::Nothing }
    }

    /// Whether the action itself succeeded or failed, and nothing around it.
    pub(super) fn is_decisive(&self) -> bool {
        matches!(self.outcome.status, Status::Success | Status::Failed(_))
    }
}

impl Held {
    /// The directory of the outputs, if they have to be moved.
    pub(super) fn sandbox(&self) -> Option<&Path> {
        match self {
            Self::Nothing => None,
            Self::Request(in_flight) => in_flight.workspace.as_ref().and_then(Workspace::sandbox),
            Self::Directory(directory) => Some(directory.path()),
        }
    }
}

impl Inner {
    /// Moves the outputs of a success from `sandbox` to their places, and looks whether all are there (C-069).
    pub(super) fn install(&self, spawn: &Spawn, mut outcome: Outcome, sandbox: Option<&Path>) -> Outcome {
        if outcome.status != Status::Success {
            return outcome;
        }
        let directory = &self.options.directory;
        let moved = sandbox.map_or(Ok(()), |sandbox| {
            remove_outputs(spawn, directory)?;
            (self.hooks.sandbox.collect)(spawn, sandbox, directory)
        });
        if let Err(error) = moved {
            outcome.status = Status::Error(format!("the outputs can't be moved to their places: {error}"));
            return outcome;
        }
        let missing = (self.hooks.action.missing_outputs)(spawn, directory);
        if !missing.is_empty() {
            outcome.status = Status::MissingOutputs(missing);
        }
        outcome
    }
}

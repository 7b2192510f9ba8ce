//! A result whose outputs are not in their places yet.

use std::path::Path;

use super::flight::Flight;
use super::start::Inner;
use crate::faults::Kind;
use crate::outcome::{Outcome, Status};
use crate::sandbox::{WorkerDirectory, collect, missing, remove_outputs};
use crate::spawn::Spawn;

/// What a branch has to offer: its outcome, and where its outputs are.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) outcome: Outcome,
    /// Where the outputs are, if not in their places.
    pub(super) held: Held,
}

/// What a staged result holds until its outputs are taken.
#[derive(Debug)]
pub(super) enum Held {
    /// Nothing.
    Nothing,
    /// The place and the directory of a request.
    Flight(Flight),
    /// The directory of a process of one-shot mode.
    Directory(WorkerDirectory),
}

impl Staged {
    pub(super) fn without_files(outcome: Outcome) -> Self {
        Self { outcome, held: Held::Nothing }
    }

    /// The directory of the outputs, if they have to be moved.
    pub(super) fn sandbox(&self) -> Option<&Path> {
        match &self.held {
            Held::Nothing => None,
            Held::Flight(flight) => {
                flight.ground.as_ref().filter(|ground| ground.is_sandbox()).map(|ground| ground.path())
            }
            Held::Directory(directory) => Some(directory.path()),
        }
    }

    /// Whether the action itself succeeded or failed, and nothing around it.
    pub(super) fn is_decisive(&self) -> bool {
        matches!(self.outcome.status, Status::Success | Status::Failed(_))
    }
}

impl Inner {
    /// Moves the outputs of a success to their places, looks whether all are there, and lets go of what was held (C-069, C-113).
    pub(super) fn install(&self, spawn: &Spawn, mut staged: Staged) -> Outcome {
        let mut outcome = std::mem::replace(&mut staged.outcome, Outcome::new(Status::Success));
        let directory = &self.options.directory;
        if outcome.status == Status::Success {
            let moved = staged.sandbox().map_or(Ok(()), |sandbox| {
                remove_outputs(spawn, directory)?;
                collect(spawn, sandbox, directory, &self.options.faults)
            });
            if let Err(error) = moved {
                outcome.status =
                    Status::Error(format!("the outputs can't be moved to their places: {error}"));
            } else if !self.options.faults.has(Kind::IgnoreMissingOutput) {
                let missing = missing(spawn, directory);
                if !missing.is_empty() {
                    outcome.status = Status::MissingOutputs(missing);
                }
            }
        }
        drop(staged);
        outcome
    }
}

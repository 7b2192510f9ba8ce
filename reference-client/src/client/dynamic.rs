//! Dynamic execution: an action on a worker and elsewhere at once.

use std::future::Future;
use std::path::PathBuf;

use super::in_flight::{Held, Staged};
use super::start::Client;
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, Runner, Status};
use crate::sandbox::SandboxDirectory;
use crate::spawn::Spawn;

/// The result of the branch that is no worker.
#[derive(Debug)]
pub struct Other {
    /// 0 exactly if the action succeeded.
    pub exit_code: i32,
    /// The text that it printed.
    pub output: String,
    /// The directory below which its outputs are, under their own paths. They are moved out of it.
    pub outputs_in: PathBuf,
    /// The directory of the outputs, if it is removed with this value.
    owned: Option<SandboxDirectory>,
}

impl Other {
    /// A result whose outputs are below `outputs_in`, which stays when they have been moved.
    pub fn new(exit_code: i32, output: String, outputs_in: PathBuf) -> Self {
        Self { exit_code, output, outputs_in, owned: None }
    }
}

impl Client {
    /// Runs one action on a worker and, as `other`, elsewhere. The first branch that succeeds or fails gives the whole result. The other one is
    /// dropped, which cancels a request or ends a process.
    ///
    /// C-120: "A client that races a worker against another branch takes the result of exactly one branch: its exit code, its output and all of its
    /// output files."
    ///
    /// The worker's branch runs in a sandbox whatever the options say, so that a loser writes where nobody looks. A branch
    /// that could not run at all (`Err` with a message, or a worker fault) leaves the decision to the other one.
    pub async fn race(
        &self,
        spawn: &Spawn,
        interrupt: &Interrupt,
        other: impl Future<Output = Result<Other, String>>,
    ) -> Outcome {
        tokio::select! {
            biased;
            () = interrupt.triggered() => Outcome::new(Status::Interrupted),
            outcome = self.decide(spawn, other) => outcome,
        }
    }

    async fn decide(&self, spawn: &Spawn, other: impl Future<Output = Result<Other, String>>) -> Outcome {
        let inner = &self.inner;
        let _admitted = inner.admit(spawn).await;
        inner.open_outputs.wait_for(spawn).await;
        let mut worker = std::pin::pin!(inner.stage(spawn, true));
        let mut other = std::pin::pin!(other);
        let (mut failed, mut other_failed) = (None, None);
        loop {
            tokio::select! {
                biased;
                staged = &mut worker, if failed.is_none() => {
                    if staged.is_decisive() {
                        let Staged { outcome, held } = staged;
                        return inner.install(spawn, outcome, held.sandbox());
                    }
                    failed = Some(staged);
                }
                result = &mut other, if other_failed.is_none() => match result {
                    Ok(Other { exit_code, output, outputs_in, owned: _owned }) => {
                        let status = Status::of_exit_code(exit_code);
                        let outcome = Outcome { status, output, runner: Runner::Other, attempts: 1 };
                        let outcome = inner.install(spawn, outcome, Some(&outputs_in));
                        if failed.is_none()
                            && let Some(take) = inner.hooks.action.after_race
                            && let Some(sandbox) = worker.await.held.sandbox()
                        {
                            take(spawn, sandbox, &inner.options.directory);
                        }
                        return outcome;
                    }
                    Err(message) => other_failed = Some(message),
                },
                else => break,
            }
        }
        let message = other_failed.unwrap_or_default();
        let mut outcome =
            failed.map_or_else(|| Outcome::new(Status::Error(String::new())), |staged| staged.outcome);
        if let Status::WorkerFault(text) | Status::Error(text) = &mut outcome.status {
            *text = format!("{text}\nthe other branch: {message}");
        }
        outcome
    }

    /// The other branch as a process of one-shot mode, in a directory of its own: what [`race`](Self::race) takes. `other` is the action
    /// with the command line of that branch.
    ///
    /// # Errors
    /// The branch could not be run; the message says why.
    pub async fn one_shot_branch(&self, other: &Spawn) -> Result<Other, String> {
        let staged = self.inner.one_shot(other, true).await;
        let exit_code = match staged.outcome.status {
            Status::Success => 0,
            Status::Failed(code) => code,
            Status::Error(message) => return Err(message),
            _ => return Err("it did not run".to_owned()),
        };
        let Held::Directory(directory) = staged.held else {
            return Err("it has no directory of its own".to_owned());
        };
        let outputs_in = directory.path().to_owned();
        Ok(Other { exit_code, output: staged.outcome.output, outputs_in, owned: Some(directory) })
    }
}

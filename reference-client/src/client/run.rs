//! One action, from the decision how to run it to its outcome.

use std::sync::Arc;

use super::attempt::{Job, Unanswered};
use super::in_flight::Staged;
use super::start::{Client, Inner};
use crate::ended::{Cause, Lost};
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, Status};
use crate::spawn::Spawn;
use crate::strategy::Strategy;

/// How often a request moves on from workers that have ended while they were idle. Each of them was alive before, so that more than a few is a
/// sign of something else.
const REPLACEMENTS: u32 = 1000;

impl Client {
    /// Runs one action to its end. Workers are started as needed, and stay for other actions.
    ///
    /// An interrupt ends the waiting at once: a request that is open then is cancelled if its action declares that, and waited for in the
    /// background otherwise, or its worker is ended. The same happens when the future is dropped.
    pub async fn run(&self, spawn: &Spawn, interrupt: &Interrupt) -> Outcome {
        let inner = &self.inner;
        let run = async {
            let _admitted = inner.admit(spawn).await;
            inner.open_outputs.wait_for(spawn).await;
            let Staged { outcome, held } = inner.stage(spawn, false).await;
            inner.install(spawn, outcome, held.sandbox())
        };
        // C-081: "An interrupt by the user ends every wait for a worker, also one in the middle of a response or of a write, without waiting
        // for the worker's work."
        if !inner.hooks.action.heeds_interrupts {
            return run.await;
        }
        tokio::select! {
            biased;
            () = interrupt.triggered() => Outcome::new(Status::Interrupted),
            outcome = run => outcome,
        }
    }
}

impl Inner {
    /// Waits until another action may be on its way. Actions of high priority wait for one another only.
    pub(super) async fn admit(&self, spawn: &Spawn) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let high = self.options.high_priority.contains(&spawn.mnemonic);
        // The semaphores are never closed.
        self.admission[usize::from(high)].acquire().await.ok()
    }

    /// Runs an action up to the point where its outputs can be taken. `races`: it must be in a sandbox (C-121).
    pub(super) async fn stage(self: &Arc<Self>, spawn: &Spawn, races: bool) -> Staged {
        let (key, tools, arguments) =
            match Strategy::of_with(spawn, &self.options, races, self.hooks.strategy) {
                Ok(Strategy::Worker { key, tools, arguments }) => (*key, tools, arguments),
                Ok(Strategy::OneShot(_)) => return self.one_shot(spawn, races).await,
                Err(error) => return Staged::without_files(Outcome::new(Status::Error(error.to_string()))),
            };
        let wanted = self.pools.share(key, tools);
        let job = Job { spawn, wanted, arguments: &arguments, races };
        let hooks = self.hooks.action;
        let (mut attempts, mut replacements) = (1, 0);
        let status = loop {
            match self.attempt(&job, attempts).await {
                Ok(staged) => return staged,
                Err(Unanswered::NotBegun(message)) => break Status::Error(message),
                Err(Unanswered::Lost { lost, was_idle: true }) if !hooks.replaces_idle_workers => {
                    break Status::WorkerFault((hooks.message)(&lost.ended));
                }
                // C-087: "A worker that has ended while it was idle is replaced, and no action fails because of it."
                Err(Unanswered::NotSent | Unanswered::Lost { was_idle: true, .. }) => {
                    if replacements == REPLACEMENTS {
                        break Status::Error("every worker ends before it reads a request".into());
                    }
                    replacements += 1;
                }
                Err(Unanswered::Lost { lost, .. }) => {
                    if attempts > self.options.retries || !can_retry(&lost) {
                        break Status::WorkerFault((hooks.message)(&lost.ended));
                    }
                    attempts += 1;
                }
            }
        };
        Staged::without_files(Outcome { attempts, ..Outcome::new(status) })
    }
}

/// Whether the action can run again: the worker ended or failed in a way that another one need not. A time limit would only be
/// spent once more, and a limit for memory is the user's.
fn can_retry(lost: &Lost) -> bool {
    matches!(lost.ended.cause, Cause::Fault(_) | Cause::Exited | Cause::ToolsChanged(_))
}

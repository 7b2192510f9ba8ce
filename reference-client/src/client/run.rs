//! One action, from the decision how to run it to its outcome.

use std::sync::Arc;

use super::attempt::{Answered, Job, Unanswered};
use super::stage::{Held, Staged};
use super::start::{Client, Inner};
use crate::faults::Kind;
use crate::interrupt::Interrupt;
use crate::key::Tools;
use crate::oneshot::{self, OneShot};
use crate::outcome::{Outcome, Runner, Status};
use crate::sandbox::{Contents, WorkerDirectory, fill, remove_outputs};
use crate::spawn::Spawn;
use crate::strategy::Strategy;
use crate::worker::{Cause, Lost};

/// How often a request moves on from workers that have ended while they were idle. Each of them was alive before.
const REPLACEMENTS: u32 = 1000;

impl Client {
    /// Runs one action to its end. Workers are started as needed, and stay for other actions.
    ///
    /// An interrupt ends the waiting at once (C-081): a request that is open then is cancelled if its action declares that, and waited
    /// for in the background otherwise, or its worker is ended. So it is when the future is dropped.
    pub async fn run(&self, spawn: &Spawn, interrupt: &Interrupt) -> Outcome {
        let inner = &self.inner;
        let run = async {
            let _door = inner.door(spawn).await;
            inner.busy.wait_for(spawn).await;
            let staged = inner.stage(spawn, false).await;
            inner.install(spawn, staged)
        };
        if inner.options.faults.has(Kind::InterruptWaits) {
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
    /// Waits until another action may be on its way. Those of high priority have a door of their own.
    pub(super) async fn door(&self, spawn: &Spawn) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let high = self.options.high_priority.contains(&spawn.mnemonic);
        // The doors are never closed.
        self.doors[usize::from(high)].acquire().await.ok()
    }

    /// Runs an action up to the point where its outputs could be taken. `races`: it must be in a sandbox (C-121).
    pub(super) async fn stage(self: &Arc<Self>, spawn: &Spawn, races: bool) -> Staged {
        let (key, tools, arguments) = match Strategy::of(spawn, &self.options, races) {
            Ok(Strategy::Worker { key, tools, arguments }) => (*key, tools, arguments),
            Ok(Strategy::OneShot(_)) => return self.one_shot(spawn, races).await,
            Err(error) => return Staged::without_files(Outcome::new(Status::Error(error.to_string()))),
        };
        let wanted = self.pools.share(key, tools);
        let job = Job { spawn, key: wanted.key, tools: wanted.tools, arguments: &arguments, races };
        let (mut attempts, mut replacements) = (1, 0);
        loop {
            let status = match self.attempt(&job, attempts > 1).await {
                Ok(answered) => return self.answered(answered, attempts),
                Err(Unanswered::NotRead) if replacements < REPLACEMENTS => {
                    replacements += 1;
                    continue;
                }
                Err(Unanswered::NotRead) => {
                    Status::Error("every worker ends before it reads a request".into())
                }
                Err(Unanswered::NotBegun(message)) => Status::Error(message),
                Err(Unanswered::Lost(lost))
                    if attempts <= self.options.retries
                        && can_retry(&lost)
                        && !(lost.never_read && self.options.faults.has(Kind::NoReplacement)) =>
                {
                    attempts += 1;
                    continue;
                }
                Err(Unanswered::Lost(lost)) => Status::WorkerFault(self.message(&lost)),
            };
            return Staged::without_files(Outcome { attempts, ..Outcome::new(status) });
        }
    }

    fn message(&self, lost: &Lost) -> String {
        if self.options.faults.has(Kind::BareMessage) {
            return "the worker failed".to_owned();
        }
        lost.ended.to_string()
    }

    /// What a response says (C-067, C-069).
    fn answered(&self, answered: Answered, attempts: u32) -> Staged {
        let Answered { response, session, flight } = answered;
        let faults = &self.options.faults;
        let code = match response.exit_code {
            _ if faults.has(Kind::IgnoreExitCode) => 0,
            code if faults.has(Kind::LowByteExitCode) => code & 0xff,
            code => code,
        };
        if code != 0 && faults.has(Kind::EndAfterFailure) {
            session.close(Cause::GivenUp);
        }
        let mut output = response.output;
        if faults.has(Kind::DropOutput) {
            output.clear();
        }
        if faults.has(Kind::LogInOutput) {
            output.push_str(&session.log_tail());
        }
        let status = if code == 0 { Status::Success } else { Status::Failed(code) };
        let runner = Runner::Worker(session.number());
        Staged { outcome: Outcome { status, output, runner, attempts }, held: Held::Flight(flight) }
    }

    /// Runs an action without a worker.
    pub(super) async fn one_shot(&self, spawn: &Spawn, isolated: bool) -> Staged {
        let prepared = || -> std::io::Result<Option<WorkerDirectory>> {
            if !isolated && !self.options.sandboxing {
                remove_outputs(spawn, &self.options.directory)?;
                return Ok(None);
            }
            let directory = WorkerDirectory::create(self.scratch("one-shot"), false)?;
            let contents = Contents {
                spawn,
                tools: &Tools::default(),
                source: &self.options.directory,
                faults: &self.options.faults,
            };
            fill(directory.path(), &contents)?;
            Ok(Some(directory))
        };
        let directory = match prepared() {
            Ok(directory) => directory,
            Err(error) => {
                let message = format!("the directory of the action can't be prepared: {error}");
                return Staged::without_files(Outcome::new(Status::Error(message)));
            }
        };
        let place = directory.as_ref().map_or(&*self.options.directory, |directory| directory.path());
        let capture = self.scratch("output");
        let (status, output) = match oneshot::run(spawn, place, &capture, &self.options).await {
            OneShot::Ended(0, output) => (Status::Success, output),
            OneShot::Ended(code, output) => (Status::Failed(code), output),
            OneShot::Failed(message) => (Status::Error(message), String::new()),
        };
        let outcome = Outcome { status, output, runner: Runner::OneShot, attempts: 1 };
        Staged { outcome, held: directory.map_or(Held::Nothing, Held::Directory) }
    }
}

/// Whether the action can run again: the worker ended or failed in a way that another one need not. A time limit would only be
/// spent once more, and a limit for memory is the user's.
fn can_retry(lost: &Lost) -> bool {
    matches!(lost.ended.cause, Cause::Fault(_) | Cause::Exited | Cause::ToolsChanged(_))
}

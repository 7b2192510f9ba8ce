//! One request to one worker.

use std::io;
use std::sync::Arc;

use pwp_proto::{Input, WorkRequest, WorkResponse};

use super::in_flight::{Held, InFlight, Staged, Workspace};
use super::start::{Inner, WorkerEvent};
use crate::ended::{Cause, Lost};
use crate::files::remove_outputs;
use crate::hooks::Contents;
use crate::outcome::{Outcome, Runner, Status};
use crate::pool::{Slot, Wanted, Worker};
use crate::sandbox::{SandboxDirectory, fill, place_tools};
use crate::spawn::Spawn;
use crate::worker::{self, Start, WorkerConnection};

/// An action that is to have a worker.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) spawn: &'a Spawn,
    pub(super) wanted: Wanted,
    /// The arguments of the request, expanded.
    pub(super) arguments: &'a [String],
    pub(super) races: bool,
}

/// Why a request was not answered.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The worker has ended. `was_idle`: it had been idle before, and has read nothing of the request (C-087).
    Lost { lost: Lost, was_idle: bool },
    /// The directory of the worker went with it before anything was sent.
    NotSent,
    /// The request could not be begun; the message says why.
    NotBegun(String),
}

impl Inner {
    /// Gets a slot, a worker with the right tools, and a directory; sends the request and waits for the response. When the future is
    /// dropped, all of them come back. `attempts`: how often the action was begun, this time included.
    pub(super) async fn attempt(
        self: &Arc<Self>,
        job: &Job<'_>,
        attempts: u32,
    ) -> Result<Staged, Unanswered> {
        let Some(mut slot) = self.pools.acquire(job.wanted.clone()).await else {
            return Err(Unanswered::NotBegun("the pool is full".to_owned()));
        };
        self.end_if_useless(&mut slot, job).await?;
        let (worker, fresh) = slot
            .kind
            .start(|| self.start_worker(job))
            .map_err(|error| Unanswered::NotBegun(error.to_string()))?;
        let connection = worker.connection;
        let workspace = self.workspace(job, &connection, attempts > 1, fresh).map_err(|error| {
            Unanswered::NotBegun(format!("the directory of the action can't be prepared: {error}"))
        })?;
        let Some(workspace) = workspace else { return Err(Unanswered::NotSent) };
        let Some(call) = connection.send(self.request(job, &workspace)) else {
            let Some(ended) = connection.ended().await else { return Err(Unanswered::NotSent) };
            let lost = Lost { ended, never_read: true };
            return Err(Unanswered::Lost { lost, was_idle: !fresh });
        };
        let mut in_flight = InFlight {
            inner: Arc::clone(self),
            call: Some(call),
            slot: Some(slot),
            workspace: Some(workspace),
            outputs: job.spawn.outputs.iter().map(|output| output.path.clone()).collect(),
            races: job.races,
        };
        let work = job.spawn.timeout.unwrap_or(self.options.limits.work);
        match in_flight.wait(work).await {
            Ok(response) => {
                let outcome = self.outcome(response, &connection, attempts);
                Ok(Staged { outcome, held: Held::Request(in_flight) })
            }
            Err(lost) => {
                let was_idle = !fresh && lost.never_read && lost.ended.cause == Cause::Exited;
                Err(Unanswered::Lost { lost, was_idle })
            }
        }
    }

    fn outcome(&self, mut response: WorkResponse, connection: &WorkerConnection, attempts: u32) -> Outcome {
        (self.hooks.action.response)(&mut response, connection);
        // C-067: "A client keeps `output` with the result of its action, and shows it to the user when the action fails."
        let WorkResponse { exit_code, output, .. } = response;
        let runner = Runner::Worker(connection.number);
        Outcome { status: Status::of_exit_code(exit_code), output, runner, attempts }
    }

    /// Ends the singleplex worker of a slot if it cannot serve the action, and waits for its end, because the worker counts until then (C-020).
    async fn end_if_useless(&self, slot: &mut Slot, job: &Job<'_>) -> Result<(), Unanswered> {
        // The pool itself replaces a multiplex worker.
        let Some(worker) = slot.kind.worker().filter(|_| !job.wanted.key.features.multiplex) else {
            return Ok(());
        };
        if worker.connection.is_usable() {
            // C-012: "A client sends a request only to a worker that was started with the tool files that the action has now: the same paths with the same
            // contents, for every tool file."
            let changed = (self.hooks.pool.changed_tools)(&worker.tools, &job.wanted.tools, &job.wanted.key);
            if changed.is_empty() {
                return Ok(());
            }
            worker.connection.close(Cause::ToolsChanged(changed));
        }
        let ended = worker.connection.ended().await;
        slot.kind.forget_worker();
        match ended {
            Some(ended) if ended.cause == Cause::Exited && !self.hooks.action.replaces_idle_workers => {
                Err(Unanswered::Lost { lost: Lost { ended, never_read: true }, was_idle: true })
            }
            _ => Ok(()),
        }
    }

    /// Starts a worker for a job, in a directory for itself if its requests are sandboxed.
    fn start_worker(self: &Arc<Self>, job: &Job<'_>) -> io::Result<Worker> {
        let (options, key) = (&self.options, &job.wanted.key);
        let number = self.registry.next_number();
        let name = worker::file_name(number, &key.mnemonic, key.features.multiplex);
        let own = if key.features.sandboxing {
            let path = options.state.join("sandbox").join(name.trim_end_matches(".log"));
            let own = SandboxDirectory::create(path, self.hooks.sandbox.removes_directory)?;
            place_tools(own.path(), &self.contents(job, true))?;
            Some(Arc::new(own))
        } else {
            None
        };
        // C-141: "A client keeps the standard error of each worker process in a log of its own, for as long as the worker lives, and tells the user where
        // it is."
        let log = options.state.join("logs").join((self.hooks.process.log_name)(name));
        let start = Start { key, number, log: log.clone(), own, options, hooks: self.hooks };
        let started = WorkerConnection::start(start).map_err(|error| {
            let program = key.command.first().map_or("", String::as_str);
            let place = options.directory.display();
            let message =
                format!("the worker {program} can't be started ({error}); run it by itself in {place}");
            io::Error::new(error.kind(), message)
        });
        let worker = Worker { connection: started?, tools: Arc::clone(&job.wanted.tools) };
        self.registry.add(Arc::clone(&worker.connection));
        (self.on_event)(&WorkerEvent::Started {
            number,
            mnemonic: key.mnemonic.clone(),
            pid: worker.connection.pid,
            log,
            key: key.hash(),
        });
        let (inner, watched) = (Arc::clone(self), worker.clone());
        tokio::spawn(async move {
            if let Some(ended) = watched.connection.ended().await {
                (inner.on_event)(&WorkerEvent::Ended(ended));
            }
            if inner.hooks.action.replaces_idle_workers {
                inner.pools.forget(&watched);
            }
            inner.registry.remove(number);
        });
        Ok(worker)
    }

    fn contents<'a>(&'a self, job: &'a Job<'_>, fresh: bool) -> Contents<'a> {
        let source = &self.options.directory;
        Contents { spawn: job.spawn, tools: &job.wanted.tools, source, fresh, hooks: self.hooks.sandbox }
    }

    /// Prepares where the request reads and writes. Nothing is returned if the worker has ended. `retry`: another worker has had the action
    /// before. `fresh`: this worker was started for it.
    fn workspace(
        &self,
        job: &Job<'_>,
        connection: &WorkerConnection,
        retry: bool,
        fresh: bool,
    ) -> io::Result<Option<Workspace>> {
        let options = &self.options;
        if !job.wanted.key.features.sandboxing {
            // C-086: "Before an action runs again, on another worker or in one-shot mode, the worker that had it has ended or has answered, and the outputs
            // that it left are removed."
            if !retry || self.hooks.action.clears_outputs_of_retries {
                remove_outputs(job.spawn, &options.directory)?;
            }
            return Ok(Some(Workspace::Shared));
        }
        let Some(own) = connection.own_directory() else { return Ok(None) };
        if !job.wanted.key.features.multiplex {
            fill(own.path(), self.contents(job, fresh))?;
            return Ok(Some(Workspace::Worker(own)));
        }
        // C-112: "Each open request of a sandboxed multiplex worker has a `sandbox_dir` of its own, relative to the working directory and there before the
        // request is written."
        let hooks = self.hooks.sandbox;
        let name = (hooks.request_directory)(own.next_request());
        let directory = SandboxDirectory::create(own.path().join(name), hooks.removes_request_directory)?;
        fill(directory.path(), self.contents(job, fresh))?;
        Ok(Some(Workspace::Request { directory, worker: own }))
    }

    /// The request of an action. Its id is the matter of the connection.
    fn request(&self, job: &Job<'_>, workspace: &Workspace) -> WorkRequest {
        // C-051: "`inputs` names every file that the action declares as an input, and no other: sources, argfiles and tool files."
        // C-052: "A path in `inputs` is written as the action's arguments write it: relative to where the request's paths start, without
        // `sandbox_dir`, or absolute."
        let inputs = job.spawn.inputs.iter();
        let inputs =
            inputs.map(|input| Input { path: input.path.clone(), digest: input.digest.clone() }).collect();
        // C-055: "A client sets `sandbox_dir` only for actions that declare `multiplex-sandboxing`."
        let sandbox_dir = match workspace {
            Workspace::Request { directory, worker } => {
                let below = directory.path().strip_prefix(worker.path()).unwrap_or_else(|_| directory.path());
                below.to_string_lossy().into_owned()
            }
            Workspace::Shared | Workspace::Worker(_) => String::new(),
        };
        let mut request = WorkRequest {
            arguments: job.arguments.to_vec(),
            inputs,
            verbosity: self.options.verbosity,
            sandbox_dir,
            ..WorkRequest::default()
        };
        (self.hooks.action.request)(&mut request, job.spawn, workspace.path(&self.options.directory));
        request
    }
}

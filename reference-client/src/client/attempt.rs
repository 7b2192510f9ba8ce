//! One request to one worker.

use std::io;
use std::sync::Arc;

use pwp_proto::{Input, WorkRequest, WorkResponse};

use super::flight::{Flight, Ground};
use super::start::{Inner, WorkerEvent};
use crate::faults::Kind;
use crate::key::{Tools, WorkerKey};
use crate::pool::{Place, Wanted, Worker};
use crate::sandbox::{Contents, WorkerDirectory, fill, place_tools, remove_outputs};
use crate::spawn::Spawn;
use crate::worker::{self, Cause, Lost, Session, Start};

/// An action that is to have a worker.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) spawn: &'a Spawn,
    pub(super) key: Arc<WorkerKey>,
    pub(super) tools: Arc<Tools>,
    pub(super) arguments: &'a [String],
    /// One branch of a race.
    pub(super) races: bool,
}

/// A request that was answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) response: WorkResponse,
    pub(super) session: Arc<Session>,
    /// Holds the place and the directory until the outputs are taken.
    pub(super) flight: Flight,
}

/// Why a request was not answered.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Nothing of it was read, by a worker that had been idle: it can go to another one (C-087).
    NotRead,
    /// The worker failed.
    Lost(Lost),
    /// It could not be begun.
    NotBegun(String),
}

impl Inner {
    /// Gets a place, a worker with the right tools, and a directory; sends the request and waits for the response. Whenever
    /// the future is dropped, all of them come back.
    pub(super) async fn attempt(
        self: &Arc<Self>,
        job: &Job<'_>,
        again: bool,
    ) -> Result<Answered, Unanswered> {
        let wanted = Wanted { key: Arc::clone(&job.key), tools: Arc::clone(&job.tools) };
        let Some(mut place) = self.pools.acquire(wanted).await else {
            return Err(Unanswered::NotBegun("the pool is full".to_owned()));
        };
        self.end_if_useless(&mut place, job).await?;
        let (worker, fresh) = place
            .start(|| self.start_worker(job))
            .map_err(|error| Unanswered::NotBegun(error.to_string()))?;
        let session = Arc::clone(&worker.session);
        let ground = self.ground(job, &session, again, fresh).map_err(|error| {
            Unanswered::NotBegun(format!("the directory of the action can't be prepared: {error}"))
        })?;
        let Some(ground) = ground else { return Err(Unanswered::NotRead) };
        let request = self.request(job, &ground);
        let Some(ticket) = session.send(request) else {
            return Err(match session.ended().await {
                Some(ended) if fresh || self.options.faults.has(Kind::NoReplacement) => {
                    Unanswered::Lost(Lost { ended, never_read: true })
                }
                _ => Unanswered::NotRead,
            });
        };
        let mut flight = Flight {
            inner: Arc::clone(self),
            ticket: Some(ticket),
            place: Some(place),
            ground: Some(ground),
            outputs: job.spawn.outputs.iter().map(|output| output.path.clone()).collect(),
            races: job.races,
        };
        let work = job.spawn.timeout.unwrap_or(self.options.limits.work);
        match flight.wait(work).await {
            Ok(response) => Ok(Answered { response, session, flight }),
            Err(lost) => {
                let replaced = lost.never_read && !fresh && lost.ended.cause == Cause::Exited;
                let replaced = replaced && !self.options.faults.has(Kind::NoReplacement);
                Err(if replaced { Unanswered::NotRead } else { Unanswered::Lost(lost) })
            }
        }
    }

    /// Ends the worker of a singleplex place if it can't serve the action, and waits for its end: it counts until then (C-020).
    async fn end_if_useless(&self, place: &mut Place, job: &Job<'_>) -> Result<(), Unanswered> {
        let Some(worker) = place.worker().filter(|_| !job.key.features.multiplex) else { return Ok(()) };
        let faults = &self.options.faults;
        if worker.session.is_usable() {
            let program = job.spawn.arguments.first().map_or("", String::as_str);
            let changed = if faults.has(Kind::IgnoreToolChange) {
                Vec::new()
            } else if faults.has(Kind::CompareProgramOnly) {
                worker.tools.only(program).changed(&job.tools.only(program))
            } else if *worker.tools == *job.tools {
                Vec::new()
            } else {
                worker.tools.changed(&job.tools)
            };
            if changed.is_empty() {
                return Ok(());
            }
            worker.session.close(Cause::ToolsChanged(changed));
        }
        let ended = worker.session.ended().await;
        place.take();
        match ended {
            Some(ended) if faults.has(Kind::NoReplacement) && ended.cause == Cause::Exited => {
                Err(Unanswered::Lost(Lost { ended, never_read: true }))
            }
            _ => Ok(()),
        }
    }

    /// Starts a worker for a job, in a directory of its own if its requests are sandboxed.
    fn start_worker(self: &Arc<Self>, job: &Job<'_>) -> io::Result<Worker> {
        let options = &self.options;
        let number = self.registry.next_number();
        let multiplex = job.key.features.multiplex;
        let name = worker::file_name(number, &job.key.mnemonic, multiplex);
        let own = if job.key.features.sandboxing {
            let path = options.state.join("sandbox").join(name.trim_end_matches(".log"));
            let own = WorkerDirectory::create(path, options.faults.has(Kind::KeepSandboxes))?;
            place_tools(own.path(), &self.contents(job, true))?;
            Some(Arc::new(own))
        } else {
            None
        };
        let directory = own.as_ref().map_or(&*options.directory, |own| own.path()).to_owned();
        let log = if options.faults.has(Kind::SharedLog) { "workers.log" } else { &name };
        let log = options.state.join("logs").join(log);
        let place = worker::Place { directory, log: log.clone(), number };
        let session = Session::start(&Start { key: &job.key, place, own, options }).map_err(|error| {
            let program = job.key.command.first().map_or("", String::as_str);
            io::Error::new(
                error.kind(),
                format!(
                    "the worker {program} can't be started ({error}); run it by itself in {}",
                    options.directory.display()
                ),
            )
        })?;
        self.registry.add(Arc::clone(&session));
        (self.on_event)(&WorkerEvent::Started {
            number,
            mnemonic: job.key.mnemonic.clone(),
            pid: session.pid(),
            log,
            key: job.key.hash(),
        });
        let (inner, watched) = (Arc::clone(self), Arc::clone(&session));
        tokio::spawn(async move {
            if let Some(ended) = watched.ended().await {
                (inner.on_event)(&WorkerEvent::Ended(ended));
            }
            if !inner.options.faults.has(Kind::NoReplacement) {
                inner.pools.forget(&watched);
            }
            inner.registry.remove(number);
        });
        Ok(Worker { session, tools: Arc::clone(&job.tools) })
    }

    fn contents<'a>(&'a self, job: &'a Job<'_>, fresh: bool) -> Contents<'a> {
        Contents {
            spawn: job.spawn,
            tools: &job.tools,
            source: &self.options.directory,
            fresh,
            faults: &self.options.faults,
        }
    }

    /// Prepares where the request reads and writes; nothing if the worker has ended. `again`: another worker has had the action before. `fresh`: this
    /// one was started for it.
    fn ground(
        &self,
        job: &Job<'_>,
        session: &Arc<Session>,
        again: bool,
        fresh: bool,
    ) -> io::Result<Option<Ground>> {
        let options = &self.options;
        if !job.key.features.sandboxing {
            let keep = again && options.faults.has(Kind::RetryKeepsOutputs);
            if !keep {
                remove_outputs(job.spawn, &options.directory)?;
            }
            return Ok(Some(Ground::Shared(options.directory.clone())));
        }
        let Some(own) = session.own_directory() else { return Ok(None) };
        if !job.key.features.multiplex {
            fill(own.path(), &self.contents(job, fresh))?;
            return Ok(Some(Ground::Worker(own)));
        }
        let name = if options.faults.has(Kind::SharedSandboxDir) {
            "__sandbox/0".to_owned()
        } else {
            own.next_request()
        };
        let keep = options.faults.has(Kind::KeepSandboxes) || options.faults.has(Kind::SharedSandboxDir);
        let directory = WorkerDirectory::create(own.path().join(name), keep)?;
        fill(directory.path(), &self.contents(job, fresh))?;
        Ok(Some(Ground::Request { directory, worker: own }))
    }

    /// What the worker is told. Its id is the session's business.
    fn request(&self, job: &Job<'_>, ground: &Ground) -> WorkRequest {
        let faults = &self.options.faults;
        let mut inputs: Vec<Input> = job
            .spawn
            .inputs
            .iter()
            .filter(|input| !(input.tool && faults.has(Kind::InputsWithoutTools)))
            .map(|input| Input { path: input.path.clone(), digest: input.digest.clone() })
            .collect();
        if faults.has(Kind::NoInputs) {
            inputs.clear();
        }
        if faults.has(Kind::AbsoluteInputs) {
            for input in &mut inputs {
                input.path = ground.path().join(&input.path).to_string_lossy().into_owned();
            }
        }
        if faults.has(Kind::StaleDigest) {
            let mut first = self.digests.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for input in &mut inputs {
                let digest = first.entry(input.path.clone()).or_insert_with(|| input.digest.clone());
                input.digest.clone_from(digest);
            }
        }
        let sandbox_dir = match ground {
            Ground::Request { directory, worker } => {
                let below = directory.path().strip_prefix(worker.path()).unwrap_or_else(|_| directory.path());
                below.to_string_lossy().into_owned()
            }
            _ if faults.has(Kind::SandboxDirAlways) => ".".to_owned(),
            Ground::Shared(_) | Ground::Worker(_) => String::new(),
        };
        WorkRequest {
            arguments: job.arguments.to_vec(),
            inputs,
            verbosity: if faults.has(Kind::AlwaysVerbose) { 10 } else { self.options.verbosity },
            sandbox_dir,
            ..WorkRequest::default()
        }
    }
}

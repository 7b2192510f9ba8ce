//! Runs the builds of a plan with one client.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::inputs;
use super::model::{Action, Build, PLAN_SCHEMA, Plan};
use super::outcomes::{ActionOutcome, BuildOutcome, OUTCOMES_SCHEMA, Outcomes, WorkerRecord};
use super::steps::{self, PlanError};
use crate::client::{Client, WorkerEvent};
use crate::faults::Faults;
use crate::interrupt::Interrupt;
use crate::lock::lock;
use crate::outcome::{Outcome, Status};
use crate::spawn::Spawn;

/// Runs a plan. `directory` and `state` of the plan are absolute, or start at the current directory. `interrupts` gives a new interrupt to
/// each build, and nothing when no further build is wanted.
///
/// Has to be called within a tokio runtime with io and time. All workers have ended when it returns.
///
/// # Errors
/// See [`PlanError`]. A failed action is none.
pub async fn execute(
    plan: &Plan,
    faults: Faults,
    mut interrupts: impl FnMut() -> Option<Interrupt>,
) -> Result<Outcomes, PlanError> {
    if plan.schema != PLAN_SCHEMA {
        return Err(PlanError::Schema(plan.schema.clone()));
    }
    let began = Instant::now();
    let made = |path: &Path| -> Result<PathBuf, PlanError> {
        let make = std::fs::create_dir_all(path).and_then(|()| path.canonicalize());
        make.map_err(|source| PlanError::Directory { path: path.to_owned(), source })
    };
    let options = plan.client.options(made(&plan.directory)?, made(&plan.state)?);
    let workers = Arc::<Mutex<BTreeMap<_, _>>>::default();
    let noted = Arc::clone(&workers);
    let client = Client::start_faulty(options, &faults, move |event| {
        note(&mut lock(&noted), event, began.elapsed().as_millis() as u64);
    })?;
    let builds = run_builds(plan, &client, began, &mut interrupts).await;
    client.shutdown().await;
    let workers = lock(&workers).values().cloned().collect();
    Ok(Outcomes { schema: OUTCOMES_SCHEMA.to_owned(), builds: builds?, workers })
}

async fn run_builds(
    plan: &Plan,
    client: &Client,
    began: Instant,
    interrupts: &mut impl FnMut() -> Option<Interrupt>,
) -> Result<Vec<BuildOutcome>, PlanError> {
    let mut outcomes = Vec::new();
    for build in &plan.builds {
        let Some(interrupt) = interrupts() else { break };
        tokio::select! {
            biased;
            done = steps::all(&build.before, client) => done?,
            () = interrupt.triggered() => break,
        }
        outcomes.push(run_build(build, client, began, &interrupt).await);
        client.end_build().await;
    }
    Ok(outcomes)
}

async fn run_build(build: &Build, client: &Client, began: Instant, interrupt: &Interrupt) -> BuildOutcome {
    let elapsed = move || began.elapsed().as_millis() as u64;
    let began_ms = elapsed();
    let jobs =
        Arc::new(Semaphore::new(build.jobs.unwrap_or(build.actions.len()).clamp(1, Semaphore::MAX_PERMITS)));
    let mut watchers = JoinSet::new();
    if let Some(moment) = build.interrupt_when.clone() {
        let (client, interrupt) = (client.clone(), interrupt.clone());
        watchers.spawn(async move {
            steps::when(&moment, &client).await;
            interrupt.trigger();
        });
    }
    let mut running = JoinSet::new();
    for (place, action) in build.actions.iter().cloned().enumerate() {
        // The jobs are never closed.
        let job = Arc::clone(&jobs).acquire_owned().await;
        // What happens before changes its files.
        let ready = action.before.is_empty().then(|| inputs::spawn(&action, client));
        let (client, interrupt) = (client.clone(), interrupt.clone());
        running.spawn(async move {
            let began_ms = elapsed();
            let outcome = match prepare(&action, ready, &client, &interrupt).await {
                Ok(spawn) => run_action(&action, &spawn, &client, interrupt).await,
                Err(outcome) => outcome,
            };
            drop(job);
            (place, ActionOutcome::new(&action.name, outcome, began_ms, elapsed()))
        });
    }
    let actions: BTreeMap<_, _> = running.join_all().await.into_iter().collect();
    BuildOutcome {
        name: build.name.clone(),
        interrupted: interrupt.is_triggered(),
        began_ms,
        ended_ms: elapsed(),
        actions: actions.into_values().collect(),
    }
}

async fn prepare(
    action: &Action,
    ready: Option<Spawn>,
    client: &Client,
    interrupt: &Interrupt,
) -> Result<Spawn, Outcome> {
    if let Some(spawn) = ready {
        return Ok(spawn);
    }
    tokio::select! {
        biased;
        () = interrupt.triggered() => Err(Outcome::new(Status::Interrupted)),
        done = steps::all(&action.before, client) => match done {
            Ok(()) => Ok(inputs::spawn(action, client)),
            Err(error) => Err(Outcome::new(Status::Error(error.to_string()))),
        },
    }
}

/// Runs one action until it has ended, or the build or the action is interrupted.
async fn run_action(action: &Action, spawn: &Spawn, client: &Client, build: Interrupt) -> Outcome {
    let Some(moment) = &action.interrupt_when else {
        return run_branches(action, spawn, client, &build).await;
    };
    let own = Interrupt::new();
    let watch = async {
        tokio::select! {
            () = build.triggered() => {}
            () = steps::when(moment, client) => {}
        }
        own.trigger();
        std::future::pending().await
    };
    tokio::select! {
        biased;
        outcome = run_branches(action, spawn, client, &own) => outcome,
        outcome = watch => outcome,
    }
}

async fn run_branches(action: &Action, spawn: &Spawn, client: &Client, interrupt: &Interrupt) -> Outcome {
    let Some(race) = &action.race else { return client.run(spawn, interrupt).await };
    let other = Spawn { arguments: race.arguments.clone(), ..spawn.clone() };
    let branch = async {
        if let Some(moment) = &race.begin_when {
            steps::when(moment, client).await;
        }
        client.one_shot_branch(&other).await
    };
    client.race(spawn, interrupt, branch).await
}

/// Notes the start or the end of a worker. `now`: in milliseconds since the plan was begun.
fn note(workers: &mut BTreeMap<u64, WorkerRecord>, event: &WorkerEvent, now: u64) {
    match event {
        WorkerEvent::Started { number, mnemonic, pid, log, key } => {
            let record = WorkerRecord {
                number: *number,
                mnemonic: mnemonic.clone(),
                pid: *pid,
                key: key.clone(),
                log: log.clone(),
                began_ms: now,
                ..WorkerRecord::default()
            };
            workers.insert(*number, record);
        }
        WorkerEvent::Ended(ended) => {
            if let Some(record) = workers.get_mut(&ended.number) {
                record.ended_ms = Some(now);
                record.cause = Some(ended.cause.to_string());
                record.exit_status = ended.status.map(|status| status.to_string());
            }
        }
    }
}

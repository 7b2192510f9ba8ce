//! One script against one fresh process: what is started, and what came of it.

use std::io;
use std::time::Duration;

use sha2::Digest as _;

use crate::files::{Folder, Occupant, RunFolder, is_full, lacks_resources, with_room};
use crate::history::{Event, Mode, Reference, Start, StartupFlag, Transcript};
use crate::oracle::Finding;
use crate::process::{NO_ROOM, SpawnError, interrupted, is_exhausted};
use crate::script::{Script, StartStep};
use crate::workload::{Kind, Workload};

use super::event_loop::EventLoop;
use super::layout;
use super::messages::Builder;
use super::outputs::Written;
use super::permit::{Permit, SMALL};
use super::script_run::{Progress, ScriptRun};
use super::subject::start_process;
use super::{InVain, Subject, TimeLimits};

/// The startup flag that makes a worker persistent.
const PERSISTENT: &str = "--persistent_worker";
/// A startup flag that no worker knows.
const UNKNOWN_FLAG: &str = "--pwp_flag_that_no_worker_knows";

/// Why a run is ended in which the subject has filled the disk, or made its directory one in which nothing can be changed.
const SPOILED: &str = "nothing can be written to its directory any more, which is its own doing";
/// What came of one run.
#[derive(Debug)]
pub struct Outcome {
    /// What the oracle found.
    pub findings: Vec<Finding>,
    /// The record of the run.
    pub transcript: Transcript,
    /// The last bytes of stderr, at most 4 KiB.
    pub stderr: String,
    /// Steps that were carried out.
    pub steps: usize,
    /// From the start to the first bytes on stdout.
    pub first_answer: Option<Duration>,
    /// The longest wait for an answer behind the first.
    pub later_answer: Duration,
    /// What the first request of the run gave, if it was answered under its id.
    pub first: Option<Reference>,
    /// SHA-256 of all bytes that were sent, in hex: the same for the same script.
    pub sent: String,
    /// What was waited for in vain.
    pub in_vain: Vec<InVain>,
    /// The run was ended because the user wants it.
    pub interrupted: bool,
    /// Why nothing was tried: no program can be given what the script asks for.
    pub not_tried: Option<String>,
    /// The run was ended because other runs had large messages when one came, so it says nothing.
    crowded: bool,
}

impl Outcome {
    /// Of a script in one-shot mode whose arguments no program can be given.
    fn not_tried(subject: &Subject, error: &SpawnError) -> Self {
        let reason = format!("one-shot mode was not tried with all requests of the workload: {error}");
        Self {
            findings: Vec::new(),
            transcript: Transcript::new(subject.dialect),
            stderr: String::new(),
            steps: 0,
            first_answer: None,
            later_answer: Duration::ZERO,
            first: None,
            sent: String::new(),
            in_vain: Vec::new(),
            interrupted: interrupted(),
            not_tried: Some(reason),
            crowded: false,
        }
    }
}

/// Why a run could not take place. It says nothing about the subject's conformance.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The subject can't be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The system has no room for what a run needs, or does not say which processes there are.
    #[error("can't run a script to its end: {0}; {remedy}", remedy = NO_ROOM)]
    System(io::Error),
    /// The run's directory can't be made or written.
    #[error(
        "can't prepare a directory for the run: {0}; {remedy}",
        remedy = room(.0)
    )]
    Folder(#[from] io::Error),
    /// The script (its name) names a request (the second) that the workload (the third) does not have.
    #[error(
        "script {0} names the request {1:?}, which the workload {2:?} does not have: give the workload that the script was written for, --workload FILE"
    )]
    UnknownRequest(String, String, String),
}

fn room(error: &io::Error) -> &'static str {
    if is_exhausted(error) { NO_ROOM } else { "make room, or set TMPDIR to a folder that can be written" }
}

/// Runs `script` against a fresh process of `subject`.
pub fn run(subject: &Subject, script: &Script, limits: &TimeLimits) -> Result<Outcome, RunError> {
    has_named_requests(script, &subject.workload)?;
    let permit = if script.largest() > SMALL { Permit::wait() } else { None };
    let outcome = run_once(subject, script, limits, permit)?;
    if outcome.crowded { run_once(subject, script, limits, Permit::wait()) } else { Ok(outcome) }
}

fn run_once(
    subject: &Subject,
    script: &Script,
    limits: &TimeLimits,
    permit: Option<Permit>,
) -> Result<Outcome, RunError> {
    let _occupant = Occupant::enter();
    let place = RunFolder::current()?;
    let folder = with_room(|| place.make(), waits)?;
    let outcome = run_in(subject, script, limits, &folder, permit);
    // What can't be removed now is named when the directory of all runs is removed.
    let _ = folder.remove("");
    outcome
}

/// Whether room would help, and nobody has ended the run.
fn waits(error: &io::Error) -> bool {
    is_full(error) && !interrupted()
}

fn run_in(
    subject: &Subject,
    script: &Script,
    limits: &TimeLimits,
    folder: &Folder,
    permit: Option<Permit>,
) -> Result<Outcome, RunError> {
    let (builder, (start, written)) = with_room(
        || {
            layout::prepare(folder, &subject.workload)?;
            let mut builder = Builder::new(subject, folder);
            let started = start(&script.start(), &mut builder)?;
            Ok((builder, started))
        },
        waits,
    )?;
    let process = match start_process(&start, folder.path(), &subject.workload) {
        // The arguments are those of a request, which may be longer than a command line: that says nothing about the subject.
        Err(error) if start.mode == Mode::OneShot && error.is_of_arguments() => {
            return Ok(Outcome::not_tried(subject, &error));
        }
        started => started?,
    };
    let slow = subject.workload.requests.iter().any(|item| item.kind == Kind::Slow);
    let transcript = Transcript::new(subject.dialect);
    let limit = limits.run(slow).saturating_add(script.quiet_time());
    let mut event_loop = EventLoop::new(process, transcript, folder, limit, permit);
    event_loop.one_shot = written.is_some();
    event_loop.emit(Event::Started(start));
    if let Some(written) = written {
        event_loop.outputs.sent(0, written);
    }
    let mut script_run = ScriptRun { event_loop, builder, limits, progress: Progress::default() };
    let mut steps = 0;
    for step in &script.steps {
        if script_run.progress.gave_up || interrupted() {
            break;
        }
        if let Err(error) = script_run.step(step) {
            if lacks_resources(&error) {
                return Err(error.into());
            }
            // There was room for the inputs, and since then the directory is the subject's: what is wrong with it now is its doing.
            script_run.event_loop.overrun.get_or_insert(SPOILED);
            break;
        }
        steps += 1;
    }
    script_run.end().map_err(RunError::System)?;
    let ScriptRun { mut event_loop, progress, .. } = script_run;
    for (request, path, state) in event_loop.outputs.at_end(folder) {
        event_loop.emit(Event::File { request, path, state, at_end: true });
    }
    if let Some(took) = event_loop.oracle.slow_work_took() {
        limits.slow_measured(took);
    }
    limits.run_ended(progress.unanswered);
    let first = event_loop.oracle.first_answer().map(|(exit_code, output)| Reference {
        exit_code: *exit_code,
        output: Some(output.clone()),
        files: std::mem::take(&mut event_loop.outputs.first),
    });
    let last = event_loop.oracle.finish();
    event_loop.findings.extend(last);
    Ok(Outcome {
        findings: event_loop.findings,
        transcript: event_loop.transcript,
        stderr: String::from_utf8_lossy(&event_loop.stderr).into_owned(),
        steps,
        first_answer: progress.first_answer,
        later_answer: progress.later_answer,
        first,
        sent: hex::encode(event_loop.sent.finalize()),
        in_vain: progress.in_vain,
        interrupted: interrupted(),
        not_tried: None,
        crowded: event_loop.crowded,
    })
}

/// Whether the workload has all requests that a script names, or [`RunError::UnknownRequest`]; [`run`] asks this, too.
pub fn has_named_requests(script: &Script, workload: &Workload) -> Result<(), RunError> {
    let unknown = script.request_names().find(|name| workload.item(name).is_none());
    unknown.map_or(Ok(()), |name| {
        Err(RunError::UnknownRequest(script.name.to_string(), name.to_owned(), workload.name.clone()))
    })
}

/// The command line and what the oracle is told of it.
fn start(step: &StartStep, builder: &mut Builder<'_>) -> io::Result<(Start, Option<Written>)> {
    let subject = builder.subject;
    let mut argv = subject.command.argv_in(builder.folder.path());
    let (mut one_shot, mut written) = (None, None);
    if step.mode == Mode::Worker {
        argv.push(PERSISTENT.into());
        match step.flag {
            Some(StartupFlag::Known) => argv.extend(subject.workload.startup_flag.clone()),
            Some(StartupFlag::Unknown) => argv.push(UNKNOWN_FLAG.into()),
            None => {}
        }
    } else if let Some(built) = builder.one_shot(step)? {
        argv.extend(built.message.arguments);
        (one_shot, written) = (Some(built.expected), Some(built.written));
    }
    let features = subject.features.clone();
    let (dialect, mode, flag, confined) = (subject.dialect, step.mode, step.flag, step.confined);
    Ok((Start { argv, dialect: dialect.into(), features, mode, flag, one_shot, confined }, written))
}

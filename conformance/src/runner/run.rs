//! One script against one fresh process: what is started, and what came of it.

use std::io;
use std::path::Path;
use std::time::Duration;

use sha2::Digest as _;

use crate::files;
use crate::history::{Event, Mode, Reference, Start, StartupFlag, Transcript};
use crate::oracle::Finding;
use crate::process::{SpawnError, interrupted};
use crate::script::{Script, StartStep};
use crate::workload::{Kind, Workload};

use super::event_loop::EventLoop;
use super::layout;
use super::messages::Builder;
use super::outputs::Written;
use super::script_run::{Progress, ScriptRun};
use super::subject::start_process;
use super::{InVain, Subject, TimeLimits};

/// The startup flag that makes a worker persistent.
const PERSISTENT: &str = "--persistent_worker";
/// A startup flag that no worker knows.
const UNKNOWN_FLAG: &str = "--pwp_flag_that_no_worker_knows";

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
}

/// Why a run could not take place. It says nothing about the subject's conformance.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The subject can't be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The run's directory can't be made or written.
    #[error(
        "can't prepare a directory for the run: {0}; make room, or set TMPDIR to a folder that can be written"
    )]
    Folder(#[from] io::Error),
    /// The script (its name) names a request (the second) that the workload (the third) does not have.
    #[error(
        "script {0} names the request {1:?}, which the workload {2:?} does not have: give the workload that the script was written for, --workload FILE"
    )]
    UnknownRequest(String, String, String),
}

/// Runs `script` against a fresh process of `subject`.
pub fn run(subject: &Subject, script: &Script, limits: &TimeLimits) -> Result<Outcome, RunError> {
    let folder = tempfile::Builder::new().prefix("pwp-").tempdir()?;
    let outcome = run_in(subject, script, limits, folder.path());
    let _ = files::remove(&folder.keep());
    outcome
}

fn run_in(
    subject: &Subject,
    script: &Script,
    limits: &TimeLimits,
    folder: &Path,
) -> Result<Outcome, RunError> {
    has_named_requests(script, &subject.workload)?;
    layout::prepare(folder, &subject.workload)?;
    let mut builder = Builder::new(subject, folder);
    let (start, written) = start(&script.start(), &mut builder)?;
    let process = start_process(&start, folder, &subject.workload)?;
    let slow = subject.workload.requests.iter().any(|item| item.kind == Kind::Slow);
    let limit = limits.run(slow).saturating_add(script.quiet_time());
    let mut event_loop = EventLoop::new(process, Transcript::new(subject.dialect), folder, limit);
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
        script_run.step(step)?;
        steps += 1;
    }
    script_run.end();
    let ScriptRun { mut event_loop, progress, .. } = script_run;
    for (request, path, state) in event_loop.outputs.at_end(folder) {
        event_loop.emit(Event::File { request, path, state, at_end: true });
    }
    if let Some(took) = event_loop.oracle.slow_work_took() {
        limits.slow_measured(took);
    }
    limits.run_ended(progress.unanswered);
    let first = event_loop.oracle.first_answer().map(|response| Reference {
        exit_code: response.exit_code,
        output: Some(response.output.clone()),
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
    })
}

/// Whether the workload has all requests that a script names, or [`RunError::UnknownRequest`]; [`run`] asks this, too.
pub fn has_named_requests(script: &Script, workload: &Workload) -> Result<(), RunError> {
    let unknown = script.request_names().find(|name| workload.item(name).is_none());
    unknown.map_or(Ok(()), |name| {
        Err(RunError::UnknownRequest(script.name.clone(), name.to_owned(), workload.name.clone()))
    })
}

/// The command line and what the oracle is told of it.
fn start(step: &StartStep, builder: &mut Builder<'_>) -> io::Result<(Start, Option<Written>)> {
    let subject = builder.subject;
    let mut argv = subject.command.argv_in(builder.folder);
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

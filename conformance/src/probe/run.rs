//! The process of a probe: it reads requests, serves each in a thread, and notes everything.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use pwp_proto::{FrameReader, MAX_MESSAGE, WorkRequest, decode};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use super::files::{Job, base, inputs, list};
use super::record::Recorder;
use super::request::Serving;
use super::scenario::{ProbeError, Step, load};
use super::shared::{Shared, lock};
use crate::files::{Folder, read_start};
use crate::history::{Event, ProcessStart, Signal, Sniffer};
use crate::process::{MARK, ProcessId, kill_children};

/// In the folder of the record: the ID of the process for which a probe writes it, and when that was started, in ticks of the
/// system. A probe does not outlive it.
pub const SUITE_FILE: &str = "suite";
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(500);
/// A probe that nobody ended ends itself after this time, whatever its scenario says.
const LIFE: Duration = Duration::from_secs(600);
/// Requests that may be open: each has a thread, and no case comes near.
const OPEN: usize = 1000;
/// Messages that it takes in its life; no case comes near, and no more are read of what it writes down.
const MESSAGES: u32 = 20_000;
/// Why it ends where a client goes beyond one of these.
const TOO_MANY_OPEN: &str = "the client has too many requests open";
const TOO_MANY: &str = "the client has sent too many messages";
/// Bytes of a file of the tool, or of the suite, that are read.
const SHORT: u64 = 64 << 10;
/// Why it ends where it can't read what a client wrote, as every library for workers does.
const UNREADABLE: &str = "it can't read what the client wrote";
/// Bytes of one read.
const READ: usize = 64 * 1024;
/// Arguments of a command line without which there is nothing to do in one-shot mode.
const ARGFILES: [&str; 4] = ["@", "--flagfile=", "-flagfile=", "--name="];

/// What a probe is told.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How to behave (schema/scenario/v1).
    #[arg(long, value_name = "FILE.json")]
    pub(super) scenario: PathBuf,
    /// Where to write down what happens, one file for each process. The folder has to be there.
    #[arg(long, value_name = "DIR")]
    pub(super) record: PathBuf,
    /// What the program that starts the probe says of its own version; it is written down.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) version_of_program: String,
    /// A file of the tool; its content is written down.
    #[arg(long, value_name = "FILE")]
    pub(super) data: Option<PathBuf>,
    /// Write nothing outside of this folder, whatever the client asks for. There has to be no link in its path.
    #[arg(long, value_name = "DIR")]
    pub(super) within: Option<PathBuf>,
    /// The arguments that the client gave.
    #[arg(last = true, value_name = "ARGS")]
    pub(super) arguments: Vec<String>,
}

/// Is a worker, or does one action where it was not started as one.
///
/// # Errors
/// Where the scenario or the record can't be opened.
pub fn run(options: Options) -> Result<ExitCode, ProbeError> {
    let scenario = load(&options.scenario)?;
    let failed = |error: io::Error| {
        let (path, remedy) = (options.record.display(), "make the folder, or name another one");
        ProbeError(format!("can't write down what happens in {path}: {error}; {remedy}"))
    };
    let within = options.within.as_deref().map(Folder::open_real).transpose().map_err(failed)?;
    let folder = match &within {
        Some(within) => within.at(&options.record),
        None => Folder::open(&options.record),
    };
    let folder = folder.map_err(failed)?;
    let (record, process) = Recorder::claim(&folder).map_err(failed)?;
    let data = options.data.as_deref().and_then(short_text).unwrap_or_default();
    record.tell(Event::ProcessStarted(ProcessStart {
        pid: std::process::id(),
        group: rustix::process::getpgrp().as_raw_nonzero().get() as u32,
        ticks: ProcessId::own().ticks,
        argv: options.arguments.clone(),
        env: std::env::vars_os()
            .filter(|(name, _)| name != MARK)
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect(),
        cwd: std::env::current_dir().unwrap_or_default().to_string_lossy().into_owned(),
        tools: [options.version_of_program, data.trim().into()],
    }));
    let is_worker = options.arguments.iter().any(|argument| argument == "--persistent_worker");
    let has_work =
        options.arguments.iter().any(|argument| ARGFILES.iter().any(|form| argument.starts_with(form)));
    let shared = Arc::new(Shared {
        scenario,
        folder,
        within,
        record,
        process,
        is_one_shot: !is_worker && has_work,
        tool: options.data.as_deref().and_then(Path::parent).map(Path::to_owned).unwrap_or_default(),
        spoken: OnceLock::new(),
        open: AtomicUsize::new(0),
        cancelled: Mutex::default(),
        eof: AtomicBool::new(false),
        hog: Mutex::default(),
    });
    watch(&shared);
    if shared.is_one_shot {
        return Ok(one_shot(&shared, options.arguments));
    }
    for rule in &shared.scenario.on_start {
        if rule.process.is_none_or(|number| number == process) {
            serving(&shared, WorkRequest::default(), 0).serve(&rule.steps);
        }
    }
    read(&shared);
    Ok(ExitCode::SUCCESS)
}

/// Signals, and the end of its life.
fn watch(shared: &Arc<Shared>) {
    let life = Arc::clone(shared);
    std::thread::spawn(move || {
        let until = Instant::now() + LIFE;
        let suite = suite(&life.folder);
        while Instant::now() < until && suite.is_none_or(ProcessId::lives) {
            std::thread::sleep(LOOK);
        }
        kill_children();
        life.exit(3, "nobody has ended it");
    });
    let Ok(mut signals) = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGQUIT]) else { return };
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        for number in signals.forever() {
            let signal = match number {
                SIGTERM => Signal::Term,
                SIGINT => Signal::Int,
                SIGHUP => Signal::Hup,
                _ => Signal::Quit,
            };
            shared.record.tell(Event::Signalled(signal));
            shared.look_home();
            shared.end(shared.scenario.on_term, 128 + number, &signal.to_string());
        }
    });
}

/// The beginning of a text file.
fn short_text(path: &Path) -> Option<String> {
    String::from_utf8(read_start(path, SHORT).ok()?).ok()
}

/// Who reads the record, if the folder says so.
fn suite(folder: &Folder) -> Option<ProcessId> {
    let text = String::from_utf8(folder.read(SUITE_FILE, 100).ok()?).ok()?;
    let (pid, ticks) = text.trim().split_once(' ')?;
    Some(ProcessId { pid: pid.parse().ok()?, ticks: ticks.parse().ok()? })
}

/// Reads requests to the end of standard input.
fn read(shared: &Arc<Shared>) {
    let mut reader: Option<FrameReader> = None;
    let (mut sniffer, mut unread) = (Sniffer::new(None), Vec::new());
    let (mut buffer, mut total, mut number, mut messages) = (vec![0; READ], 0, 0, 0);
    let mut pause = shared.scenario.pause.clone();
    pause = pause.filter(|pause| pause.process.is_none_or(|process| process == shared.process));
    let mut stdin = io::stdin().lock();
    loop {
        if let Some(reached) = pause.take_if(|pause| total >= pause.after_bytes) {
            serving(shared, WorkRequest::default(), 0).serve(&reached.steps);
        }
        let room = pause.as_ref().map_or(READ, |pause| (pause.after_bytes - total).min(READ));
        let count = match stdin.read(&mut buffer[..room]) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        total += count;
        shared.record.tell(Event::Sent(shared.record.bytes(&buffer[..count])));
        // A client may speak another dialect than it was told; what it wants is done all the same.
        unread.extend_from_slice(&buffer[..count]);
        if reader.is_none()
            && let Some(first) = sniffer.push(&buffer[..count])
        {
            let framing = *shared.spoken.get_or_init(|| first.framing);
            reader = Some(FrameReader::new(framing, MAX_MESSAGE));
        }
        let Some(reader) = &mut reader else { continue };
        reader.push(&std::mem::take(&mut unread));
        loop {
            let frame = match reader.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(_) => return shared.exit(1, UNREADABLE),
            };
            messages += 1;
            if messages > MESSAGES {
                return shared.exit(1, TOO_MANY);
            }
            match decode::<WorkRequest>(shared.dialect(), &frame.body) {
                Ok(decoded) => begin(shared, decoded.message, &mut number),
                Err(_) => return shared.exit(1, UNREADABLE),
            }
        }
    }
    shared.eof.store(true, Ordering::SeqCst);
    shared.record.tell(Event::StdinClosed);
    shared.look_home();
    shared.end(shared.scenario.on_eof, 0, "the end of standard input");
    // It does not care: until SIGKILL, or the end of its life.
    loop {
        std::thread::park();
    }
}

fn begin(shared: &Arc<Shared>, request: WorkRequest, number: &mut u32) {
    if request.cancel {
        lock(&shared.cancelled).insert(request.request_id);
        return;
    }
    if shared.open.load(Ordering::SeqCst) >= OPEN {
        return shared.exit(1, TOO_MANY_OPEN);
    }
    *number += 1;
    shared.begins(*number);
    shared.record.tell(Event::Looked {
        request: *number,
        inputs: inputs(&request),
        files: shared.scenario.list_files.then(|| list(&request)),
    });
    let serving = serving(shared, request, *number);
    let outputs = serving.job.there(&base(&serving.request));
    if !outputs.is_empty() {
        shared.record.tell(Event::Found { request: *number, outputs });
    }
    shared.open.fetch_add(1, Ordering::SeqCst);
    lock(&shared.cancelled).remove(&serving.request.request_id);
    std::thread::spawn(move || {
        let shared = &serving.shared;
        let steps = shared.scenario.steps(shared.process, serving.number, &serving.job.name);
        serving.serve(&steps);
        shared.open.fetch_sub(1, Ordering::SeqCst);
    });
}

fn serving(shared: &Arc<Shared>, request: WorkRequest, number: u32) -> Serving {
    let job = Job::of(&request.arguments, &base(&request));
    Serving { shared: Arc::clone(shared), request, number, job }
}

/// Does what the argfiles say, as the tool does where nobody starts it as a worker.
fn one_shot(shared: &Arc<Shared>, argv: Vec<String>) -> ExitCode {
    let request = WorkRequest { arguments: argv, ..WorkRequest::default() };
    let serving = serving(shared, request, 0);
    match shared.scenario.one_shot.as_slice() {
        [] => serving.serve(&[Step::Work]),
        steps => serving.serve(steps),
    }
    shared.record.tell(Event::Exiting { status: Some(0), why: "its work is done".into() });
    ExitCode::SUCCESS
}

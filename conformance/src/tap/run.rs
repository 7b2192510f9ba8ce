//! The worker's process and the threads around it, on Unix.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

use crate::history::{Event, ExitStatus, Signal};
use crate::process::{
    Guarded, Process, Setup, SignalSender, SpawnError, bury_always, guard_in_place, kill_strays,
};

use super::TapOptions;
use super::judge::{Files, listen};
use super::pass::{Passed, pass};
use super::queue::EventQueue;

/// Signals that the worker gets as well.
const FORWARDED: [i32; 7] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT];
/// Whether the worker has ended.
static ENDED: AtomicBool = AtomicBool::new(false);
/// Whether the tap was killed, so that there are no last words.
static ABANDONED: AtomicBool = AtomicBool::new(false);
/// How long the judge may take to finish when the worker has ended: nobody reads what it says any more, perhaps.
const LAST_WORDS: Duration = Duration::from_secs(20);

/// Why a tap did not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TapError {
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// A file can't be written, in words.
    #[error("{0}")]
    Options(String),
    #[error(
        "the system refuses what a tap needs: {0}; look whether there are too many open files or processes"
    )]
    System(#[from] io::Error),
}

/// Starts the worker and stands between it and the client, who has this process's stdin and stdout, until it ends. If
/// a signal ended it, the same signal ends this process.
///
/// A tool that is not started as a worker takes the place of this process: there is nothing to pass on.
///
/// # Errors
/// Where the worker can't be started, or what it was asked to write can't be.
pub(crate) fn run(options: TapOptions) -> Result<ExitCode, TapError> {
    let program = options.command.first().cloned().unwrap_or_default();
    let failed = |source| SpawnError { program: program.to_string_lossy().into_owned(), source };
    let mut command = Command::new(&program);
    command.args(options.command.iter().skip(1));
    if !options.is_worker() {
        return Err(failed(command.exec()).into());
    }
    let guarded = guard_in_place(&FORWARDED)?;
    let files = Files::open(&options).map_err(TapError::Options)?;

    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    // The worker stays in the group of the tap, and its signals are those that the client has handed down: all as without a tap.
    let mut worker = Process::start(command, Setup::default()).map_err(failed)?;
    // It is there until this process ends, and so are the threads.
    let queue: &EventQueue = Box::leak(Box::new(EventQueue::new()));
    let (drained, rest) = mpsc::channel::<()>();
    forward_signals(guarded, worker.signal_sender()?, queue, drained.clone())?;
    // Orphans of the worker come to this process, so that they can be ended if the tap is killed. Until then they are left alone.
    bury_always()?;

    let (last_word, done) = mpsc::channel::<()>();
    let pid = worker.id();
    spawn("judge", move || {
        listen(options, files, pid, queue);
        drop(last_word);
    })?;
    if let Some(to) = worker.stdin.take() {
        spawn("to the worker", move || to_worker(queue, to))?;
    }
    let (over, end) = io::pipe()?;
    let (from, drained) = (worker.stdout.take(), Drained(drained));
    spawn("to the client", move || {
        if let Some(from) = from {
            to_client(queue, from, over.into());
        }
        drop(drained);
    })?;

    let status = worker.wait()?;
    if ABANDONED.load(Ordering::SeqCst) {
        // The other thread ends this process.
        loop {
            std::thread::park();
        }
    }
    ENDED.store(true, Ordering::SeqCst);
    drop(end);
    // The client gets all that the worker had written, for as long as it cares to read, or until it sends another signal.
    let _ = rest.recv();
    queue.tell(Event::Exited(status));
    queue.end();
    let _ = done.recv_timeout(LAST_WORDS);
    Ok(end_as(status))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).map(drop)
}

/// The client's stdin to the worker's.
fn to_worker(queue: &EventQueue, to: OwnedFd) {
    let stdin = io::stdin();
    let passed = pass(stdin.as_fd(), to.as_fd(), None, |bytes| queue.tell(Event::Sent(bytes.to_vec())));
    match passed {
        Ok(Passed::Refused { unsent }) => queue.tell(Event::StdinBroken { unsent }),
        Ok(Passed::End | Passed::Over) | Err(_) => queue.tell(Event::StdinClosed),
    }
    drop(to);
    // The client, too, is to see that nobody reads from it any more.
    if let Ok(nothing) = std::fs::File::open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(&nothing);
    }
}

/// The worker's stdout to the client's.
fn to_client(queue: &EventQueue, from: OwnedFd, over: OwnedFd) {
    let stdout = io::stdout();
    let tell = |bytes: &[u8]| queue.tell(Event::Received(bytes.to_vec()));
    let passed = pass(from.as_fd(), stdout.as_fd(), Some(over.as_fd()), tell);
    if !matches!(passed, Ok(Passed::Refused { .. })) {
        queue.tell(Event::StdoutClosed);
    }
    // If the client reads no more, the worker's next write fails as it would without a tap.
    drop(from);
    if let Ok(nothing) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(&nothing);
    }
}

/// Says, when it is dropped, that the client has all that it will get.
struct Drained(mpsc::Sender<()>);

impl Drop for Drained {
    fn drop(&mut self) {
        // The receiver may be gone: then nothing waits for this.
        let _ = self.0.send(());
    }
}

/// What is sent to the tap is meant for the worker. When that has ended, the tap does so as soon as the judge has said its last words, also
/// if the client takes no more: one that sends SIGTERM twice loses none of them.
///
/// If the tap is killed, so is the worker with all that it has started, and nothing more is said.
fn forward_signals(
    guarded: Guarded,
    worker: SignalSender,
    queue: &'static EventQueue,
    drained: mpsc::Sender<()>,
) -> io::Result<()> {
    let incoming = guarded.receive()?;
    spawn("signals", move || {
        incoming.for_each(|number| {
            if ENDED.load(Ordering::SeqCst) {
                let _ = drained.send(());
                return;
            }
            match number {
                SIGTERM => queue.tell(Event::Signalled(Signal::Term)),
                SIGINT => queue.tell(Event::Signalled(Signal::Int)),
                _ => {}
            }
            // If the worker has ended a moment before, the next signal says so.
            worker.send(number);
        });
        ABANDONED.store(true, Ordering::SeqCst);
        worker.send(SIGKILL);
        kill_strays();
        std::process::exit(128 + SIGKILL);
    })
}

/// Ends this process as the worker ended.
fn end_as(status: ExitStatus) -> ExitCode {
    let number = match status {
        ExitStatus::Code(code) => return ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
        ExitStatus::Signal(number) => number,
    };
    // One core dump is enough.
    let nothing = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, nothing);
    let _ = signal_hook::low_level::emulate_default_handler(number);
    ExitCode::from(u8::try_from(128 + number).unwrap_or(u8::MAX))
}

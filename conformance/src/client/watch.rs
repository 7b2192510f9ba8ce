//! One command with a watchdog: what it prints, how it ended, and whether it had to be ended.

use std::io::{self, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::files::{Folder, ReadError, read_pieces};
use crate::history::ExitStatus;
use crate::probe::now;
use crate::process::{Process, Setup, bury, interrupted};

/// Bytes of a command's messages that are kept.
const KEPT: u64 = 1 << 20;
/// How often it is looked whether a file has come that the command is to be interrupted or killed for.
const LOOK: Duration = Duration::from_millis(4);
/// How often orphans are buried, in looks: that takes longer than a look.
const BURIAL: u32 = 8;
/// How long an interrupt may take to end a command that hangs.
const FREED: Duration = Duration::from_secs(10);

/// How to run a command.
#[derive(Debug)]
pub(super) struct Watch {
    /// How long it may take.
    pub(super) limit: Duration,
    /// All files that are named here are below this folder, in which the command can do what it likes.
    pub(super) folder: Folder,
    /// For a command that does several things: the time limit begins anew when the next of these files is there.
    pub(super) begins: Vec<PathBuf>,
    /// Interrupt it when this file is there.
    pub(super) interrupt_at: Option<PathBuf>,
    /// Kill it when this file is there.
    pub(super) kill_at: Option<PathBuf>,
    /// Where its output goes.
    pub(super) log: PathBuf,
}

impl Watch {
    /// A command that nothing interrupts within its limit.
    pub(super) fn new(limit: Duration, folder: Folder, log: PathBuf) -> Self {
        Self { limit, folder, begins: Vec::new(), interrupt_at: None, kill_at: None, log }
    }

    fn is_there(&self, file: &Option<PathBuf>) -> bool {
        file.as_ref().is_some_and(|file| self.folder.has(file))
    }
}

/// What came of a command. Times are on the monotonic clock of the probe.
#[derive(Debug, Default)]
pub struct Watched {
    /// When the command was started.
    pub began: Duration,
    /// When it had ended.
    pub ended: Duration,
    /// How it ended, unless it was ended by force.
    pub status: Option<ExitStatus>,
    /// When it was interrupted, because the file for that was there.
    pub interrupted: Option<Duration>,
    /// The limit within which it did not end.
    pub hung: Option<Duration>,
    /// Which of several things was being done then, from 0.
    pub hung_in: Option<usize>,
    /// Whether an interrupt ended it when it hung.
    pub freed: Option<bool>,
    /// The end of what it printed.
    pub output: String,
}

/// Runs a command in a process group of its own, with no input. Its output goes to a file, so that a process that
/// inherits it keeps nobody waiting.
///
/// # Errors
/// Where it can't be started.
pub(super) fn run(mut command: Command, watch: &Watch) -> io::Result<Watched> {
    let log = watch.folder.create(&watch.log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let mut process = Process::start(
        command,
        Setup { own_session: true, default_signals: true, marked: true, ..Setup::default() },
    )?;
    let mut seen = Watched { began: now(), ..Watched::default() };
    let mut limit = watch.limit;
    let mut began = Instant::now();
    let (mut parts, mut looks) = (0, 0_u32);
    loop {
        seen.status = process.wait_for_end(LOOK);
        if seen.status.is_some() {
            break;
        }
        if interrupted() || watch.is_there(&watch.kill_at) {
            process.kill();
            break;
        }
        if seen.interrupted.is_none() && watch.is_there(&watch.interrupt_at) {
            seen.interrupted = Some(now());
            process.signal(Signal::INT);
            // The interrupt has a limit of its own.
            began = Instant::now();
        }
        if watch.begins.get(parts).is_some_and(|file| watch.folder.has(file)) {
            parts += 1;
            began = Instant::now();
            if seen.hung.is_some() {
                // The interrupt has ended what hung. What comes after it is not looked at any more.
                seen.freed = Some(true);
                process.signal(Signal::TERM);
            }
        }
        if began.elapsed() > limit {
            if seen.hung.is_some() {
                seen.freed.get_or_insert(false);
                process.kill();
                break;
            }
            seen.hung = Some(limit);
            seen.hung_in = parts.checked_sub(1);
            if seen.interrupted.is_some() {
                process.kill();
                break;
            }
            process.signal(Signal::INT);
            (began, limit) = (Instant::now(), FREED);
        }
        looks += 1;
        if looks % BURIAL == 0 {
            bury();
        }
    }
    if seen.hung.is_some() && seen.interrupted.is_none() && seen.freed.is_none() {
        seen.freed = Some(true);
    }
    seen.ended = now();
    seen.output = read_end(watch).unwrap_or_default();
    Ok(seen)
}

/// The end of what it printed, as text.
fn read_end(watch: &Watch) -> Result<String, ReadError> {
    let mut file = watch.folder.open_file(&watch.log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(KEPT)))?;
    let mut bytes = Vec::new();
    read_pieces(file, KEPT, |piece| bytes.extend_from_slice(piece))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

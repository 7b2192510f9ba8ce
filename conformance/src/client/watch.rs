//! One command with a watchdog: what it prints, how it ended, and whether it had to be ended.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::history::ExitStatus;
use crate::probe::now_us;

use super::tidy;

/// Bytes of a command's messages that are kept.
const KEPT: u64 = 1 << 20;
/// How often a command is looked at.
const LOOK: Duration = Duration::from_millis(4);
/// How long an interrupt may take to end a command that hangs.
const FREED: Duration = Duration::from_secs(8);

/// How to run a command.
#[derive(Debug)]
pub(super) struct Watch {
    /// How long it may take.
    pub(super) limit: Duration,
    /// Interrupt it when this file is there.
    pub(super) interrupt_at: Option<PathBuf>,
    /// Kill it when this file is there.
    pub(super) kill_at: Option<PathBuf>,
    /// Where its output goes.
    pub(super) log: PathBuf,
}

/// What came of a command.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) status: Option<ExitStatus>,
    pub(super) interrupted: Option<u64>,
    pub(super) hung: Option<Duration>,
    /// Whether an interrupt ended it when it hung.
    pub(super) freed: Option<bool>,
    pub(super) output: String,
}

/// Runs a command in a process group of its own, with no input. Its output goes to a file, so that a process that
/// inherits it keeps nobody waiting.
///
/// # Errors
/// Where it can't be started.
pub(super) fn run(mut command: Command, watch: &Watch) -> std::io::Result<Watched> {
    let log = File::create(&watch.log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
    let mut child = tidy::spawn(&mut command)?;
    let pid = Pid::from_child(&child);
    let mut seen = Watched { began: now_us(), ..Watched::default() };
    let mut limit = watch.limit;
    let mut began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            seen.status = Some(status.into());
            break;
        }
        if crate::runner::interrupted() {
            end(&mut child, pid);
            break;
        }
        if watch.kill_at.as_deref().is_some_and(Path::exists) {
            end(&mut child, pid);
            break;
        }
        if seen.interrupted.is_none() && watch.interrupt_at.as_deref().is_some_and(Path::exists) {
            seen.interrupted = Some(now_us());
            let _ = kill_process(pid, Signal::INT);
            // The interrupt has a limit of its own.
            began = Instant::now();
        }
        if began.elapsed() > limit {
            if seen.hung.is_some() {
                seen.freed = Some(false);
                end(&mut child, pid);
                break;
            }
            seen.hung = Some(limit);
            if seen.interrupted.is_some() {
                end(&mut child, pid);
                break;
            }
            let _ = kill_process(pid, Signal::INT);
            (began, limit) = (Instant::now(), FREED);
        }
        tidy::reap();
        std::thread::sleep(LOOK);
    }
    tidy::forget(&child);
    if seen.hung.is_some() && seen.interrupted.is_none() && seen.freed.is_none() {
        seen.freed = Some(true);
    }
    seen.ended = now_us();
    seen.output = read_end(&watch.log);
    Ok(seen)
}

fn end(child: &mut Child, pid: Pid) {
    let _ = kill_process_group(pid, Signal::KILL);
    let _ = child.kill();
    let _ = child.wait();
}

/// The end of a file, as text.
fn read_end(path: &Path) -> String {
    use std::io::{Seek as _, SeekFrom};
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(path) {
        let length = file.metadata().map_or(0, |data| data.len());
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(KEPT)));
        let _ = file.take(KEPT).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

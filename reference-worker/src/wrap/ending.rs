//! The end of the worker: all processes that it started end before it does.

use std::{
    io::{self, Read as _},
    os::unix::net::UnixStream,
    process,
    sync::{
        Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, getpid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::family::{KILL_LIMIT, TICK};
use super::processes;

/// Whether the worker is ending. Who starts a process holds it open meanwhile: afterwards there are no new ones.
static ENDING: RwLock<bool> = RwLock::new(false);

/// What the end needs to know; a process ends once, so there is one.
static PLAN: OnceLock<Plan> = OnceLock::new();

#[derive(Debug)]
struct Plan {
    grace: Duration,
    /// Children that were there before: a shell that starts the worker with `exec` hands down its own.
    inherited: Vec<Pid>,
}

/// The right to start a process, as long as it is held.
pub(super) struct Permit(
    #[expect(dead_code, reason = "it is there to be held")] RwLockReadGuard<'static, bool>,
);

impl Permit {
    /// Never returns once the worker is ending.
    pub(super) fn get() -> Self {
        let ending = ENDING.read().unwrap_or_else(PoisonError::into_inner);
        if *ending {
            drop(ending);
            park();
        }
        Self(ending)
    }
}

/// Does not return once the worker is ending: what was killed for that has no result, and must not be answered.
pub(super) fn check() {
    drop(Permit::get());
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

/// Takes care of the end of this process: orphans come to it, and a signal that asks it to end ends its children first.
///
/// # Errors
/// The system has no room for a thread or a pair of sockets.
pub(super) fn prepare(grace: Duration) -> io::Result<()> {
    rustix::process::set_child_subreaper(Some(getpid()))?;
    // Called a second time it is prepared already.
    let _ = PLAN.set(Plan { grace, inherited: processes::children(getpid()) });

    let (mut wakes, wake) = UnixStream::pair()?;
    let number = Arc::new(AtomicUsize::new(0));
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        // Who starts a worker with `nohup` wants it to survive that.
        if !is_ignored(signal) {
            signal_hook::flag::register_usize(signal, Arc::clone(&number), signal.unsigned_abs() as usize)?;
            signal_hook::low_level::pipe::register(signal, wake.try_clone()?)?;
        }
    }
    let wait = move || {
        if wakes.read_exact(&mut [0]).is_ok() {
            end();
            // As if it had not been caught.
            let signal = i32::try_from(number.load(Ordering::SeqCst)).unwrap_or(SIGTERM);
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            process::exit(128 + signal);
        }
    };
    thread::Builder::new().name("pwp signals".to_owned()).spawn(wait).map(drop)
}

/// Ends all children, and then this process.
pub(super) fn exit(status: u8) -> ! {
    end();
    process::exit(i32::from(status))
}

/// Ends everything that this process has started, and whatever that has started: `SIGTERM`, after the grace `SIGKILL`.
pub(super) fn end() {
    *ENDING.write().unwrap_or_else(PoisonError::into_inner) = true;
    let (grace, inherited) =
        PLAN.get().map_or((Duration::ZERO, &[][..]), |plan| (plan.grace, &plan.inherited));
    let left = || {
        let children = || processes::children(getpid()).into_iter().filter(|pid| !inherited.contains(pid));
        // Whoever waits for one of them has no use for its status any more.
        children().for_each(processes::reap);
        let mut found = Vec::new();
        children().for_each(|child| processes::collect(child, &mut found));
        // A dead one that is still there has a moment to go: its threads are ending, or it is not reaped yet.
        (children().next().is_none(), found)
    };
    let begin = Instant::now();
    send(&left().1, Signal::TERM);
    loop {
        let (gone, found) = left();
        // The second look sees who had changed parents during the first one.
        if (gone && left().0) || begin.elapsed() > grace + KILL_LIMIT {
            return;
        }
        if begin.elapsed() >= grace {
            send(&found, Signal::KILL);
        }
        thread::sleep(TICK);
    }
}

/// Sends a signal to each.
pub(super) fn send(processes: &[Pid], signal: Signal) {
    for pid in processes {
        // One that is gone by now needs none.
        let _ = rustix::process::kill_process(*pid, signal);
    }
}

fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (signal - 1)) != 0
}

//! The keeper: ends the children of a worker that was killed and could not do it itself.
//!
//! A worker that gets `SIGKILL` takes nothing with it, and a compiler driver's own children would go on for as long as they
//! like. So the worker starts its own program once more, which does nothing but wait for the worker's end. It
//! finds the processes by their mark.

use std::{
    env,
    io::{self, PipeWriter, Read as _},
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, getpid};

use super::ending::send;
use super::family::{KILL_LIMIT, TICK, marked_by};

/// Tells a process that it is the keeper: the process id of its worker, and the grace in milliseconds.
const KEEPER: &str = "PWP_WORKER_KEEPER";

/// The worker's end of the connection. The keeper notices when it is closed, by whatever means.
#[derive(Debug)]
pub(super) struct Keeper(#[expect(dead_code, reason = "it is there to be open")] PipeWriter);

impl Keeper {
    /// Starts the keeper of this process, in a process group of its own, so that it survives a signal to the
    /// worker's.
    ///
    /// # Errors
    /// The program cannot be started a second time, for example because its file is gone.
    pub(super) fn start(grace: Duration) -> io::Result<Self> {
        let (life, writer) = io::pipe()?;
        Command::new(env::current_exe()?)
            .args(env::args_os().skip(1))
            .env(KEEPER, format!("{}:{}", getpid(), grace.as_millis()))
            .current_dir("/")
            .stdin(life)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self(writer))
    }
}

/// In the keeper: waits, does its work and returns true. Everywhere else it returns false at once.
pub(super) fn keep() -> bool {
    let Some((worker, grace)) = env::var(KEEPER).ok().as_deref().and_then(parse) else { return false };
    // Nothing is ever written: this returns when the worker is gone.
    let _ = io::stdin().read_to_end(&mut Vec::new());
    let begin = Instant::now();
    send(&marked_by(worker), Signal::TERM);
    loop {
        let left = marked_by(worker);
        if left.is_empty() || begin.elapsed() > grace + KILL_LIMIT {
            return true;
        }
        if begin.elapsed() >= grace {
            send(&left, Signal::KILL);
        }
        thread::sleep(TICK);
    }
}

fn parse(value: &str) -> Option<(Pid, Duration)> {
    let (worker, grace) = value.split_once(':')?;
    Some((Pid::from_raw(worker.parse().ok()?)?, Duration::from_millis(grace.parse().ok()?)))
}

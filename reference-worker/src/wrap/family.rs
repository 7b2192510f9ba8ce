//! The processes of one request: its child, and whatever that started.

use std::{
    process::{Child, Command},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Rlimit, Signal, getpid, getrlimit};

use super::processes;

/// How often is looked whether a process is gone. The child itself is waited for; this is for what it left behind.
pub(super) const TICK: Duration = Duration::from_millis(2);

/// How long a process may take to be gone after `SIGKILL`. Only one that hangs in the kernel takes longer, and nobody
/// can end that.
pub(super) const KILL_LIMIT: Duration = Duration::from_secs(10);

/// Real-time tasks may compute that many microseconds without a pause, and more than 146,000 years is no limit. Above it
/// there is room for a process id (22 bits) and a count (36 bits).
const NO_LIMIT: u64 = 1 << 62;
const COUNT_BITS: u32 = 36;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// What every process of one request carries, also one that has left its group and lost its parents: its soft limit for
/// real-time tasks. Like every resource limit it is handed down by `fork` and `exec`. An environment variable would do, too,
/// but tools look at those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Mark {
    /// One that no other request of this or another worker has.
    pub(super) fn unique() -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed) & ((1 << COUNT_BITS) - 1);
        Self(base(getpid()) | count)
    }

    /// Gives it to this process. Fails if the system allows less; then group and descent have to do.
    pub(super) fn put_on(self) {
        let maximum = getrlimit(Resource::Rttime).maximum;
        let _ = rustix::process::setrlimit(Resource::Rttime, Rlimit { current: Some(self.0), maximum });
    }
}

/// The marks of one worker begin with its process id.
fn base(worker: Pid) -> u64 {
    NO_LIMIT | (u64::from(worker.as_raw_nonzero().get().unsigned_abs()) << COUNT_BITS)
}

/// All living processes that carry a mark of this worker.
pub(super) fn marked_by(worker: Pid) -> Vec<Pid> {
    let base = base(worker);
    let is_marked =
        |pid: &Pid| processes::mark(*pid).is_some_and(|mark| mark >> COUNT_BITS == base >> COUNT_BITS);
    processes::all().into_iter().filter(|pid| is_marked(pid) && processes::is_alive(*pid)).collect()
}

/// The processes of one request.
#[derive(Debug)]
pub(super) struct Family {
    leader: Pid,
    mark: Mark,
}

impl Family {
    /// Makes what `command` will start the leader of a family. The kernel sends it `death` if this worker dies first.
    pub(super) fn prepare(command: &mut Command, death: Signal) -> Mark {
        use std::os::unix::process::CommandExt as _;

        let (mark, worker) = (Mark::unique(), getpid());
        command.process_group(0);
        // SAFETY: between fork and exec this only makes system calls, and none of them allocates.
        unsafe {
            command.pre_exec(move || {
                rustix::process::set_parent_process_death_signal(Some(death))?;
                if rustix::process::getppid() != Some(worker) {
                    // It died before the line above.
                    return Err(rustix::io::Errno::SRCH.into());
                }
                mark.put_on();
                Ok(())
            });
        }
        mark
    }

    /// The family of a child that was [prepared](Self::prepare).
    pub(super) fn of(child: &Child, mark: Mark) -> Self {
        Self { leader: Pid::from_child(child), mark }
    }

    /// Sends a signal to all of it. The child must not be reaped yet, or its group may be another one's.
    pub(super) fn signal(&self, signal: Signal) {
        // Members of the group get it at the same time; who is no longer there needs none.
        let _ = rustix::process::kill_process_group(self.leader, signal);
        for pid in self.others() {
            if rustix::process::getpgid(Some(pid)) != Ok(self.leader) {
                let _ = rustix::process::kill_process(pid, signal);
            }
        }
    }

    /// The child has ended: ends what it left behind, with `SIGTERM` unless `until` says how long that has been going on
    /// already, with `SIGKILL` after the grace. Whether everything is gone.
    pub(super) fn end(&self, until: Option<Instant>, grace: Duration) -> bool {
        if self.is_gone() {
            return true;
        }
        let until = until.unwrap_or_else(|| {
            self.signal(Signal::TERM);
            Instant::now() + grace
        });
        while !self.is_gone() {
            let now = Instant::now();
            if now > until + KILL_LIMIT {
                return false;
            }
            if now >= until {
                // Again and again: it may be starting further ones.
                self.signal(Signal::KILL);
            }
            thread::sleep(TICK);
        }
        true
    }

    /// Whether there is nobody but the child itself. The second look sees who had changed parents during the first one.
    fn is_gone(&self) -> bool {
        self.others().is_empty() && self.others().is_empty()
    }

    /// Its processes except the child itself. Dead ones that have come to this process are reaped, and still count: whose
    /// parent has just died can have been missed.
    fn others(&self) -> Vec<Pid> {
        let mut found = Vec::new();
        for pid in processes::children(getpid()) {
            if pid == self.leader {
                processes::children(pid).into_iter().for_each(|child| processes::collect(child, &mut found));
            } else if self.owns(pid) {
                processes::collect(pid, &mut found);
                if !found.contains(&pid) {
                    processes::reap(pid);
                    found.push(pid);
                }
            }
        }
        found
    }

    fn owns(&self, pid: Pid) -> bool {
        processes::mark(pid) == Some(self.mark.0) || rustix::process::getpgid(Some(pid)) == Ok(self.leader)
    }
}

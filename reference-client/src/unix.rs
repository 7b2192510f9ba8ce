//! A child process on Linux: its own group, its pipes, its signals, its memory.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// How long killed processes may take to be gone. The kernel needs the time to give back their memory.
const GONE: Duration = Duration::from_secs(2);

/// The client's end of a pipe to a process.
pub(crate) type Pipe = AsyncFd<OwnedFd>;

/// A process that is to be started.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// The program and its arguments.
    pub(crate) command: Cow<'a, [String]>,
    pub(crate) directory: Cow<'a, Path>,
    /// The whole environment (C-005).
    pub(crate) environment: Cow<'a, BTreeMap<String, String>>,
    pub(crate) stdin: Stdio,
    pub(crate) stdout: Stdio,
    pub(crate) stderr: Stdio,
    /// Whether the process leads a group of its own, to which SIGKILL goes (C-134).
    pub(crate) own_group: bool,
    pub(crate) kill_on_drop: bool,
}

/// A child process, with its group. When the value is dropped, both are killed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    pidfd: AsyncFd<OwnedFd>,
    status: Option<ExitStatus>,
    own_group: bool,
    kill_on_drop: bool,
}

impl Process {
    /// Starts a process. The client's ends of standard input and standard output are returned where these are pipes.
    pub(crate) fn start(launch: Launch<'_>) -> io::Result<(Self, Option<Pipe>, Option<Pipe>)> {
        let Launch { command, directory, environment, stdin, stdout, stderr, own_group, kill_on_drop } =
            launch;
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"))?;
        let mut builder = Command::new(program);
        // C-005: "The environment of a worker holds the variables that the action declares, those that the client documents for workers, and
        // nothing from the client's own environment."
        builder.env_clear().envs(environment.iter()).args(arguments).current_dir(directory);
        builder.stdin(stdin).stdout(stdout).stderr(stderr);
        if own_group {
            builder.process_group(0);
        }
        // C-007: "The client's ends of a worker's standard input and standard output are open in no other process." The standard library opens
        // pipes so that they are closed in every process that is started later.
        let mut child = builder.spawn()?;
        let ends = (child.stdin.take().map(OwnedFd::from), child.stdout.take().map(OwnedFd::from));
        let pid = Pid::from_child(&child);
        let opened = || -> io::Result<_> {
            let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
            let pidfd = watched(pidfd, Interest::READABLE)?;
            Ok((pidfd, wrap(ends.0, Interest::WRITABLE)?, wrap(ends.1, Interest::READABLE)?))
        };
        match opened() {
            Ok((pidfd, input, output)) => {
                Ok((Self { child, pid, pidfd, status: None, own_group, kill_on_drop }, input, output))
            }
            Err(error) => {
                // Nothing has been sent to it, and nobody will: it must not outlive this call.
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the process has ended. The process stays a zombie until its status is taken, so that no other one gets its id.
    pub(crate) async fn ended(&self) {
        // An error is no less an end: the descriptor is of no use any more.
        let _ = self.pidfd.readable().await;
    }

    pub(crate) fn has_ended(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut fds = [PollFd::new(&self.pidfd, PollFlags::IN)];
        matches!(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(1))
    }

    /// Sends SIGTERM to the process itself. Its children are its own matter.
    pub(crate) fn terminate(&self) {
        // The process may have ended.
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, Signal::TERM);
    }

    /// Sends SIGKILL to the process and its group.
    ///
    /// C-134: "Each worker has a process group of its own, or what the system has in its place, and SIGKILL goes to the whole group."
    pub(crate) fn kill(&self) {
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, Signal::KILL);
        if self.own_group && self.status.is_none() {
            let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        }
    }

    /// Kills what is left of the group, and waits until all of it is gone. The exit status is missing if the process cannot be killed.
    pub(crate) async fn end(&mut self) -> Option<ExitStatus> {
        if self.status.is_some() {
            return self.status;
        }
        self.kill();
        if tokio::time::timeout(GONE, self.ended()).await.is_err() {
            return None;
        }
        if self.own_group {
            self.group_is_gone().await;
        }
        self.status = self.child.try_wait().ok().flatten();
        self.status
    }

    /// Waits until no other process of the group lives. All were killed, but their end takes a moment.
    async fn group_is_gone(&self) {
        let until = tokio::time::Instant::now() + GONE;
        let mut pause = Duration::from_micros(200);
        while tokio::time::Instant::now() < until && self.group_lives() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Whether the group has a member that is no zombie. Its leader is a zombie, so asking the kernel about the group is not enough.
    fn group_lives(&self) -> bool {
        processes().any(|(_, group)| group == self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status.is_none() && self.kill_on_drop {
            self.kill();
            // All were killed, so this takes no longer than the kernel needs. Who waits longer waits for ever: for a process that runs as another
            // user, or that hangs in the kernel, or whose tracer lives on.
            let until = std::time::Instant::now() + GONE;
            while std::time::Instant::now() < until {
                let is_over = !matches!(self.child.try_wait(), Ok(None));
                if is_over && !(self.own_group && self.group_lives()) {
                    break;
                }
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    }
}

/// Makes an end of a pipe one that never blocks. The other end belongs to the child and stays as it is.
fn wrap(end: Option<OwnedFd>, interest: Interest) -> io::Result<Option<AsyncFd<OwnedFd>>> {
    let Some(end) = end else { return Ok(None) };
    rustix::io::ioctl_fionbio(&end, true)?;
    watched(end, interest).map(Some)
}

fn watched(descriptor: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open and stays the same for as long as it lives, and nobody replaces the one inside.
    Ok(unsafe { AsyncFd::register_with_interest(descriptor, interest) }?)
}

/// Resident memory of every process group of the machine, in bytes.
pub(crate) fn resident() -> HashMap<u32, u64> {
    let mut groups = HashMap::new();
    let page = rustix::param::page_size() as u64;
    for (pid, group) in processes() {
        let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
        let pages: u64 = text.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or(0);
        *groups.entry(group).or_default() += pages * page;
    }
    groups
}

/// The process ids of all processes that are no zombies, with the ids of their groups.
fn processes() -> impl Iterator<Item = (u32, u32)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, which may hold anything, is in parentheses; after it come state, parent and group.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        let group = fields.nth(1)?.parse().ok()?;
        (!matches!(state, "Z" | "X")).then_some((pid, group))
    })
}

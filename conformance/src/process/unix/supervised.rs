//! A process that `pwp` has started: its pipes, its end, and what outlives it.

use std::collections::BTreeSet;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use procfs::process::FDTarget;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::history::ExitStatus;

use super::children::{self, Origin};
use super::confinement::Confinement;
use super::ending::{LOOK, give_up};
use super::interrupt::wake;
use super::leftovers::{end_with_orphans, survivors};
use super::mark;
use super::refusal::patiently;
use super::setup::{die_with, reset_signals};
use super::table::{self, Entry, ProcessId};

/// Bytes of one read.
const READ: usize = 64 * 1024;
/// How long a process that was killed may take to end.
const KILLED: Duration = Duration::from_secs(2);

/// How a process is started, beside what its [`Command`] says. The kernel kills it in any case if `pwp` dies.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Setup<'a> {
    /// The process leads a session of its own: it has no terminal that it could read or set, and a signal from the terminal reaches `pwp`
    /// alone.
    pub(crate) own_session: bool,
    /// No signal is blocked, and none of the ordinary ones is ignored, whatever was handed down to `pwp`.
    pub(crate) default_signals: bool,
    /// The pipes are polled ([`Process::ready`]), so neither a read nor a write of ours may wait.
    pub(crate) polled: bool,
    /// A mark in the environment tells what this process leaves behind from what others do ([`Process::survivors`]), also when the run is over.
    pub(crate) marked: bool,
    /// All that this process has started is ended when it is [killed](Process::kill), not only its group.
    pub(crate) ends_all: bool,
    /// The only folder below which the process can write.
    pub(crate) confined_to: Option<&'a Path>,
}

impl Setup<'_> {
    /// How a worker that is judged is started: apart from `pwp` and from the terminal, with all that it starts.
    pub(crate) const WORKER: Self = Self {
        own_session: true,
        default_signals: true,
        polled: true,
        marked: true,
        ends_all: true,
        confined_to: None,
    };
}

/// A running process. When it is dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    pidfd: OwnedFd,
    owns_group: bool,
    ends_all: bool,
    origin: Origin,
    /// What could not be ended of it.
    unended: Vec<String>,
    pub(crate) stdin: Option<OwnedFd>,
    pub(crate) stdout: Option<OwnedFd>,
    pub(crate) stderr: Option<OwnedFd>,
    exited: Option<ExitStatus>,
}

/// What can be done without waiting.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Ready {
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
    pub(crate) exited: bool,
}

/// What one read from a pipe gave.
#[derive(Debug)]
pub(crate) enum Chunk {
    /// Nothing is there now.
    Nothing,
    /// Bytes, at least one.
    Bytes(Vec<u8>),
    /// The end, which comes once.
    End,
}

impl Process {
    /// Starts a process; the command says which streams are pipes. Fails where the system refuses it, or the confinement.
    pub(crate) fn start(mut command: Command, setup: Setup<'_>) -> io::Result<Self> {
        let mark = setup.marked.then(|| if setup.ends_all { mark::next() } else { mark::of_clients() });
        command.envs(mark.as_ref().map(|mark| (mark::NAME, mark)));
        let Setup { own_session, default_signals, .. } = setup;
        let mut confinement = setup.confined_to.map(Confinement::to).transpose()?;
        let pwp = Some(rustix::process::getpid());
        // SAFETY: between fork and exec only system calls are made, and nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                if own_session {
                    rustix::process::setsid()?;
                }
                if default_signals {
                    reset_signals()?;
                }
                die_with(pwp)?;
                confinement.take().map_or(Ok(()), Confinement::enter)
            });
        }
        let mut child = patiently(|| children::start(|| command.spawn()))?;
        let pid = Pid::from_child(&child);
        let opened = || -> io::Result<OwnedFd> {
            let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
            let pipes = (child.stdin.as_ref().map(AsFd::as_fd).into_iter())
                .chain(child.stdout.as_ref().map(AsFd::as_fd))
                .chain(child.stderr.as_ref().map(AsFd::as_fd));
            for pipe in pipes.filter(|_| setup.polled) {
                rustix::io::ioctl_fionbio(pipe, true)?;
            }
            Ok(pidfd)
        };
        let pidfd = patiently(opened).inspect_err(|_| {
            let _ = child.kill().and_then(|()| child.wait());
            children::forget(pid.as_raw_nonzero().get());
        })?;
        let id = child.id() as i32;
        Ok(Self {
            pid,
            pidfd,
            owns_group: own_session,
            ends_all: setup.ends_all,
            origin: Origin {
                process: Entry::of(id).map_or(ProcessId { pid: id, ticks: u64::MAX }, |entry| entry.process),
                mark,
            },
            unended: Vec::new(),
            stdin: child.stdin.take().map(OwnedFd::from),
            stdout: child.stdout.take().map(OwnedFd::from),
            stderr: child.stderr.take().map(OwnedFd::from),
            exited: None,
            child,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until something can be done, at most `timeout`, and no longer than the user lets the run go on.
    pub(crate) fn ready(&self, want_write: bool, timeout: Duration) -> Ready {
        let ends = [
            (self.stdin.as_ref().filter(|_| want_write), PollFlags::OUT),
            (self.stdout.as_ref(), PollFlags::IN),
            (self.stderr.as_ref(), PollFlags::IN),
            (Some(&self.pidfd).filter(|_| self.exited.is_none()), PollFlags::IN),
        ];
        let mut fds: Vec<PollFd<'_>> =
            ends.iter().filter_map(|(fd, flags)| Some(PollFd::new((*fd)?, *flags))).collect();
        fds.extend(wake().map(|wake| PollFd::from_borrowed_fd(wake, PollFlags::IN)));
        if poll(&mut fds, Some(&timespec(timeout))).is_err() {
            return Ready::default();
        }
        let mut results = fds.iter().map(|fd| !fd.revents().is_empty());
        let [stdin, stdout, stderr, exited] =
            ends.map(|(fd, _)| fd.is_some() && results.next().unwrap_or(false));
        Ready { stdin, stdout, stderr, exited }
    }

    /// Writes what the pipe takes: `WouldBlock` if it takes nothing now, `BrokenPipe` if the process closed its end.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let Some(stdin) = &self.stdin else { return Err(io::ErrorKind::BrokenPipe.into()) };
        Ok(rustix::io::write(stdin, bytes)?)
    }

    /// Bytes that were written and the process has not read.
    pub(crate) fn unread(&self) -> u64 {
        self.stdin.as_ref().and_then(|stdin| rustix::io::ioctl_fionread(stdin).ok()).unwrap_or(0)
    }

    /// Whether the process has closed its end of its stdin while this end is open.
    pub(crate) fn refuses_input(&self) -> bool {
        let Some(stdin) = &self.stdin else { return false };
        let mut ends = [PollFd::new(stdin, PollFlags::empty())];
        poll(&mut ends, Some(&timespec(Duration::ZERO))).is_ok() && ends[0].revents().contains(PollFlags::ERR)
    }

    /// Reads once from [`stdout`](Self::stdout) or [`stderr`](Self::stderr), and closes the pipe at its end.
    pub(crate) fn read(pipe: &mut Option<OwnedFd>) -> Chunk {
        let mut buffer = [MaybeUninit::uninit(); READ];
        match pipe.as_ref().map(|pipe| rustix::io::read(pipe, &mut buffer)) {
            None | Some(Err(Errno::AGAIN | Errno::INTR)) => Chunk::Nothing,
            Some(Ok((bytes, _))) if !bytes.is_empty() => Chunk::Bytes(bytes.to_vec()),
            Some(_) => {
                *pipe = None;
                Chunk::End
            }
        }
    }

    /// How the process ended, if it has. It stays a zombie until then, so its ID is not given to another.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        if self.exited.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.exited = Some(status.into());
        }
        self.exited
    }

    /// Waits for the end of the process, at most `limit`, and no longer than the user lets the run go on.
    pub(crate) fn wait_for_end(&mut self, limit: Duration) -> Option<ExitStatus> {
        let mut ends = vec![PollFd::new(&self.pidfd, PollFlags::IN)];
        ends.extend(wake().map(|wake| PollFd::from_borrowed_fd(wake, PollFlags::IN)));
        let _ = poll(&mut ends, Some(&timespec(limit)));
        self.exit_status()
    }

    /// Waits for the end of the process, however long that takes. Fails where the system can't tell it.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?.into();
        self.exited = Some(status);
        Ok(status)
    }

    /// Sends a signal to the process alone, as clients do.
    pub(crate) fn signal(&self, signal: impl Into<Signal>) {
        let _ = pidfd_send_signal(&self.pidfd, signal.into());
    }

    /// What another thread needs to send signals to the process. Fails where there are too many open files.
    pub(crate) fn signal_sender(&self) -> io::Result<SignalSender> {
        self.pidfd.try_clone().map(SignalSender)
    }

    /// Files below `folder` that the process holds open, relative to it.
    pub(crate) fn open_files(&self, folder: &Path) -> BTreeSet<String> {
        let open = table::open(self.child.id() as i32)
            .and_then(|process| process.fd().ok())
            .into_iter()
            .flatten()
            .flatten();
        let inside = |target: FDTarget| match target {
            FDTarget::Path(path) => Some(path.strip_prefix(folder).ok()?.to_string_lossy().into_owned()),
            _ => None,
        };
        open.filter_map(|file| inside(file.target)).collect()
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> Option<u64> {
        Some(table::open(self.child.id() as i32)?.statm().ok()?.resident * rustix::param::page_size() as u64)
    }

    /// What outlives the process: gives it the time `grace` to end by itself, ends the rest, returns its names. What can't be ended is among them
    /// with the reason.
    ///
    /// Fails where the system does not say what is there.
    pub(crate) fn survivors(&self, grace: Duration) -> io::Result<Vec<String>> {
        let mut names = self.unended.clone();
        names.extend(patiently(|| survivors(&self.origin, grace))?);
        Ok(names)
    }

    /// Ends the process, its group if it leads one, and as its [`Setup`] says all that it has started. Has an end, also where one of them has none.
    pub(crate) fn kill(&mut self) {
        if self.exit_status().is_none() && self.owns_group {
            // At once, and none that is being started escapes: the kernel looks for that when it starts one.
            let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        }
        self.signal(Signal::KILL);
        if self.ends_all {
            let _ = end_with_orphans(&self.origin);
        }
        let until = Instant::now() + KILLED;
        while self.exit_status().is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || children::is_given_up(self.origin.process) {
                return self.give_up();
            }
            let mut end = [PollFd::new(&self.pidfd, PollFlags::IN)];
            let _ = poll(&mut end, Some(&timespec(left)));
            if self.exit_status().is_none() {
                // A process that another one traces has ended for that one first.
                std::thread::sleep(LOOK);
            }
        }
    }

    fn give_up(&mut self) {
        match Entry::of(self.origin.process.pid).filter(Entry::lives) {
            Some(entry) => self.unended.push(give_up(entry.process, &entry.name, false).to_string()),
            // It has ended, and who traces it does not let go.
            None => self.exited = Some(ExitStatus::Signal(Signal::KILL.as_raw())),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.exit_status().is_none() && self.unended.is_empty() {
            self.kill();
        }
        children::forget(self.origin.process.pid);
    }
}

/// Sends signals to a process that another thread waits for.
#[derive(Debug)]
pub(crate) struct SignalSender(OwnedFd);

impl SignalSender {
    /// Sends a signal, if the process has not ended and the system knows the number.
    pub(crate) fn send(&self, number: i32) {
        if let Some(signal) = Signal::from_named_raw(number) {
            let _ = pidfd_send_signal(&self.0, signal);
        }
    }
}

impl From<crate::history::Signal> for Signal {
    fn from(signal: crate::history::Signal) -> Self {
        match signal {
            crate::history::Signal::Term => Self::TERM,
            crate::history::Signal::Int => Self::INT,
            crate::history::Signal::Hup => Self::HUP,
            crate::history::Signal::Quit => Self::QUIT,
            crate::history::Signal::Kill => Self::KILL,
        }
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() }
}

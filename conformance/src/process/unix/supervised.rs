//! A process that `pwp` has started: its pipes, its end, and what outlives it.

use std::collections::BTreeSet;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use procfs::process::FDTarget;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::history::ExitStatus;

use super::leftovers::{kill_trees, orphans, remaining, started};
use super::setup::{Confinement, reset_signals};
use super::table::{self, ProcessId};

/// The variable by which a process is known as a descendant of one subject.
const MARK: &str = "PWP_SUBJECT";
/// Bytes of one read.
const READ: usize = 64 * 1024;

/// How a process is started, beside what its [`Command`] says. The kernel kills it in any case if `pwp` dies.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Setup<'a> {
    /// The process leads a group of its own, so that a signal from the terminal reaches `pwp` alone.
    pub(crate) own_group: bool,
    /// No signal is blocked, and none of the ordinary ones is ignored, whatever was handed down to `pwp`.
    pub(crate) default_signals: bool,
    /// The pipes are polled ([`Process::ready`]), so neither a read nor a write of ours may wait.
    pub(crate) polled: bool,
    /// A mark in the environment tells what this process leaves behind from what others do ([`Process::survivors`]).
    pub(crate) marked: bool,
    /// The only folder below which the process can write.
    pub(crate) confined_to: Option<&'a Path>,
}

/// Why a subject could not be started.
#[derive(Debug, thiserror::Error)]
#[error("can't start {program}: {source}; {}", remedy(.source))]
pub struct SpawnError {
    /// The program that was to be started.
    pub program: String,
    /// The error of the system.
    pub source: io::Error,
}

impl SpawnError {
    /// Whether no program at all can be given these arguments in this environment, so that nothing is known of this one.
    pub fn is_of_arguments(&self) -> bool {
        matches!(refusal(&self.source), Some(Refusal::TooLong | Refusal::Nul))
    }
}

/// What of a command line the system takes for no program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    TooLong,
    Nul,
}

fn refusal(error: &io::Error) -> Option<Refusal> {
    match error.kind() {
        io::ErrorKind::ArgumentListTooLong => Some(Refusal::TooLong),
        // The standard library itself finds it, so the error has no number.
        io::ErrorKind::InvalidInput if error.raw_os_error().is_none() => Some(Refusal::Nul),
        _ => None,
    }
}

fn remedy(error: &io::Error) -> &'static str {
    match refusal(error) {
        Some(Refusal::TooLong) => {
            "the system hands a program at most 128 KiB in one argument or variable, and in all a quarter of the stack's limit: shorten its arguments, for example with an argfile, or the environment"
        }
        Some(Refusal::Nul) => "no program can be given a NUL character: take it out of its arguments or its environment",
        None => {
            "run it by itself from another folder, and check the interpreter that its first line names"
        }
    }
}

/// A running process. When it is dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    pidfd: OwnedFd,
    owns_group: bool,
    mark: Option<String>,
    /// When the process was started, in ticks since the system was.
    ticks: u64,
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
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let next = || format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mark = setup.marked.then(next);
        command.envs(mark.as_ref().map(|mark| (MARK, mark)));
        if setup.own_group {
            command.process_group(0);
        }
        let default_signals = setup.default_signals;
        let mut confinement = setup.confined_to.map(Confinement::to).transpose()?;
        // SAFETY: between fork and exec only system calls are made, and nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                if default_signals {
                    reset_signals()?;
                }
                rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
                confinement.take().map_or(Ok(()), Confinement::enter)
            });
        }
        let mut child = {
            let mut started = started();
            let child = command.spawn()?;
            started.insert(child.id() as i32);
            child
        };
        let pid = Pid::from_child(&child);
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).inspect_err(|_| {
            let _ = child.kill().and_then(|()| child.wait());
            started().remove(&pid.as_raw_nonzero().get());
        })?;
        let process = Self {
            pid,
            pidfd,
            owns_group: setup.own_group,
            mark,
            ticks: ProcessId::of_living(child.id() as i32).map_or(u64::MAX, |process| process.ticks),
            stdin: child.stdin.take().map(OwnedFd::from),
            stdout: child.stdout.take().map(OwnedFd::from),
            stderr: child.stderr.take().map(OwnedFd::from),
            exited: None,
            child,
        };
        if setup.polled {
            for pipe in [&process.stdin, &process.stdout, &process.stderr].into_iter().flatten() {
                rustix::io::ioctl_fionbio(pipe, true)?;
            }
        }
        Ok(process)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until something can be done, at most `timeout`.
    pub(crate) fn ready(&self, want_write: bool, timeout: Duration) -> Ready {
        let ends = [
            (self.stdin.as_ref().filter(|_| want_write), PollFlags::OUT),
            (self.stdout.as_ref(), PollFlags::IN),
            (self.stderr.as_ref(), PollFlags::IN),
            (Some(&self.pidfd).filter(|_| self.exited.is_none()), PollFlags::IN),
        ];
        let mut fds: Vec<PollFd<'_>> =
            ends.iter().filter_map(|(fd, flags)| Some(PollFd::new((*fd)?, *flags))).collect();
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

    /// Waits for the end of the process, at most `limit`.
    pub(crate) fn wait_for_end(&mut self, limit: Duration) -> Option<ExitStatus> {
        let mut end = [PollFd::new(&self.pidfd, PollFlags::IN)];
        let _ = poll(&mut end, Some(&timespec(limit)));
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

    /// What outlives the process: gives it the time `grace` to end by itself, kills the rest, returns its names.
    pub(crate) fn survivors(&self, grace: Duration) -> Vec<String> {
        kill_trees(remaining(grace, || self.orphans()))
    }

    /// Ends the process, its group if it leads one, and what is marked as its own.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        if self.owns_group {
            let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        }
        if self.exit_status().is_none() && self.wait().is_err() {
            self.exited = Some(ExitStatus::Signal(Signal::KILL.as_raw()));
        }
        kill_trees(self.orphans());
    }

    /// The orphans that this process has left behind, if it was marked.
    fn orphans(&self) -> Vec<i32> {
        let Some(own) = &self.mark else { return Vec::new() };
        let (mut found, alone) = orphans();
        // If one cleared its environment: where several subjects run, any of them may have started it.
        let is_later = |pid| ProcessId::of_living(pid).is_some_and(|process| process.ticks >= self.ticks);
        found.retain(|pid| {
            let group = Pid::from_raw(*pid).and_then(|pid| rustix::process::getpgid(Some(pid)).ok());
            group == Some(self.pid)
                || table::variable(*pid, MARK).map_or_else(|| alone && is_later(*pid), |mark| mark == *own)
        });
        found
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.exit_status().is_none() {
            self.kill();
        }
        started().remove(&self.pid.as_raw_nonzero().get());
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

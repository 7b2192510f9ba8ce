//! The subject's process on Unix: its own group, its pipes, and everything it leaves behind.
//!
//! `pwp` makes itself a subreaper, so whatever a subject leaves behind becomes a child of `pwp` and
//! can be found. The kernel kills the subject if `pwp` dies.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, WaitOptions};

use crate::history::{ExitStatus, Signal};

use super::signals::reset_signals;
use super::walls::Walls;

/// The variable by which a process is known as a descendant of one subject.
const MARK: &str = "PWP_SUBJECT";
/// Bytes of one read.
const READ: usize = 64 * 1024;
/// How long killed processes may take to be gone.
const GONE: Duration = Duration::from_millis(400);

/// The subjects that run now. Other children of this process are what a subject left behind.
static LEADERS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
/// Children that were there before any subject: a shell that starts `pwp` with `exec` hands down its own.
static INHERITED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Why a subject could not be started.
#[derive(Debug, thiserror::Error)]
#[error(
    "can't start {program}: {source}; run it by itself from another folder, and check the interpreter that its first line names"
)]
pub struct SpawnError {
    /// The program.
    pub program: String,
    /// What the system says.
    pub source: io::Error,
}

/// Whether a subject can be confined to its working directory.
pub(super) fn can_confine() -> bool {
    Walls::available()
}

/// Makes this process the one that inherits orphans. Without it, what a subject leaves behind is missed.
pub fn become_subreaper() {
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    lock(&INHERITED).extend(children(rustix::process::getpid()));
}

/// A running subject.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    pid: Pid,
    pidfd: OwnedFd,
    mark: String,
    /// When it was started, in ticks since the system was.
    began: u64,
    pub(super) stdin: Option<OwnedFd>,
    pub(super) stdout: Option<OwnedFd>,
    pub(super) stderr: Option<OwnedFd>,
    exited: Option<ExitStatus>,
}

/// What can be done without waiting.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Ready {
    pub(super) stdout: bool,
    pub(super) stderr: bool,
    pub(super) exited: bool,
}

impl Process {
    /// Starts `argv` in `folder`, with `environment` added to what `pwp` has. `confined`: it can write only there.
    pub(super) fn start(
        argv: &[String],
        folder: &Path,
        environment: &[(&str, String)],
        confined: bool,
    ) -> Result<Self, SpawnError> {
        let failed = |source| SpawnError { program: argv.first().cloned().unwrap_or_default(), source };
        let (program, arguments) =
            argv.split_first().ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let mark = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env(MARK, &mark)
            .env("TMPDIR", folder.join("tmp"))
            .env("PWD", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        reset_signals(&mut command);
        let mut walls = confined.then(|| Walls::around(folder)).transpose().map_err(failed)?;
        // SAFETY: between fork and exec only system calls are made, and nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
                walls.take().map_or(Ok(()), Walls::close)
            });
        }
        // The lock is held so that a child that is not yet listed is not taken for an orphan.
        let mut leaders = lock(&LEADERS);
        let mut child = command.spawn().map_err(failed)?;
        leaders.insert(child.id() as i32);
        drop(leaders);
        let pid = Pid::from_child(&child);
        let pidfd =
            rustix::process::pidfd_open(pid, PidfdFlags::empty()).map_err(|error| failed(error.into()))?;
        let stdin = child.stdin.take().map(OwnedFd::from);
        let stdout = child.stdout.take().map(OwnedFd::from);
        let stderr = child.stderr.take().map(OwnedFd::from);
        for pipe in [&stdin, &stdout, &stderr].into_iter().flatten() {
            rustix::io::ioctl_fionbio(pipe, true).map_err(|error| failed(error.into()))?;
        }
        let began = began(pid.as_raw_nonzero().get()).unwrap_or(u64::MAX);
        Ok(Self { child, pid, pidfd, mark, began, stdin, stdout, stderr, exited: None })
    }

    /// Waits until something can be done, at most `timeout`.
    pub(super) fn ready(&self, want_write: bool, timeout: Duration) -> Ready {
        let ends = [
            (self.stdin.as_ref().filter(|_| want_write), PollFlags::OUT),
            (self.stdout.as_ref(), PollFlags::IN),
            (self.stderr.as_ref(), PollFlags::IN),
            (Some(&self.pidfd).filter(|_| self.exited.is_none()), PollFlags::IN),
        ];
        let mut fds: Vec<PollFd<'_>> =
            ends.iter().filter_map(|(fd, flags)| Some(PollFd::new((*fd)?, *flags))).collect();
        let time = Timespec { tv_sec: timeout.as_secs() as i64, tv_nsec: timeout.subsec_nanos().into() };
        if poll(&mut fds, Some(&time)).is_err() {
            return Ready::default();
        }
        let mut results = fds.iter().map(|fd| !fd.revents().is_empty());
        let [_, stdout, stderr, exited] = ends.map(|(fd, _)| fd.is_some() && results.next().unwrap_or(false));
        Ready { stdout, stderr, exited }
    }

    /// Writes what the pipe takes.
    ///
    /// # Errors
    /// `WouldBlock` if it takes nothing now, `BrokenPipe` if the subject closed its end.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let Some(stdin) = &self.stdin else { return Err(io::ErrorKind::BrokenPipe.into()) };
        Ok(rustix::io::write(stdin, bytes)?)
    }

    /// Bytes that were written and the subject has not read.
    pub(super) fn unread(&self) -> u64 {
        self.stdin.as_ref().and_then(|stdin| rustix::io::ioctl_fionread(stdin).ok()).unwrap_or(0)
    }

    /// Whether the subject has closed its end of its stdin while this end is open.
    pub(super) fn refuses_input(&self) -> bool {
        let Some(stdin) = &self.stdin else { return false };
        let mut ends = [PollFd::new(stdin, PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut ends, Some(&now)).is_ok() && ends[0].revents().contains(PollFlags::ERR)
    }

    /// Reads what is there; an empty result is the end.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there.
    pub(super) fn read(pipe: &OwnedFd, buffer: &mut Vec<u8>) -> io::Result<()> {
        buffer.resize(READ, 0);
        match rustix::io::read(pipe, buffer.as_mut_slice()) {
            Ok(count) => {
                buffer.truncate(count);
                Ok(())
            }
            Err(error) => {
                buffer.clear();
                Err(error.into())
            }
        }
    }

    /// How it ended, if it has. It stays a zombie until then, so its ID is not given to another.
    pub(super) fn exit_status(&mut self) -> Option<ExitStatus> {
        if self.exited.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.exited = Some(status.into());
        }
        self.exited
    }

    /// Sends a signal to the process alone, as clients do.
    pub(super) fn signal(&self, signal: Signal) {
        let signal = match signal {
            Signal::Term => rustix::process::Signal::TERM,
            Signal::Int => rustix::process::Signal::INT,
            Signal::Hup => rustix::process::Signal::HUP,
            Signal::Quit => rustix::process::Signal::QUIT,
            Signal::Kill => rustix::process::Signal::KILL,
        };
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, signal);
    }

    /// Files below `folder` that it holds open, relative to it.
    pub(super) fn open_files(&self, folder: &Path) -> BTreeSet<String> {
        let Ok(entries) = std::fs::read_dir(format!("/proc/{}/fd", self.pid.as_raw_nonzero())) else {
            return BTreeSet::new();
        };
        let targets = entries.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
        let inside = targets.filter_map(|path| path.strip_prefix(folder).map(Path::to_owned).ok());
        inside.map(|path| path.to_string_lossy().into_owned()).collect()
    }

    /// Resident memory in bytes.
    pub(super) fn memory(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", self.pid.as_raw_nonzero())).ok()?;
        let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
        Some(pages * rustix::param::page_size() as u64)
    }

    /// What outlives the process: gives it the time `grace` to end by itself, kills the rest, returns its names.
    pub(super) fn survivors(&self, grace: Duration) -> Vec<String> {
        let until = Instant::now() + grace;
        let mut found = self.descendants();
        while !found.is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
            found = self.descendants();
        }
        let names = found.values().cloned().collect();
        kill_all(&found);
        names
    }

    /// Ends the process and all that belongs to it.
    pub(super) fn kill(&mut self) {
        self.signal(Signal::Kill);
        let _ = rustix::process::kill_process_group(self.pid, rustix::process::Signal::KILL);
        if self.exit_status().is_none() {
            let _ = self.child.wait();
            self.exited = Some(ExitStatus::Signal(9));
        }
        kill_all(&self.descendants());
    }

    /// Living processes that this subject started, when it has ended itself.
    fn descendants(&self) -> BTreeMap<i32, String> {
        let (orphans, alone) = orphans();
        let mut found = BTreeMap::new();
        for orphan in orphans {
            if self.owns(orphan, alone) {
                collect(orphan, &mut found);
            }
        }
        found
    }

    /// `alone`: no other subject runs.
    fn owns(&self, pid: i32, alone: bool) -> bool {
        let group = Pid::from_raw(pid).and_then(|pid| rustix::process::getpgid(Some(pid)).ok());
        if group == Some(self.pid) {
            return true;
        }
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mark = environment
            .split(|byte| *byte == 0)
            .find_map(|entry| entry.strip_prefix(MARK.as_bytes())?.strip_prefix(b"="));
        match mark {
            Some(mark) => mark == self.mark.as_bytes(),
            // It cleared its environment. Where several subjects run it could be any one's.
            None => alone && began(pid).is_some_and(|began| began >= self.began),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.exit_status().is_none() {
            self.kill();
        }
        lock(&LEADERS).remove(&self.pid.as_raw_nonzero().get());
    }
}

/// Kills what subjects left behind that could not be told apart by subject, whatever they made of their
/// environment: all children of this process that are no subject and were not there when it became the
/// [subreaper](become_subreaper). For a program whose only purpose is to run subjects, at its end.
pub fn kill_strays() -> Vec<String> {
    let mut found = BTreeMap::new();
    for stray in orphans().0 {
        collect(stray, &mut found);
    }
    kill_all(&found);
    found.into_values().collect()
}

/// Children of this process that it did not start, and whether at most one subject runs.
fn orphans() -> (Vec<i32>, bool) {
    // The lock is held so that a subject that is being started is not taken for one.
    let leaders = lock(&LEADERS);
    let inherited = lock(&INHERITED);
    let mut orphans = children(rustix::process::getpid());
    orphans.retain(|pid| !leaders.contains(pid) && !inherited.contains(pid));
    (orphans, leaders.len() <= 1)
}

fn lock(set: &'static Mutex<BTreeSet<i32>>) -> std::sync::MutexGuard<'static, BTreeSet<i32>> {
    set.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// When a process was started, in ticks since the system was.
pub(crate) fn began(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Its 22nd field; the name, which may hold anything, is the second.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// `pid` and all below it that live.
fn collect(pid: i32, found: &mut BTreeMap<i32, String>) {
    if found.contains_key(&pid) {
        return;
    }
    if let Some(name) = living(pid) {
        found.insert(pid, name);
    } else {
        reap(pid);
    }
    if let Some(pid) = Pid::from_raw(pid) {
        for child in children(pid) {
            collect(child, found);
        }
    }
}

/// The name of a process that is no zombie.
pub(crate) fn living(pid: i32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    (!matches!(tail.split_whitespace().next(), Some("Z" | "X"))).then_some(name)
}

/// The children of a process, whichever of its threads they belong to.
pub(crate) fn children(pid: Pid) -> Vec<i32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())) else {
        return Vec::new();
    };
    threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>())
        .collect()
}

fn kill_all(found: &BTreeMap<i32, String>) {
    for pid in found.keys().filter_map(|pid| Pid::from_raw(*pid)) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    // Killed processes whose parent was killed too become children of this process; they are reaped here.
    let until = Instant::now() + GONE;
    let mut left: Vec<i32> = found.keys().copied().collect();
    while !left.is_empty() && Instant::now() < until {
        left.retain(|pid| {
            reap(*pid);
            living(*pid).is_some() || Path::new(&format!("/proc/{pid}")).exists()
        });
        if !left.is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn reap(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
    }
}

/// Gives the owner all rights on the folders below `path`, so that they can be removed.
pub(super) fn open_up(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700));
    let Ok(entries) = std::fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

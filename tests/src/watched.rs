//! Runs `pwp` under watch, in a folder of its own, and says what it has left behind.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use pwp::report::Report;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal};
use tempfile::TempDir;

use crate::traces;

/// How long any run of `pwp` may take. A run that takes longer hangs.
const WATCHDOG: Duration = Duration::from_secs(240);
/// How often memory and progress are looked at, in milliseconds.
const LOOK: i64 = 10;

/// A run of `pwp` that was not started yet.
#[derive(Debug)]
pub struct Pwp {
    command: Command,
    stdin: Option<Stdio>,
    folder: TempDir,
}

/// A run of `pwp`.
#[derive(Debug)]
pub struct Running {
    child: Child,
    pid: Pid,
    folder: TempDir,
    until: Instant,
    peak: u64,
    /// What holds a pipe to its standard input open.
    _stdin: Option<ChildStdin>,
}

/// A run that is over.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// Processes, files in the temporary and the working directory, and sockets that were there when it had ended.
    pub left: Vec<String>,
    /// The most memory that `pwp` itself had resident, in bytes, its subjects not counted.
    pub peak: u64,
    folder: TempDir,
}

impl Pwp {
    /// `program`: what `env!("CARGO_BIN_EXE_pwp-under-test")` gives.
    ///
    /// The run has an empty working directory and an empty `TMPDIR`, and nothing else in its environment
    /// than `PATH`.
    pub fn new(program: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("watched-").tempdir().expect("there is room");
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TMPDIR", folder.path().join("tmp"))
            .current_dir(folder.path().join("work"));
        for name in ["tmp", "work", "out"] {
            fs::create_dir(folder.path().join(name)).expect("the folder is new");
        }
        Self { command, stdin: None, folder }
    }

    /// A run in the folders of one that is over, and what that has left.
    pub fn after(program: &str, ended: Gone) -> Self {
        let mut next = Self::new(program);
        next.command.env("TMPDIR", ended.folder.path().join("tmp"));
        next.command.current_dir(ended.folder.path().join("work"));
        next.folder = ended.folder;
        next
    }

    /// Standard input is a pipe that stays open, and in which nothing comes.
    #[must_use]
    pub fn with_stdin(mut self) -> Self {
        self.stdin = Some(Stdio::piped());
        self
    }

    /// Runs it as another user, who owns the folders of the run.
    #[must_use]
    pub fn as_user(mut self, user: u32) -> Self {
        for name in ["", "tmp", "work", "out"] {
            std::os::unix::fs::chown(self.folder.path().join(name), Some(user), Some(user))
                .expect("this is root");
        }
        self.command.uid(user).gid(user);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = I>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Asks for a report, which [`Ended::report`] reads.
    #[must_use]
    pub fn with_report(mut self) -> Self {
        let path = self.out().join("report.json");
        self.command.arg("--report").arg(path);
        self
    }

    /// Gives it a standard input, which is empty otherwise.
    #[must_use]
    pub fn stdin(mut self, input: impl Into<Stdio>) -> Self {
        self.stdin = Some(input.into());
        self
    }

    /// A folder for what the run is asked to write. Nothing in it counts as left behind.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Starts `pwp`.
    pub fn start(mut self) -> Running {
        traces::adopt();
        let open = |name: &str| File::create(self.folder.path().join(name)).expect("the folder is ours");
        let stdin = self.stdin.take().unwrap_or_else(Stdio::null);
        self.command.stdin(stdin).stdout(open("stdout")).stderr(open("stderr")).process_group(0);
        // Who runs the tests may have signals ignored, as a shell does for what it starts behind `&`.
        // SAFETY: between fork and exec only system calls are made.
        unsafe {
            self.command.pre_exec(|| {
                for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
                    libc::signal(signal, libc::SIG_DFL);
                }
                Ok(())
            });
        }
        let mut runs = traces::runs();
        let mut child = self.command.spawn().expect("pwp can be started");
        let pid = Pid::from_child(&child);
        runs.insert(pid.as_raw_nonzero().get());
        drop(runs);
        let stdin = child.stdin.take();
        Running { child, pid, folder: self.folder, until: Instant::now() + WATCHDOG, peak: 0, _stdin: stdin }
    }

    /// Starts `pwp` and waits for its end.
    pub fn run(self) -> Ended {
        self.start().end()
    }
}

impl Running {
    /// Ctrl-C, to `pwp` alone.
    pub fn interrupt(&self) {
        rustix::process::kill_process(self.pid, Signal::INT).expect("it is not waited for yet");
    }

    /// A signal to the process that was started.
    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid, signal).expect("it is not waited for yet");
    }

    /// A signal to the process that was started, and to its group at the same moment: what `timeout` sends.
    pub fn signal_as_timeout(&self, signal: Signal) {
        self.signal(signal);
        rustix::process::kill_process_group(self.pid, signal).expect("it is not waited for yet");
    }

    /// Kills the process that was started and those that it has started, as `killall -9` does.
    pub fn kill_with_children(&self) {
        let children = traces::children(self.pid.as_raw_nonzero().get());
        self.signal(Signal::KILL);
        for child in children.into_iter().filter_map(Pid::from_raw) {
            let _ = rustix::process::kill_process(child, Signal::KILL);
        }
    }

    /// Whether `pwp` has ended.
    pub fn has_ended(&mut self) -> bool {
        self.look()
    }

    /// The process that was started.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// The folder of the run.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until something of this run lives that `pwp` has started.
    pub fn until_a_subject_runs(&mut self) {
        let mark = format!("PWP_SUBJECT={}-", self.pid.as_raw_nonzero()).into_bytes();
        let there = || {
            let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
            let marks = entries.filter_map(|entry| fs::read(entry.path().join("environ")).ok());
            marks.into_iter().any(|text| text.windows(mark.len()).any(|window| window == mark))
        };
        while !there() {
            assert!(!self.look(), "pwp has ended and started no subject");
        }
    }

    /// Waits until a file is there whose path below `TMPDIR` ends so.
    pub fn until_there(&mut self, end: &str) {
        let root = self.folder.path().join("tmp");
        while !traces::is_there(&root, Path::new(end)) {
            assert!(!self.look(), "pwp has ended, and {end} was never there");
        }
    }

    /// Waits until something has happened that can be seen from here.
    pub fn until(&mut self, has_happened: impl Fn() -> bool) {
        while !has_happened() {
            assert!(!self.look(), "pwp has ended, and it never happened");
        }
    }

    /// Kills `pwp` alone, and waits until nothing lives that it has started. Gives what lives when the watchdog's time is over.
    pub fn kill(mut self) -> Vec<String> {
        let pid = self.pid.as_raw_nonzero().get();
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
        traces::runs().remove(&pid);
        loop {
            let left = traces::processes(pid, self.folder.path());
            if left.is_empty() || Instant::now() >= self.until {
                traces::kill(&left);
                return left;
            }
            let wait = Timespec { tv_sec: 0, tv_nsec: LOOK * 1_000_000 };
            let _ = poll(&mut [], Some(&wait));
        }
    }

    /// Waits for the end of `pwp`, however it comes, and then until nothing lives that it has started, at most `limit`.
    pub fn gone(mut self, limit: Duration) -> Gone {
        while !self.look() {}
        let status = self.child.wait().expect("it is our child");
        let pid = self.pid.as_raw_nonzero().get();
        traces::runs().remove(&pid);
        let until = Instant::now() + limit;
        let mut processes = traces::processes(pid, self.folder.path());
        while !processes.is_empty() && Instant::now() < until {
            let wait = Timespec { tv_sec: 0, tv_nsec: LOOK * 1_000_000 };
            let _ = poll(&mut [], Some(&wait));
            processes = traces::processes(pid, self.folder.path());
        }
        let files =
            [traces::files(&self.folder.path().join("tmp")), traces::files(&self.folder.path().join("work"))];
        Gone {
            code: status.code(),
            signal: status.signal(),
            processes,
            files: files.concat(),
            folder: self.folder,
        }
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// Where the watchdog's time is over.
    pub fn end(mut self) -> Ended {
        while !self.look() {}
        let status = self.child.wait().expect("it is our child");
        let pid = self.pid.as_raw_nonzero().get();
        traces::runs().remove(&pid);
        let folder = self.folder.path();
        let mut left = traces::processes(pid, folder);
        traces::kill(&left);
        left.extend(traces::files(&folder.join("tmp")));
        left.extend(traces::files(&folder.join("work")));
        left.extend(traces::sockets(folder));
        let read = |name: &str| {
            String::from_utf8_lossy(&fs::read(folder.join(name)).unwrap_or_default()).into_owned()
        };
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout: read("stdout"),
            stderr: read("stderr"),
            left,
            peak: self.peak,
            folder: self.folder,
        }
    }

    /// Looks at memory and time; true when `pwp` has ended.
    fn look(&mut self) -> bool {
        let pid = self.pid.as_raw_nonzero().get();
        // A guardian has one child, which does the work.
        let own = traces::children(pid).into_iter().chain([pid]);
        self.peak = self.peak.max(own.filter_map(traces::peak_memory).sum());
        let pidfd =
            rustix::process::pidfd_open(self.pid, PidfdFlags::empty()).expect("it is not waited for yet");
        let wait = Timespec { tv_sec: 0, tv_nsec: LOOK * 1_000_000 };
        let ended = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&wait)).is_ok_and(|count| count > 0);
        if !ended && Instant::now() >= self.until {
            let _ = self.child.kill();
            let _ = self.child.wait();
            traces::runs().remove(&pid);
            let left = traces::processes(pid, self.folder.path());
            traces::kill(&left);
            let written = fs::read_to_string(self.folder.path().join("stdout")).unwrap_or_default();
            panic!(
                "pwp was still running after {WATCHDOG:?}; beside it: {left:#?}; it had written: {written}"
            );
        }
        ended
    }
}

/// A run that is over, and of which nobody has cleared away what it left.
#[derive(Debug)]
pub struct Gone {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Processes that live.
    pub processes: Vec<String>,
    /// Files in the temporary and the working directory.
    pub files: Vec<String>,
    folder: TempDir,
}

impl Gone {
    /// The folder for what the run was asked to write.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// What it wrote to standard error.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("stderr")).unwrap_or_default()).into_owned()
    }

    /// Ends what lives.
    pub fn end_processes(&self) {
        traces::kill(&self.processes);
    }
}

impl Ended {
    /// The report.
    ///
    /// # Panics
    /// Where there is none, with what was written instead.
    pub fn report(&self) -> Report {
        let text = fs::read_to_string(self.out().join("report.json"));
        let text = text.unwrap_or_else(|error| panic!("no report ({error}); stderr: {}", self.stderr));
        serde_json::from_str(&text).expect("the report is one")
    }

    /// The folder for what the run was asked to write.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// The folder of the run, to be replaced in what is compared.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

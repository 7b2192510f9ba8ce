//! A wrapped shell as the tests see it: a dialogue over pipes, and named pipes to meet its children.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use pwp_proto::{FrameReader, Framing, WorkRequest, WorkResponse, decode, encode};
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

/// `pwp worker wrap`, in a folder of its own.
pub(super) struct Wrapped {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    frames: FrameReader,
    dialect: Framing,
    folder: TempDir,
}

/// A command line of `pwp`. It can catch signals even where the tests are started with them ignored.
pub(super) fn pwp(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal", env!("CARGO_BIN_EXE_pwp-under-test")]);
    command.args(arguments).current_dir(folder);
    command
}

impl Wrapped {
    /// `sh` behind `wrap` with these options.
    pub(super) fn shell(options: &[&str]) -> Self {
        Self::start(options, &["sh", "-c"], Framing::Proto)
    }

    /// `tool` behind `wrap` with these options.
    pub(super) fn start(options: &[&str], tool: &[&str], dialect: Framing) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let words = [&["worker", "wrap"], options, &["--"], tool, &["--persistent_worker"]].concat();
        let mut command = pwp(&words, folder.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        Self { child, stdin, stdout, frames: FrameReader::new(dialect, usize::MAX), dialect, folder }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn send(&mut self, request: &WorkRequest) {
        let bytes = encode(self.dialect, request);
        self.stdin.as_mut().unwrap().write_all(&bytes).unwrap();
    }

    /// Sends a script for the shell to run.
    pub(super) fn run(&mut self, request_id: i32, script: &str) {
        let arguments = vec![script.to_owned()];
        self.send(&WorkRequest { arguments, request_id, ..WorkRequest::default() });
    }

    pub(super) fn cancel(&mut self, request_id: i32) {
        self.send(&WorkRequest { request_id, cancel: true, ..WorkRequest::default() });
    }

    pub(super) fn recv(&mut self) -> WorkResponse {
        loop {
            if let Some(frame) = self.frames.next_frame().unwrap() {
                return decode::<WorkResponse>(self.dialect, &frame.body).unwrap().message;
            }
            let mut chunk = [0; 65536];
            let got = self.stdout.read(&mut chunk).unwrap();
            assert!(got > 0, "the worker has closed its standard output without a response");
            self.frames.push(&chunk[..got]);
        }
    }

    /// Makes a named pipe in the worker's directory.
    pub(super) fn fifo(&self, name: &str) {
        let made = Command::new("mkfifo").arg(self.path(name)).status().unwrap();
        assert!(made.success(), "mkfifo is part of coreutils");
    }

    /// Waits until somebody has written to a named pipe and all writers have closed it.
    pub(super) fn hear(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The process whose id is written to a named pipe.
    pub(super) fn meet(&self, name: &str) -> Process {
        Process(Pid::from_raw(self.hear(name).trim().parse().unwrap()).unwrap())
    }

    /// Waits until somebody reads from a named pipe, and writes to it.
    pub(super) fn tell(&self, name: &str) {
        fs::write(self.path(name), "go\n").unwrap();
    }

    /// Waits until somebody opens a named pipe for writing, and gives the end to read from.
    pub(super) fn open(&self, name: &str) -> File {
        File::open(self.path(name)).unwrap()
    }

    pub(super) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(super) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Waits for the worker's end. The exit code or the signal, and what it wrote that was not received.
    pub(super) fn end(&mut self) -> (Result<i32, i32>, Vec<u8>) {
        let mut rest = self.frames.pending().to_vec();
        self.stdout.read_to_end(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        (status.code().ok_or_else(|| status.signal().unwrap()), rest)
    }
}

impl Drop for Wrapped {
    fn drop(&mut self) {
        self.close_stdin();
        // After a failed assertion: nobody wants it any more, and its keeper ends what it has started.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that a tool has started.
pub(super) struct Process(Pid);

impl Process {
    /// Whether it is there, be it as a zombie.
    pub(super) fn exists(&self) -> bool {
        rustix::process::test_kill_process(self.0).is_ok()
    }
}

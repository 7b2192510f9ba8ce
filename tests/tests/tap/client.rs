//! A client with a tap between itself and its worker: a dialogue over pipes.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use pwp_proto::{FrameReader, Framing, WorkRequest, WorkResponse, decode, encode};
use pwp_tests::traces;
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

/// `pwp`, as it was built for the tests.
pub(super) const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// A worker behind `pwp tap`.
pub(super) struct Tapped {
    child: Child,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    stderr: BufReader<ChildStderr>,
    frames: FrameReader,
    dialect: Framing,
}

/// How a tap ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// The exit code or the signal.
    pub(super) status: Result<i32, i32>,
    /// What came on stdout that was not received.
    pub(super) stdout: Vec<u8>,
    /// What was not heard of stderr.
    pub(super) stderr: String,
}

/// A folder for a worker.
pub(super) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

impl Tapped {
    /// Starts `worker` behind a tap with these options; `--persistent_worker` is added, as clients do.
    pub(super) fn start(folder: &Path, options: &[&str], worker: &[&str]) -> Self {
        // Who runs the tests may have signals ignored, as a shell does for what it starts behind `&`; a shell as the worker
        // could not catch them then.
        let words =
            [&["--default-signal", PWP, "tap"], options, &["--"], worker, &["--persistent_worker"]].concat();
        let mut command = Command::new("env");
        command.args(words).current_dir(folder);
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        Self {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            stderr: BufReader::new(child.stderr.take().unwrap()),
            child,
            frames: FrameReader::new(Framing::Proto, usize::MAX),
            dialect: Framing::Proto,
        }
    }

    /// The reference worker with a fault, or without one.
    pub(super) fn reference(folder: &Path, options: &[&str], arguments: &[&str], dialect: Framing) -> Self {
        let protocol = format!("--protocol={dialect}");
        let worker = [&[PWP, "worker", &protocol], arguments].concat();
        let mut tapped = Self::start(folder, options, &worker);
        (tapped.frames, tapped.dialect) = (FrameReader::new(dialect, usize::MAX), dialect);
        tapped
    }

    /// A shell as the worker; `--persistent_worker` is its `$1`.
    pub(super) fn shell(folder: &Path, script: &str) -> Self {
        Self::start(folder, &[], &["sh", "-c", script, "sh"])
    }

    pub(super) fn send(&mut self, request: &WorkRequest) {
        let bytes = encode(self.dialect, request);
        self.write(&bytes);
    }

    /// Sends them with one write: none of them can be answered before the last one is there.
    pub(super) fn send_at_once(&mut self, requests: &[WorkRequest]) {
        let bytes = requests.iter().flat_map(|request| encode(self.dialect, request)).collect::<Vec<_>>();
        self.write(&bytes);
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(super) fn recv(&mut self) -> WorkResponse {
        loop {
            if let Some(frame) = self.frames.next_frame().unwrap() {
                return decode::<WorkResponse>(self.dialect, &frame.body).unwrap().message;
            }
            let mut chunk = [0; 65536];
            let got = self.stdout.as_mut().unwrap().read(&mut chunk).unwrap();
            assert!(got > 0, "stdout has ended without a response");
            self.frames.push(&chunk[..got]);
        }
    }

    /// One line of stdout, of a worker that writes lines.
    pub(super) fn line(&mut self) -> String {
        let mut line = Vec::new();
        let mut byte = [0];
        while self.stdout.as_mut().unwrap().read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            line.extend(byte);
        }
        String::from_utf8(line).unwrap()
    }

    /// Waits for a line on stderr that has these words in it.
    pub(super) fn hear(&mut self, words: &str) -> String {
        let mut line = String::new();
        while self.stderr.read_line(&mut line).unwrap() > 0 {
            if line.contains(words) {
                return line;
            }
            line.clear();
        }
        panic!("stderr has ended without {words:?}");
    }

    pub(super) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The most memory that the tap has had resident, in bytes: the process that was started, and the one that does its work.
    pub(super) fn peak_memory(&self) -> u64 {
        let pid = self.child.id() as i32;
        traces::children(pid).into_iter().chain([pid]).filter_map(traces::peak_memory).sum()
    }

    /// Sends a signal again and again until the end; takes nothing of stdout meanwhile.
    pub(super) fn end_by(mut self, signal: Signal) -> Ended {
        while self.child.try_wait().unwrap().is_none() {
            self.signal(signal);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        self.end()
    }

    /// Closes stdin and waits for the end.
    pub(super) fn end(mut self) -> Ended {
        self.stdin = None;
        let mut stdout = self.frames.pending().to_vec();
        if let Some(mut pipe) = self.stdout.take() {
            pipe.read_to_end(&mut stdout).unwrap();
        }
        let mut stderr = String::new();
        self.stderr.read_to_string(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        Ended { status: status.code().ok_or_else(|| status.signal().unwrap()), stdout, stderr }
    }
}

impl Drop for Tapped {
    fn drop(&mut self) {
        // After a failed assertion: the kernel ends the worker with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A named pipe.
pub(super) fn fifo(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success(), "mkfifo is part of coreutils");
    path
}

/// A request that copies a file.
pub(super) fn copy(id: i32, from: &str, to: &str) -> WorkRequest {
    WorkRequest {
        arguments: vec![format!("--in={from}"), format!("--out={to}")],
        inputs: vec![pwp_proto::Input { path: from.into(), digest: Vec::new() }],
        request_id: id,
        ..WorkRequest::default()
    }
}

/// Runs `pwp` and gives exit code and stdout.
pub(super) fn pwp(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(PWP).args(arguments).current_dir(folder).output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

/// A file's text.
pub(super) fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

//! A process whose output arrives as events, so that every wait has an end.

use std::io::{self, Read, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Bytes of one read.
const READ: usize = 64 * 1024;
/// Reads that may wait to be looked at: a flood waits in the pipe.
const WAITING: usize = 64;
/// How long to leave a process alone that has closed all its streams.
const LOOK: Duration = Duration::from_millis(2);

/// What a process did.
#[derive(Debug)]
pub(super) enum Output {
    /// One read from stdout.
    Stdout(Vec<u8>),
    /// One read from stderr.
    Stderr(Vec<u8>),
    /// The end of stdout.
    StdoutClosed,
    /// A write of ours came to its end; the number of bytes that were not accepted.
    Written(usize),
}

/// A running process with its pipes. When it is dropped, it is killed.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    requests: Option<SyncSender<Vec<u8>>>,
    outputs: Receiver<Output>,
}

impl Process {
    /// Starts a process with pipes for all three streams.
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        end_with_parent(&mut command);
        let mut child = command.spawn()?;
        let (sender, outputs) = sync_channel(WAITING);
        if let Some(pipe) = child.stdout.take() {
            read(pipe, sender.clone(), Output::Stdout, Some(Output::StdoutClosed))?;
        }
        if let Some(pipe) = child.stderr.take() {
            read(pipe, sender.clone(), Output::Stderr, None)?;
        }
        let requests = child.stdin.take().map(|pipe| write(pipe, sender)).transpose()?;
        Ok(Self { child, requests, outputs })
    }

    /// Sends bytes; [`Output::Written`] tells when they were accepted.
    pub(super) fn send(&self, bytes: Vec<u8>) {
        if let Some(requests) = &self.requests {
            // A thread that is gone has told that nothing more is accepted.
            let _ = requests.try_send(bytes);
        }
    }

    /// Closes stdin when all that was sent is accepted.
    pub(super) fn close_stdin(&mut self) {
        self.requests = None;
    }

    /// What comes next, until `until` at most; [`None`] if nothing does.
    pub(super) fn next(&self, until: Instant) -> Option<Output> {
        let left = until.saturating_duration_since(Instant::now());
        match self.outputs.recv_timeout(left) {
            Ok(output) => Some(output),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                // All its streams are closed, and it may live on: who asks again at once would be busy with that.
                std::thread::sleep(left.min(LOOK));
                None
            }
        }
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends SIGTERM, as clients do.
    #[cfg(unix)]
    pub(super) fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }

    /// Ends it by force.
    pub(super) fn kill(&mut self) -> Option<ExitStatus> {
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// The kernel ends the process if this one dies. Its signals are as they usually are.
#[cfg(unix)]
pub(super) fn end_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    crate::runner::reset_signals(command);
    // SAFETY: between fork and exec only a system call is made, and nothing is allocated.
    unsafe {
        command.pre_exec(|| {
            Ok(rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?)
        });
    }
}

fn read(
    mut pipe: impl Read + Send + 'static,
    outputs: SyncSender<Output>,
    output: fn(Vec<u8>) -> Output,
    end: Option<Output>,
) -> io::Result<()> {
    spawn(move || {
        let mut buffer = vec![0; READ];
        loop {
            match pipe.read(&mut buffer) {
                Ok(count) if count > 0 => {
                    if outputs.send(output(buffer[..count].to_vec())).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => break,
            }
        }
        // Who does not listen any more needs no end.
        let _ = end.map(|end| outputs.send(end));
    })
}

fn write(mut pipe: ChildStdin, outputs: SyncSender<Output>) -> io::Result<SyncSender<Vec<u8>>> {
    let (sender, requests) = sync_channel::<Vec<u8>>(1 << 16);
    spawn(move || {
        while let Ok(bytes) = requests.recv() {
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                match pipe.write(rest) {
                    Ok(count) => rest = &rest[count..],
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            if outputs.send(Output::Written(rest.len())).is_err() || !rest.is_empty() {
                return;
            }
        }
    })?;
    Ok(sender)
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().spawn(work).map(drop)
}

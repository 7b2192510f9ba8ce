//! What all threads of a probe share: its scenario, its record, and what the client has said so far.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use pwp_proto::Framing;

use super::record::Recorder;
use super::scenario::{Ending, Scenario};
use crate::files::Folder;
use crate::history::Event;
use crate::process::ProcessId;

/// What all threads of a probe share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) scenario: Scenario,
    /// The folder of the record, the marks among it.
    pub(super) folder: Folder,
    /// Outside of this folder nothing is written.
    pub(super) within: Option<Folder>,
    pub(super) record: Recorder,
    pub(super) process: u32,
    /// It was started for one action.
    pub(super) is_one_shot: bool,
    /// Where the files of the tool are, as it was started.
    pub(super) tool: PathBuf,
    /// The framing in which the client speaks. The first one holds.
    pub(super) spoken: OnceLock<Framing>,
    /// How many requests are being served.
    pub(super) open: AtomicUsize,
    /// The ids of cancel requests. One for an earlier request with the same id means nothing to a later one.
    pub(super) cancelled: Mutex<BTreeSet<i32>>,
    /// The client has closed standard input.
    pub(super) eof: AtomicBool,
    pub(super) hog: Mutex<Vec<u8>>,
}

impl Shared {
    /// The dialect of the answers: that of the client, as soon as it has said something.
    pub(super) fn dialect(&self) -> Framing {
        let declared = || self.scenario.dialect.parse().unwrap_or(Framing::Proto);
        self.spoken.get().copied().unwrap_or_else(declared)
    }

    /// A client that deletes the directory of a worker ends the worker first.
    pub(super) fn look_home(&self) {
        if std::env::current_dir().is_err() {
            self.record.tell(Event::Homeless);
        }
    }

    /// Writes to the client. What is written down comes first, so nothing can follow from it earlier.
    pub(super) fn write(&self, bytes: &[u8]) {
        self.record.tell(Event::Received(self.record.bytes(bytes)));
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        drop(stdout);
        if written.is_err() {
            self.record.tell(Event::Refused);
        }
    }

    /// Prints for the user, where it does one action.
    pub(super) fn print(&self, bytes: &[u8]) {
        self.record.tell(Event::Printed(String::from_utf8_lossy(bytes).into_owned()));
        let _ = io::stdout().lock().write_all(bytes);
    }

    /// A path in which `{tool}` stands for the folder of the tool.
    pub(super) fn tool_path(&self, path: &str) -> PathBuf {
        path.strip_prefix("{tool}/").map_or_else(|| PathBuf::from(path), |name| self.tool.join(name))
    }

    pub(super) fn close_stdout(&self) {
        if let Ok(nothing) = File::options().write(true).open("/dev/null") {
            let _ = rustix::stdio::dup2_stdout(nothing.as_fd());
        }
    }

    /// Whether a mark is set.
    pub(super) fn is_marked(&self, name: &str) -> bool {
        self.folder.has(Path::new("marks").join(name))
    }

    pub(super) fn mark(&self, name: &str) {
        self.record.tell(Event::Mark(name.into()));
        // Whoever waits for it has a limit.
        let _ = self.folder.write(Path::new("marks").join(name), b"");
    }

    /// Notes for all processes that a request was begun.
    pub(super) fn begins(&self, request: u32) {
        let _ = self.folder.write(Path::new("begun").join(format!("{}-{request}", self.process)), b"");
    }

    /// How many requests of all processes were begun.
    pub(super) fn begun_by_all(&self) -> usize {
        self.folder.names("begun").len()
    }

    pub(super) fn hog(&self, bytes: u64) {
        self.record.tell(Event::Took(bytes));
        *lock(&self.hog) = vec![1; usize::try_from(bytes).unwrap_or(usize::MAX)];
    }

    pub(super) fn child(&self) {
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", "trap '' TERM; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 60; done"]);
        if let Ok(child) = command.stdin(std::process::Stdio::null()).spawn() {
            let ticks = ProcessId::of_living(child.id() as i32).map_or(0, |process| process.ticks);
            self.record.tell(Event::Child { pid: child.id(), ticks });
        }
    }

    pub(super) fn end(&self, ending: Ending, status: i32, why: &str) {
        match ending {
            Ending::Exit => self.exit(status, why),
            Ending::Ignore => {}
            Ending::Tidy(time) => {
                std::thread::sleep(Duration::from_millis(time));
                self.mark("tidied");
                self.exit(status, why);
            }
        }
    }

    pub(super) fn exit(&self, status: i32, why: &str) {
        self.record.tell_and(Event::Exiting { status: Some(status), why: why.into() }, || {
            std::process::exit(status)
        });
    }

    pub(super) fn crash(&self) {
        let why = "the scenario says so".into();
        self.record.tell_and(Event::Exiting { status: None, why }, || ProcessId::own().kill());
    }
}

pub(super) fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

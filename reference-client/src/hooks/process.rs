//! How a process is started, watched and ended.

use std::borrow::Cow;
use std::os::fd::BorrowedFd;
use std::pin::Pin;

use tokio::time::Instant;

use crate::ended::Cause;
use crate::options::Options;
use crate::unix::{Launch, Process};

/// Something that a hook waits for.
pub(crate) type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A worker process as a fault sees it.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only faults look at a worker"))]
pub(crate) trait WorkerView: Sync {
    /// Whether the pipe has not taken all messages yet.
    fn is_writing(&self) -> bool;

    /// The last lines of the worker's log.
    fn log_tail(&self) -> String;

    /// Asks for the end of the worker. The first cause counts.
    fn close(&self, cause: Cause);
}

/// The event that ends the watching of a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Seen {
    /// The process has ended.
    Ended,
    /// Standard output has ended.
    OutputEnded,
    /// The worker has closed its standard input.
    InputRefused,
    /// The client, or a judge of what the worker wrote, has asked for the end.
    Asked,
}

/// The notice that a worker gets before it is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice {
    /// Whether its standard input is closed.
    pub(crate) closes_input: bool,
    /// Whether SIGTERM is sent, and the worker has time to end by itself.
    pub(crate) terminates: bool,
}

/// A step of cleaning a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CleaningStep {
    /// All workers are ended, and their end is waited for.
    EndWorkers,
    /// The directory is removed.
    Remove,
}

/// What a client decides about a process between its start and its end.
pub(crate) trait ProcessHooks: Send + Sync {
    /// The file name of a worker's log (C-141).
    fn log_name(&self, own: String) -> String {
        own
    }

    /// A worker is about to be started in this way (C-005, C-006, C-134, C-140).
    fn launch(&self, _launch: &mut Launch<'_>, _options: &Options) {}

    /// The client's end of a worker's standard input was made, closed in every other process (C-007).
    fn input_opened(&self, _input: BorrowedFd<'_>) {}

    /// The command line of an action in one-shot mode (C-002).
    fn one_shot_command<'a>(&self, arguments: &'a [String]) -> Cow<'a, [String]> {
        Cow::Borrowed(arguments)
    }

    /// When the waiting for a response ends, at the latest (C-080).
    fn deadline(&self, limit: Instant) -> Instant {
        limit
    }

    /// Whether the end of the process, or of its standard output, ends what is open with it (C-082, C-083).
    fn heeds(&self, _seen: Seen) -> bool {
        true
    }

    /// Something to wait for before bytes of the worker are read that are there (C-091).
    fn before_read<'a>(&self, _worker: &'a dyn WorkerView, _process: &'a Process) -> Option<Waiting<'a>> {
        None
    }

    /// Whether the client reads what a process has left in the pipe at its end (C-084).
    fn reads_after_end(&self) -> bool {
        true
    }

    /// Whether an action learns that its worker has failed only when the process has ended (C-086).
    fn waits_for_end(&self) -> bool {
        true
    }

    /// The notice that a worker gets before it is killed (C-131, C-132).
    fn notice(&self) -> Notice {
        Notice { closes_input: true, terminates: true }
    }

    /// Whether the workers are ended with the client (C-130).
    fn ends_with_client(&self) -> bool {
        true
    }

    /// The steps of cleaning a directory in which workers may run.
    ///
    /// C-138: "A client ends a worker before it deletes the directory that the worker runs in."
    fn cleaning(&self) -> [CleaningStep; 2] {
        [CleaningStep::EndWorkers, CleaningStep::Remove]
    }
}

//! Where a deliberate misbehaviour can take hold of the client.
//!
//! Each struct is one area of the client, and each of its fields is one thing that a client decides or does there: a fact, or a function.
//! The default is the correct behaviour. A fault replaces fields of one area. All of this knows data only, and nothing of what calls it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use pwp_proto::{Framing, Note, NoteKind, WorkRequest, WorkResponse, encode};
use tokio::time::Instant;

use crate::ended::{Cause, WorkerEnded, WorkerFault};
use crate::files;
use crate::key::{NoWorker, PERSISTENT_WORKER, Tools, WorkerKey};
use crate::options::Options;
use crate::spawn::{Requirements, Spawn};
use crate::unix::{Launch, Process};

/// The hooks of one client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hooks {
    /// What becomes of the settings that the user has given.
    pub(crate) settings: Option<fn(&mut Options)>,
    pub(crate) strategy: StrategyHooks,
    pub(crate) pool: PoolHooks,
    pub(crate) process: ProcessHooks,
    /// What is different in the hooks of each new worker process.
    pub(crate) exchange: Option<fn(&mut ExchangeHooks)>,
    pub(crate) action: ActionHooks,
    pub(crate) sandbox: SandboxHooks,
}

impl Hooks {
    /// The hooks of a new worker process.
    pub(crate) fn exchange(&self) -> ExchangeHooks {
        let mut hooks = ExchangeHooks::default();
        if let Some(change) = self.exchange {
            change(&mut hooks);
        }
        hooks
    }
}

/// Whether an action gets a worker, what starts it, and what its argfiles say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StrategyHooks {
    /// What the action declares (C-001, C-008, C-095, C-116): what its rule says, and no more.
    pub(crate) requirements: fn(declared: &Requirements) -> Cow<'_, Requirements>,
    /// Whether the action runs in one-shot mode for this reason (C-001, C-016, C-040).
    pub(crate) is_one_shot: fn(reason: NoWorker) -> bool,
    /// Whether an argument of the action goes into the request and not to the command line (C-030). `after_another`: an argument before it
    /// does.
    pub(crate) is_request_argument: fn(argument: &str, after_another: bool) -> bool,
    /// The file whose lines replace an argument of the request, or a line of another argfile (C-032, C-036, C-037).
    pub(crate) argfile: fn(argument: &str, in_argfile: bool) -> Option<&str>,
    /// An argument that names no argfile, as it is sent (C-037).
    pub(crate) literal: fn(argument: &str) -> &str,
    /// The argument that a line of an argfile is (C-035).
    pub(crate) line: fn(line: &str) -> Option<&str>,
    /// Whether the action fails if an argfile is none of its inputs (C-038).
    pub(crate) refuses_undeclared: bool,
    /// Whether the action fails if an argfile contains itself. What the file would bring is left out otherwise (C-034).
    pub(crate) refuses_cycles: bool,
    /// The command line of a worker, from the startup arguments of the action and the flags that the user adds for its mnemonic.
    pub(crate) command: fn(startup: Vec<String>, mnemonic: &str, &Options) -> Vec<String>,
    /// Whether the worker's branch of a race has a sandbox in any case (C-121).
    pub(crate) isolates_races: bool,
}

impl Default for StrategyHooks {
    fn default() -> Self {
        Self {
            requirements: |declared| Cow::Borrowed(declared),
            is_one_shot: |_| true,
            is_request_argument: |argument, _| is_request_argument(argument),
            argfile: |argument, _| argfile(argument),
            literal: |argument| argument,
            line: |line| Some(line),
            refuses_undeclared: true,
            refuses_cycles: true,
            command: |startup, mnemonic, options| {
                let mut command = startup;
                // C-003: "A client puts `--persistent_worker` after all startup flags of the action, and extra flags of the user after it."
                command.push(PERSISTENT_WORKER.to_owned());
                // C-004: "A client passes an extra flag to the workers of the mnemonic that it was given for, and to no others."
                command.extend(options.extra_flags.get(mnemonic).into_iter().flatten().cloned());
                command
            },
            isolates_races: true,
        }
    }
}

/// `@path`, `--flagfile=path` and `-flagfile=path` go into the request, and all else that starts with `@`.
pub(crate) fn is_request_argument(argument: &str) -> bool {
    let named = |prefix| argument.strip_prefix(prefix).is_some_and(|path| !path.is_empty());
    ["@", "--flagfile=", "-flagfile="].into_iter().any(named)
}

/// C-037: "A client passes on an argument or a line as it is if it starts with `@@`, or if it starts with `@` and contains `//`."
pub(crate) fn argfile(argument: &str) -> Option<&str> {
    let path = argument.strip_prefix('@')?;
    let is_file = !path.is_empty() && !path.starts_with('@') && !path.contains("//");
    is_file.then_some(path)
}

/// Which worker an action gets, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolHooks {
    /// The key under which the pool of an action is found (C-010, C-011).
    pub(crate) pool_key: fn(&Arc<WorkerKey>) -> Arc<WorkerKey>,
    /// The tool files for which a worker of this key cannot serve an action, because they are not the same as at its start (C-012).
    pub(crate) changed_tools: fn(at_start: &Tools, now: &Tools, &WorkerKey) -> Vec<String>,
    /// Whether a multiplex worker whose tools have changed answers its open requests before it is ended (C-013).
    pub(crate) finishes_open_requests: bool,
    /// Whether an action waits that finds no free slot (C-023).
    pub(crate) waits_for_slot: bool,
    /// Whether a slot becomes free when its request ends though its worker has failed, or was never started (C-029).
    pub(crate) frees_slot_of_failed: bool,
    /// Whether idle workers are ended before working ones when the memory limit is exceeded (C-027).
    pub(crate) ends_idle_first: bool,
}

impl Default for PoolHooks {
    fn default() -> Self {
        Self {
            pool_key: Arc::clone,
            changed_tools: |at_start, now, _| {
                if at_start == now { Vec::new() } else { at_start.changed(now) }
            },
            finishes_open_requests: true,
            waits_for_slot: true,
            frees_slot_of_failed: true,
            ends_idle_first: true,
        }
    }
}

pub(crate) type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A worker process as a fault sees it.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only faults look at a worker"))]
pub(crate) trait WorkerView: Sync {
    /// Waits until the pipe has taken all messages.
    fn written(&self) -> Waiting<'_>;

    /// The last lines of the worker's log.
    fn log_tail(&self) -> String;

    fn close(&self, cause: Cause);
}

/// The event that ends the watching of a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Seen {
    Ended,
    /// Standard output has ended.
    OutputEnded,
    /// The worker has closed its standard input.
    InputRefused,
    /// The client, or a judge of what the worker wrote, has asked for the end.
    Asked,
}

/// A step of cleaning a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CleaningStep {
    /// All workers are ended, and their end is waited for.
    EndWorkers,
    Remove,
}

/// How a process is started, watched and ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessHooks {
    /// The file name of a worker's log (C-141).
    pub(crate) log_name: fn(own: String) -> String,
    /// A worker is about to be started in this way (C-005, C-006, C-134, C-140).
    pub(crate) launch: fn(&mut Launch<'_>, &Options),
    /// The client's end of a worker's standard input was made, closed in every other process (C-007).
    pub(crate) input_opened: fn(BorrowedFd<'_>),
    /// The command line of an action in one-shot mode (C-002).
    pub(crate) one_shot_command: fn(arguments: &[String]) -> Cow<'_, [String]>,
    /// When the waiting for a response ends, at the latest (C-080).
    pub(crate) deadline: fn(limit: Instant) -> Instant,
    /// Whether the end of the process, or of its standard output, ends what is open with it (C-082, C-083).
    pub(crate) heeds: fn(Seen) -> bool,
    /// Something to wait for before bytes of the worker are read that are there (C-091).
    pub(crate) before_read: for<'a> fn(&'a dyn WorkerView, &'a Process) -> Option<Waiting<'a>>,
    /// Whether the client reads what a process has left in the pipe at its end (C-084).
    pub(crate) reads_after_end: bool,
    /// Whether an action learns that its worker has failed only when the process has ended (C-086).
    pub(crate) waits_for_end: bool,
    /// Whether the standard input of a worker is closed before it is killed (C-131).
    pub(crate) closes_input: bool,
    /// Whether SIGTERM is sent, and the worker has time to end by itself, before it is killed (C-132).
    pub(crate) terminates: bool,
    /// Whether the workers are ended with the client (C-130).
    pub(crate) ends_with_client: bool,
    /// The steps of cleaning a directory in which workers may run (C-138).
    pub(crate) cleaning: [CleaningStep; 2],
}

impl Default for ProcessHooks {
    fn default() -> Self {
        Self {
            log_name: |own| own,
            launch: |_, _| {},
            input_opened: |_| {},
            one_shot_command: |arguments| Cow::Borrowed(arguments),
            deadline: |limit| limit,
            heeds: |_| true,
            before_read: |_, _| None,
            reads_after_end: true,
            waits_for_end: true,
            closes_input: true,
            terminates: true,
            ends_with_client: true,
            // C-138: "A client ends a worker before it deletes the directory that the worker runs in."
            cleaning: [CleaningStep::EndWorkers, CleaningStep::Remove],
        }
    }
}

/// What a worker fault leads to.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only faults do anything but end the worker"))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reaction {
    /// The worker is ended, and all that is open with it.
    EndWorker,
    /// The open requests fail, and the worker is used on.
    FailRequests,
    /// The client goes on as if nothing had happened.
    Ignore,
}

/// What is written to one worker, and what its bytes mean. Each process has a value of its own, so a fault can remember something in it.
pub(crate) struct ExchangeHooks {
    /// The id of a new request (C-045, C-047, C-048, C-050). `open`: how many requests are open.
    pub(crate) request_id: Box<dyn FnMut(i32, usize) -> i32 + Send>,
    /// A message is about to be encoded.
    pub(crate) message: Box<dyn FnMut(&mut WorkRequest) + Send>,
    /// The bytes of a message (C-046, C-057, C-058).
    pub(crate) encode: fn(Framing, &WorkRequest) -> Vec<u8>,
    /// A message to send after a response: none (C-097).
    pub(crate) after_response: fn(request_id: i32) -> Option<WorkRequest>,
    /// Whether the rest of a request that was begun is written, whatever becomes of its action (C-056).
    pub(crate) completes_requests: bool,
    /// Whether what was read is looked at now. `pending`: the bytes that are no frame yet; `open`: how many requests are open (C-062, C-073).
    pub(crate) takes_frames: fn(Framing, pending: &[u8], open: usize) -> bool,
    /// Whether a response is taken, and not dropped.
    pub(crate) takes_response: Box<dyn FnMut(&WorkResponse) -> bool + Send>,
    /// Whether a response with this peculiarity is malformed (C-063, C-064, C-072).
    pub(crate) is_malformed: fn(Framing, &Note) -> bool,
    /// The id of the request that a response with `id` answers, among the ids that are open (C-060, C-061).
    pub(crate) answered_id: fn(id: i32, multiplex: bool, open: &mut dyn Iterator<Item = i32>) -> i32,
    /// What is wrong with a response to an open request. `cancelled`: the client has cancelled the request (C-099, C-100).
    pub(crate) wrong_response: fn(&WorkResponse, cancelled: bool) -> Option<WorkerFault>,
    /// What a worker fault leads to (C-063).
    pub(crate) reaction: fn(&WorkerFault) -> Reaction,
}

impl Default for ExchangeHooks {
    fn default() -> Self {
        Self {
            request_id: Box::new(|id, _| id),
            message: Box::new(|_| {}),
            encode,
            after_response: |_| None,
            completes_requests: true,
            takes_frames: |_, _, _| true,
            takes_response: Box::new(|_| true),
            is_malformed,
            answered_id: |id, _, _| id,
            wrong_response,
            reaction: |_| Reaction::EndWorker,
        }
    }
}

impl fmt::Debug for ExchangeHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExchangeHooks")
    }
}

/// C-096: "A cancel request has `cancel` true, the `request_id` of the request that it is meant for, and neither arguments nor inputs."
pub(crate) fn cancel_request(request_id: i32) -> WorkRequest {
    WorkRequest { request_id, cancel: true, ..WorkRequest::default() }
}

pub(crate) fn is_malformed(framing: Framing, note: &Note) -> bool {
    match note.kind {
        NoteKind::WrongWireType | NoteKind::WrongType | NoteKind::InvalidUtf8 => true,
        NoteKind::IntOutOfRange => framing == Framing::Json,
        // C-072: "A client ignores fields and names of a response that it does not know."
        _ => false,
    }
}

/// C-100: "A response with `was_cancelled` true to a request that the client has not cancelled is a worker fault, whatever else the response
/// says."
pub(crate) fn wrong_response(response: &WorkResponse, cancelled: bool) -> Option<WorkerFault> {
    (response.was_cancelled && !cancelled).then_some(WorkerFault::NotCancelled(response.request_id))
}

/// A request that nobody wants any more.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only faults look at all of it"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct GivenUp<'a> {
    /// Whether the worker understands cancel requests.
    pub(crate) is_cancellable: bool,
    pub(crate) in_sandbox: bool,
    /// How many other requests of the worker are open and wanted.
    pub(crate) others: usize,
    pub(crate) races: bool,
    /// Where the request writes.
    pub(crate) directory: &'a Path,
    pub(crate) outputs: &'a [String],
}

/// What is done about a request that nobody wants any more.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only a fault forgets a request"))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum GiveUp {
    /// It is cancelled if its worker understands that, and waited for in the background.
    Wait,
    /// Its worker is ended.
    EndWorker,
    /// It counts as ended at once.
    Forget,
}

/// What becomes of an action that has a worker: its request, its response, giving it up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionHooks {
    /// Whether an interrupt ends the waiting for an action at once (C-081).
    pub(crate) heeds_interrupts: bool,
    /// A request is about to be sent, which reads and writes below `directory` (C-051 to C-055).
    pub(crate) request: fn(&mut WorkRequest, &Spawn, directory: &Path),
    /// A response is about to be made the result of its action (C-067, C-069, C-070, C-143).
    pub(crate) response: fn(&mut WorkResponse, &dyn WorkerView),
    /// The declared outputs that are not in their places (C-069).
    pub(crate) missing_outputs: fn(&Spawn, directory: &Path) -> Vec<String>,
    /// Whether what stands in the places of the outputs is removed before a run on another worker than the first one (C-086).
    pub(crate) clears_outputs_of_retries: bool,
    /// Whether a worker that has ended while it was idle is replaced without harm to an action (C-087).
    pub(crate) replaces_idle_workers: bool,
    /// The message that the user gets when an action fails because of its worker (C-088).
    pub(crate) message: fn(&WorkerEnded) -> String,
    /// What is done about a request that nobody wants any more (C-098, C-103, C-107, C-122).
    pub(crate) give_up: fn(&GivenUp<'_>) -> GiveUp,
    /// What is done with the outputs of a worker's branch of a race that has lost, after waiting for its end: its action, the directory of
    /// its outputs, and the directory in which they have their places. Without it the branch is dropped at once (C-120).
    pub(crate) after_race: Option<fn(&Spawn, &Path, &Path)>,
}

impl Default for ActionHooks {
    fn default() -> Self {
        Self {
            heeds_interrupts: true,
            request: |_, _, _| {},
            response: |_, _| {},
            missing_outputs: files::missing,
            clears_outputs_of_retries: true,
            replaces_idle_workers: true,
            message: WorkerEnded::to_string,
            give_up,
            after_race: None,
        }
    }
}

/// Without a sandbox the outputs are in the way of the next build, so the worker has to go unless it can be told to stop.
///
/// C-107: "A client that gives up one request of a multiplex worker does not end the worker while other requests that it wants are open."
pub(crate) fn give_up(request: &GivenUp<'_>) -> GiveUp {
    let is_in_the_way = !request.is_cancellable && !request.in_sandbox;
    if is_in_the_way && request.others == 0 { GiveUp::EndWorker } else { GiveUp::Wait }
}

/// The contents that a directory is to have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) spawn: &'a Spawn,
    /// The tool files that the process was started with.
    ///
    /// C-115: "The worker's own tool files stay where they were at its start for as long as the process lives."
    pub(crate) tools: &'a Tools,
    /// The directory that the paths of the inputs start at.
    pub(crate) source: &'a Path,
    /// Whether the process has served no request yet.
    #[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only a fault makes a difference"))]
    pub(crate) fresh: bool,
    pub(crate) hooks: SandboxHooks,
}

/// What the directory of a sandboxed request holds, and what is taken out of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SandboxHooks {
    /// The directory of a request of a multiplex worker, below the one of the worker (C-112).
    pub(crate) request_directory: fn(unused: String) -> String,
    /// Whether the directory of a worker is removed at its end (C-118).
    pub(crate) removes_directory: bool,
    /// Whether the directory of a request of a multiplex worker is removed at its end.
    pub(crate) removes_request_directory: bool,
    /// These files and contents are about to be what a directory holds (C-110, C-115).
    pub(crate) contents: fn(&mut BTreeSet<PathBuf>, &mut Contents<'_>),
    /// Whether all other files are removed from the directory (C-111).
    pub(crate) removes_other_files: bool,
    /// Puts the input at `source` into its place in the sandbox (C-110).
    pub(crate) place_input: fn(source: &Path, place: &Path) -> io::Result<()>,
    /// Takes the outputs of a success out of the sandbox (C-113).
    pub(crate) collect: fn(&Spawn, sandbox: &Path, directory: &Path) -> io::Result<()>,
}

impl Default for SandboxHooks {
    fn default() -> Self {
        Self {
            request_directory: |unused| unused,
            removes_directory: true,
            removes_request_directory: true,
            contents: |_, _| {},
            removes_other_files: true,
            place_input: files::link,
            collect: files::collect,
        }
    }
}

//! Every way in which a client can be wrong, each a named variant.

use std::fmt;

use pwp_spec::RequirementId;

use super::{StatusSeen, ids};

/// One way to break a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what the variant's sentence names")]
pub enum ClientViolation {
    /// An action without the declaration was given to a worker.
    NotDeclared { action: String },
    /// A process that gets requests has no `--persistent_worker`, or several.
    FlagCount { count: usize, argv: Vec<String> },
    /// A process that is to do one action has `--persistent_worker`.
    FlagInOneShot { argv: Vec<String> },
    /// The flag stands elsewhere.
    FlagPlace { argv: Vec<String> },
    /// An extra flag of another mnemonic, or one that is missing.
    ExtraFlag { mnemonic: String, argv: Vec<String> },
    /// A variable that no action declares.
    ForeignVariable { name: String },
    /// A declared variable is missing or has another value.
    MissingVariable { name: String },
    /// Inputs are not where the paths of the request start.
    WrongDirectory { missing: Vec<String>, cwd: String },
    /// The client speaks another dialect.
    OtherDialect { declared: String },
    /// A request was given to a process that was started for another key.
    OtherKey { action: String, part: &'static str, wanted: String, got: String },
    /// Two mnemonics share a process.
    SharedMnemonic { one: String, other: String },
    /// A request was given to a process with older tools.
    OldTools { action: String, wanted: String, got: String },
    /// More processes of one key than allowed.
    TooMany { limit: u32, got: usize },
    /// More open requests at one process than allowed.
    TooManyOpen { limit: u32, got: usize },
    /// The arguments of a request differ from what the action declares.
    Arguments { action: String, requirement: RequirementId, wanted: String, got: String },
    /// An argfile argument is on the worker's command line.
    ArgfileAtStart { argument: String },
    /// A request without an argfile.
    NoArgfile { action: String },
    /// The name of an argfile is in a request.
    ArgfileSent { argument: String },
    /// An id other than 0 for a singleplex worker.
    NotZero { id: i32 },
    /// A second request while one with id 0 is open.
    SecondRequest { open: String, second: String },
    /// An id that is not positive for a multiplex worker.
    NotPositive { id: i32 },
    /// An id that an open request has.
    SameId { id: i32 },
    /// Both kinds of ids in one process.
    MixedIds { id: i32 },
    /// An input is not named.
    InputMissing { path: String },
    /// An input is named that was not declared.
    InputTooMuch { path: String },
    /// An input is not where its path says.
    InputPath { path: String, sandboxed: bool },
    /// A path is absolute although the arguments write it relative.
    AbsolutePath { path: String },
    /// One path and one digest, and two contents.
    StaleDigest { path: String },
    /// A verbosity that nobody asked for.
    Verbosity { got: i32, wanted: i32 },
    /// `sandbox_dir` for an action that does not declare it.
    SandboxDir { action: String, sandbox_dir: String },
    /// A request was begun and never completed.
    Unfinished { bytes: usize },
    /// Bytes that are no `WorkRequest`.
    NotARequest { error: String },
    /// Something in a request that no reader likes.
    OddRequest { what: String },
    /// A JSON request that is not on one line.
    NotOneLine,
    /// A request after a fault of the worker.
    UsedAfterFault { fault: &'static str, action: String },
    /// An action succeeded, and nothing says why.
    SuccessFromNothing { action: String, why: &'static str, requirement: RequirementId },
    /// An action that never ended.
    Hung { action: String, seconds: u64, requirement: RequirementId },
    /// An interrupt does not end the build.
    NotInterrupted { seconds: u64, requirement: RequirementId },
    /// The client crashed.
    Crashed { how: String, requirement: RequirementId },
    /// A cancel request for an action that does not declare `cancellation`.
    CancelUndeclared { action: String },
    /// A cancel request with more in it than an id.
    CancelForm { what: &'static str },
    /// A cancel request after a later request.
    CancelLate { id: i32 },
    /// The next request came although the one before is open.
    GivenUpReused { given_up: String, next: String },
    /// A file that nobody declared is in the sandbox.
    NotCleared { files: Vec<String> },
    /// Two open requests share a sandbox, or have none.
    SharedSandbox { sandbox_dir: String },
    /// Multiplex in a sandbox without the declaration.
    MultiplexInSandbox { action: String },
    /// Files that nobody declared were taken out of a sandbox.
    TakenOut { files: Vec<String> },
    /// Sandboxes that are left.
    SandboxesLeft { paths: Vec<String> },
    /// A process outlived the client.
    Left { pid: u32 },
    /// One that does not care whether it is asked to end.
    NotKilled { pid: u32 },
    /// A child of a process outlived the client.
    ChildLeft,
    /// Its directory was deleted before it was asked to end.
    Homeless,
    /// Its standard input was not closed.
    InputOpen { signal: String },
    /// Its standard input stays open although the client was killed.
    InputHeld { pid: u32 },
    /// It had no time to end by itself.
    NoGrace,
    /// It is in the process group of somebody else.
    ForeignGroup { pid: u32, group: u32 },
    /// An action came to another end than the case says.
    Outcome { action: String, wanted: &'static str, got: StatusSeen, requirement: RequirementId },
    /// The messages lack something, or have something.
    Messages { action: String, text: String, missing: bool, requirement: RequirementId },
    /// An input in a sandbox has other content than it has now.
    OldInput { path: String },
    /// A request was begun inside another one.
    Torn { begun: String, inside: String },
    /// A worker was idle for longer than the limit.
    IdleTooLong { ms: u64, limit_ms: u64 },
    /// An idle worker was kept although all need too much memory.
    MemoryKept { total: u64, limit: u64 },
    /// A working one was ended because of the memory, and an idle one was there.
    WorkingEnded,
    /// An action runs again, and the worker that had it lives.
    AgainTooEarly { action: String },
    /// An action runs again, and outputs of its first run are there.
    OutputsKept { action: String, outputs: Vec<String> },
    /// A file of a request that was given up and is open.
    TakenWhileOpen { action: String, path: String },
    /// A tool file of a process that lives is gone.
    ToolGone { path: String },
    /// A worker that is raced works where the outputs belong.
    RacedInPlace { action: String },
    /// The result is from several branches.
    MixedBranches { action: String, files: String, told: String },
    /// The worker of a branch that has lost was ended.
    LoserEnded { action: String },
    /// It got no cancel request.
    LoserNotTold { action: String },
    /// What a worker wrote to standard error is in no log.
    NoLog { pid: u32, text: String },
    /// A log has the standard error of several workers.
    SharedLog { path: String },
    /// Actions were not given to processes as the case says.
    Processes { what: String, requirement: RequirementId },
}

impl ClientViolation {
    /// Whether a worker can't do what the action declares, because of this.
    pub(super) fn spoils_the_work(&self) -> bool {
        matches!(
            self,
            Self::WrongDirectory { .. }
                | Self::NotARequest { .. }
                | Self::Unfinished { .. }
                | Self::InputPath { .. }
                | Self::Arguments { .. }
                | Self::SameId { .. }
        )
    }

    /// The requirement that this breaks.
    pub fn requirement(&self) -> RequirementId {
        match self {
            Self::NotDeclared { .. } => ids::DECLARED,
            Self::FlagCount { .. } | Self::FlagInOneShot { .. } => ids::FLAG,
            Self::FlagPlace { .. } => ids::FLAG_LAST,
            Self::ExtraFlag { .. } => ids::EXTRA_FLAGS,
            Self::ForeignVariable { .. } | Self::MissingVariable { .. } => ids::ENVIRONMENT,
            Self::WrongDirectory { .. } => ids::DIRECTORY,
            Self::OtherDialect { .. } => ids::DIALECT,
            Self::OtherKey { .. } => ids::KEY,
            Self::SharedMnemonic { .. } => ids::MNEMONIC,
            Self::OldTools { .. } => ids::TOOLS,
            Self::TooMany { .. } => ids::MAX_INSTANCES,
            Self::TooManyOpen { .. } => ids::MAX_MULTIPLEX,
            Self::ArgfileAtStart { .. } => ids::SPLIT,
            Self::NoArgfile { .. } => ids::NO_ARGFILE,
            Self::ArgfileSent { .. } => ids::EXPAND,
            Self::NotZero { .. } => ids::SINGLEPLEX_ID,
            Self::SecondRequest { .. } => ids::ONE_AT_A_TIME,
            Self::NotPositive { .. } => ids::MULTIPLEX_ID,
            Self::SameId { .. } => ids::UNIQUE_ID,
            Self::MixedIds { .. } => ids::ONE_MODE,
            Self::InputMissing { .. } | Self::InputTooMuch { .. } => ids::INPUTS,
            Self::InputPath { sandboxed: false, .. } | Self::AbsolutePath { .. } => ids::INPUT_PATHS,
            Self::InputPath { sandboxed: true, .. } | Self::OldInput { .. } => ids::IN_PLACE,
            Self::StaleDigest { .. } => ids::SAME_DIGEST,
            Self::Verbosity { .. } => ids::VERBOSITY,
            Self::SandboxDir { .. } => ids::SANDBOX_DIR,
            Self::Unfinished { .. } => ids::COMPLETES,
            Self::NotARequest { .. } | Self::OddRequest { .. } => ids::WELL_FORMED,
            Self::NotOneLine => ids::ONE_LINE,
            Self::UsedAfterFault { .. } => ids::AFTER_FAULT,
            Self::TakenOut { .. } => ids::OUTPUTS_ONLY,
            Self::Homeless => ids::DIRECTORY_LAST,
            Self::CancelUndeclared { .. } => ids::CANCEL_DECLARED,
            Self::CancelForm { .. } => ids::CANCEL_FORM,
            Self::CancelLate { .. } => ids::CANCEL_LATE,
            Self::GivenUpReused { .. } => ids::GIVEN_UP,
            Self::NotCleared { .. } => ids::NOTHING_ELSE,
            Self::SharedSandbox { .. } => ids::OWN_SANDBOX,
            Self::MultiplexInSandbox { .. } => ids::SANDBOX_MULTIPLEX,
            Self::SandboxesLeft { .. } => ids::SANDBOX_LEFT,
            Self::Left { .. } => ids::ALL_ENDED,
            Self::NotKilled { .. } => ids::KILLED,
            Self::ChildLeft | Self::ForeignGroup { .. } => ids::GROUP,
            Self::InputOpen { .. } => ids::INPUT_CLOSED,
            Self::InputHeld { .. } => ids::PIPES,
            Self::NoGrace => ids::GRACE,
            Self::Torn { .. } => ids::COMPLETES,
            Self::IdleTooLong { .. } => ids::IDLE,
            Self::MemoryKept { .. } | Self::WorkingEnded => ids::MEMORY,
            Self::AgainTooEarly { .. } | Self::OutputsKept { .. } => ids::AGAIN,
            Self::TakenWhileOpen { .. } => ids::STILL_OPEN,
            Self::ToolGone { .. } => ids::TOOL_FILES,
            Self::RacedInPlace { .. } => ids::RACE_SANDBOX,
            Self::MixedBranches { .. } => ids::ONE_BRANCH,
            Self::LoserEnded { .. } | Self::LoserNotTold { .. } => ids::LOSER,
            Self::NoLog { .. } | Self::SharedLog { .. } => ids::OWN_LOG,
            Self::Arguments { requirement, .. }
            | Self::SuccessFromNothing { requirement, .. }
            | Self::Crashed { requirement, .. }
            | Self::Hung { requirement, .. }
            | Self::NotInterrupted { requirement, .. }
            | Self::Outcome { requirement, .. }
            | Self::Messages { requirement, .. }
            | Self::Processes { requirement, .. } => *requirement,
        }
    }
}

impl fmt::Display for ClientViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDeclared { action } => {
                write!(f, "action {action} does not declare that its tool is a worker, and was given to one")
            }
            Self::FlagCount { count, argv } => {
                write!(
                    f,
                    "a process that gets requests has --persistent_worker {count} times: {}",
                    argv.join(" ")
                )
            }
            Self::FlagInOneShot { argv } => {
                write!(f, "a process that is to do one action has --persistent_worker: {}", argv.join(" "))
            }
            Self::FlagPlace { argv } => {
                write!(
                    f,
                    "--persistent_worker is not behind the startup flags, with the extra flags behind it: {}",
                    argv.join(" ")
                )
            }
            Self::ExtraFlag { mnemonic, argv } => {
                write!(
                    f,
                    "a worker for {mnemonic} has other extra flags than it was given: {}",
                    argv.join(" ")
                )
            }
            Self::ForeignVariable { name } => {
                write!(f, "the environment has {name}, which no action declares")
            }
            Self::MissingVariable { name } => {
                write!(f, "the environment lacks {name}, or it has another value than the action declares")
            }
            Self::WrongDirectory { missing, cwd } => {
                write!(
                    f,
                    "none of the inputs is where its path says, seen from {cwd}: {}",
                    missing.join(", ")
                )
            }
            Self::OtherDialect { declared } => {
                write!(f, "the action declares {declared}, and the client speaks the other dialect")
            }
            Self::OtherKey { action, part, wanted, got } => {
                write!(
                    f,
                    "action {action} was given to a process with another {part}: {got}, and not {wanted}"
                )
            }
            Self::SharedMnemonic { one, other } => {
                write!(f, "actions of {one} and of {other} share a process")
            }
            Self::OldTools { action, wanted, got } => {
                write!(f, "action {action} has tool files {wanted}, and was given to a process with {got}")
            }
            Self::TooMany { limit, got } => {
                write!(f, "{got} workers of one key at once; the limit is {limit}")
            }
            Self::TooManyOpen { limit, got } => {
                write!(f, "{got} open requests at one worker; the limit is {limit}")
            }
            Self::Arguments { action, wanted, got, .. } => {
                write!(f, "the request of action {action} has {got} where {wanted} belongs")
            }
            Self::ArgfileAtStart { argument } => write!(f, "{argument} is on the worker's command line"),
            Self::NoArgfile { action } => {
                write!(f, "action {action} has no argfile, and was given to a worker")
            }
            Self::ArgfileSent { argument } => {
                write!(f, "a request has the argument {argument}, and not the lines of that file")
            }
            Self::NotZero { id } => write!(f, "a request to a singleplex worker has the request_id {id}"),
            Self::SecondRequest { open, second } => {
                write!(f, "the request of action {second} came while that of {open}, with id 0, was open")
            }
            Self::NotPositive { id } => write!(f, "a request to a multiplex worker has the request_id {id}"),
            Self::SameId { id } => write!(f, "a request has the id {id}, as an open one has"),
            Self::MixedIds { id } => write!(f, "a process gets requests with id 0 and with the id {id}"),
            Self::InputMissing { path } => {
                write!(f, "inputs does not name {path}, which the action declares")
            }
            Self::InputTooMuch { path } => {
                write!(f, "inputs names {path}, which the action does not declare")
            }
            Self::InputPath { path, .. } => write!(f, "there is no {path}, which inputs names"),
            Self::AbsolutePath { path } => {
                write!(f, "inputs names {path}, which the arguments write as a relative path")
            }
            Self::StaleDigest { path } => {
                write!(f, "{path} has another content than before, with the same digest")
            }
            Self::Verbosity { got, wanted } => {
                write!(f, "a request has the verbosity {got}, and {wanted} was asked for")
            }
            Self::SandboxDir { action, sandbox_dir } => {
                write!(
                    f,
                    "action {action} does not declare multiplex-sandboxing, and its request has the sandbox_dir {sandbox_dir:?}"
                )
            }
            Self::Unfinished { bytes } => {
                write!(f, "a request was begun, {bytes} bytes of it, and never completed")
            }
            Self::NotARequest { error } => write!(f, "what the client wrote is no WorkRequest: {error}"),
            Self::OddRequest { what } => write!(f, "a request is not well-formed: {what}"),
            Self::NotOneLine => f.write_str("a request is not on one line that ends with one newline"),
            Self::UsedAfterFault { fault, action } => {
                write!(f, "after {fault} the worker was used again, for action {action}")
            }
            Self::SuccessFromNothing { action, why, .. } => {
                write!(f, "action {action} succeeded, although {why}")
            }
            Self::Hung { action, seconds, .. } => {
                write!(f, "action {action} had not ended after {seconds} s")
            }
            Self::NotInterrupted { seconds, .. } => {
                write!(f, "the build had not ended {seconds} s after it was interrupted")
            }
            Self::Crashed { how, .. } => write!(f, "the client ended abnormally: {how}"),
            Self::CancelUndeclared { action } => {
                write!(
                    f,
                    "action {action} does not declare cancellation, and a cancel request was sent for it"
                )
            }
            Self::CancelForm { what } => write!(f, "a cancel request has {what}"),
            Self::CancelLate { id } => {
                write!(f, "a cancel request for {id} came when its response had been read")
            }
            Self::GivenUpReused { given_up, next } => write!(
                f,
                "the request of action {given_up} was given up and is open, and the worker got that of {next}"
            ),
            Self::NotCleared { files } => {
                write!(f, "the directory of a request has files that nobody declares: {}", files.join(", "))
            }
            Self::SharedSandbox { sandbox_dir } => {
                write!(f, "two open requests have the sandbox_dir {sandbox_dir:?}")
            }
            Self::MultiplexInSandbox { action } => write!(
                f,
                "action {action} is to run in a sandbox and does not declare multiplex-sandboxing, and its worker is multiplex"
            ),
            Self::TakenOut { files } => {
                write!(f, "files that nobody declared were taken out of a sandbox: {}", files.join(", "))
            }
            Self::Homeless => {
                f.write_str("the directory that a worker runs in was deleted before it was asked to end")
            }
            Self::SandboxesLeft { paths } => write!(f, "sandboxes are left: {}", paths.join(", ")),
            Self::Left { pid } => write!(f, "the worker with process ID {pid} outlived the client"),
            Self::NotKilled { pid } => {
                write!(f, "the worker with process ID {pid}, which ignores every sign, was not killed")
            }
            Self::ChildLeft => f.write_str("a child process of a worker outlived the client"),
            Self::InputOpen { signal } => {
                write!(f, "the worker got SIG{signal}, and its standard input was never closed")
            }
            Self::InputHeld { pid } => write!(
                f,
                "the client was killed, and the standard input of the worker with process ID {pid} did not end"
            ),
            Self::NoGrace => f.write_str("an idle worker was ended by SIGKILL before it could tidy up"),
            Self::ForeignGroup { pid, group } => {
                write!(
                    f,
                    "the worker with process ID {pid} is in the process group {group} of another process"
                )
            }
            Self::Outcome { action, wanted, got, .. } => write!(f, "action {action} {got}; it {wanted}"),
            Self::Messages { action, text, missing: true, .. } => {
                write!(f, "the client says nothing of {text:?} when action {action} is over")
            }
            Self::Messages { action, text, .. } => {
                write!(f, "the client prints {text:?} when action {action} is over")
            }
            Self::OldInput { path } => {
                write!(f, "the input {path} of a request in a sandbox does not have its present content")
            }
            Self::Torn { begun, inside } => {
                write!(f, "the request of action {begun} begins before that of {inside} is complete")
            }
            Self::IdleTooLong { ms, limit_ms } => {
                write!(f, "a worker was idle for {ms} ms; the limit is {limit_ms} ms")
            }
            Self::MemoryKept { total, limit } => write!(
                f,
                "an idle worker was not ended when all workers needed {total} bytes; the limit is {limit}"
            ),
            Self::WorkingEnded => f.write_str(
                "a worker with an open request was ended because of the memory, while an idle one had some",
            ),
            Self::AgainTooEarly { action } => {
                write!(
                    f,
                    "action {action} runs again, and the worker that had it has neither ended nor answered"
                )
            }
            Self::OutputsKept { action, outputs } => write!(
                f,
                "action {action} runs again, and outputs of its first run are there: {}",
                outputs.join(", ")
            ),
            Self::TakenWhileOpen { action, path } => write!(
                f,
                "the request of action {action} was given up and is open, and {path} is not as the worker wrote it"
            ),
            Self::ToolGone { path } => write!(f, "the tool file {path} of a process that lives is gone"),
            Self::RacedInPlace { action } => {
                write!(
                    f,
                    "action {action} is raced, and its worker works where the outputs have their places"
                )
            }
            Self::MixedBranches { action, files, told } => write!(
                f,
                "action {action} was raced; its outputs are from {files}, and what the user is told is from {}",
                if told.is_empty() { "nobody" } else { told }
            ),
            Self::LoserEnded { action } => {
                write!(f, "the worker of action {action}, whose branch has lost, was ended")
            }
            Self::LoserNotTold { action } => {
                write!(f, "the worker of action {action}, whose branch has lost, got no cancel request")
            }
            Self::NoLog { pid, text } => write!(
                f,
                "the worker with process ID {pid} wrote {text:?} to standard error, and no log that the client names has it"
            ),
            Self::SharedLog { path } => write!(f, "several workers have one log: {path}"),
            Self::Processes { what, .. } => f.write_str(what),
        }
    }
}

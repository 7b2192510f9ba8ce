//! Every way in which a client can be wrong, each a named variant.

use pwp_spec::RequirementId;

use super::violations;
use crate::oracle::ids::*;

violations! {
    /// One way in which a client breaks a requirement.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum ClientViolation {
        /// An action without the declaration was given to a worker.
        NotDeclared { action: String }
            breaks DECLARED =>
                ("action {action} does not declare that its tool is a worker, and was given to one");
        /// A process that gets requests has no `--persistent_worker`, or several.
        FlagCount { count: usize, argv: Vec<String> }
            breaks FLAG =>
                ("a process that gets requests has --persistent_worker {count} times: {}", argv.join(" "));
        /// A process that is to do one action has `--persistent_worker`.
        FlagInOneShot { argv: Vec<String> }
            breaks FLAG => ("a process that is to do one action has --persistent_worker: {}", argv.join(" "));
        /// The flag stands elsewhere.
        FlagPlace { argv: Vec<String> }
            breaks FLAG_LAST => (
                "--persistent_worker is not behind the startup flags, with the extra flags behind it: {}",
                argv.join(" ")
            );
        /// An extra flag of another mnemonic, or one that is missing.
        ExtraFlag { mnemonic: String, argv: Vec<String> }
            breaks EXTRA_FLAGS =>
                ("a worker for {mnemonic} has other extra flags than it was given: {}", argv.join(" "));
        /// A variable that no action declares.
        ForeignVariable { name: String }
            breaks ENVIRONMENT => ("the environment has {name}, which no action declares");
        /// A declared variable is missing or has another value.
        MissingVariable { name: String }
            breaks ENVIRONMENT =>
                ("the environment lacks {name}, or it has another value than the action declares");
        /// Inputs are not where the paths of the request start.
        WrongDirectory { missing: Vec<String>, cwd: String }
            breaks DIRECTORY =>
                ("none of the inputs is where its path says, seen from {cwd}: {}", missing.join(", "));
        /// The client speaks another dialect.
        OtherDialect { declared: String }
            breaks DIALECT => ("the action declares {declared}, and the client speaks the other dialect");
        /// A request was given to a process that was started for another key.
        OtherKey { action: String, part: &'static str, wanted: String, got: String }
            breaks KEY =>
                ("action {action} was given to a process with another {part}: {got}, and not {wanted}");
        /// Two mnemonics share a process.
        SharedMnemonic { one: String, other: String }
            breaks MNEMONIC => ("actions of {one} and of {other} share a process");
        /// A request was given to a process with older tools.
        OldTools { action: String, wanted: String, got: String }
            breaks TOOLS =>
                ("action {action} has tool files {wanted}, and was given to a process with {got}");
        /// More processes of one key than allowed.
        TooMany { limit: u32, got: usize }
            breaks MAX_INSTANCES => ("{got} workers of one key at once; the limit is {limit}");
        /// More open requests at one process than allowed.
        TooManyOpen { limit: u32, got: usize }
            breaks MAX_MULTIPLEX => ("{got} open requests at one worker; the limit is {limit}");
        /// The arguments of a request differ from what the action declares.
        Arguments { action: String, requirement: RequirementId, wanted: String, got: String }
            breaks *requirement => ("the request of action {action} has {got} where {wanted} belongs");
        /// An argfile argument is on the worker's command line.
        ArgfileAtStart { argument: String }
            breaks ARGUMENT_SPLIT => ("{argument} is on the worker's command line");
        /// A request without an argfile.
        NoArgfile { action: String }
            breaks NO_ARGFILE => ("action {action} has no argfile, and was given to a worker");
        /// The name of an argfile is in a request.
        ArgfileSent { argument: String }
            breaks EXPAND => ("a request has the argument {argument}, and not the lines of that file");
        /// An id other than 0 for a singleplex worker.
        NotZero { id: i32 }
            breaks SINGLEPLEX_ID => ("a request to a singleplex worker has the request_id {id}");
        /// A second request while one with id 0 is open.
        SecondRequest { open: String, second: String }
            breaks ONE_AT_A_TIME =>
                ("the request of action {second} came while that of {open}, with id 0, was open");
        /// An id that is not positive for a multiplex worker.
        NotPositive { id: i32 }
            breaks MULTIPLEX_ID => ("a request to a multiplex worker has the request_id {id}");
        /// An id that an open request has.
        SameId { id: i32 } breaks UNIQUE_ID => ("a request has the id {id}, as an open one has");
        /// Both kinds of ids in one process.
        MixedIds { id: i32 } breaks ONE_MODE => ("a process gets requests with id 0 and with the id {id}");
        /// An input is not named.
        InputMissing { path: String }
            breaks INPUTS => ("inputs does not name {path}, which the action declares");
        /// An input is named that was not declared.
        InputTooMuch { path: String }
            breaks INPUTS => ("inputs names {path}, which the action does not declare");
        /// An input is not where its path says.
        InputPath { path: String, sandboxed: bool }
            breaks if *sandboxed { IN_PLACE } else { INPUT_PATHS } =>
                ("there is no {path}, which inputs names");
        /// A path is absolute although the arguments write it relative.
        AbsolutePath { path: String }
            breaks INPUT_PATHS => ("inputs names {path}, which the arguments write as a relative path");
        /// One path and one digest, and two contents.
        StaleDigest { path: String }
            breaks SAME_DIGEST => ("{path} has another content than before, with the same digest");
        /// A verbosity that nobody asked for.
        Verbosity { got: i32, wanted: i32 }
            breaks VERBOSITY_ASKED => ("a request has the verbosity {got}, and {wanted} was asked for");
        /// `sandbox_dir` for an action that does not declare it.
        SandboxDir { action: String, sandbox_dir: String }
            breaks SANDBOX_DIR => (
                "action {action} does not declare multiplex-sandboxing, and its request has the \
                 sandbox_dir {sandbox_dir:?}"
            );
        /// A request was begun and never completed.
        Unfinished { bytes: usize }
            breaks COMPLETES => ("a request was begun, {bytes} bytes of it, and never completed");
        /// Bytes that are no `WorkRequest`.
        NotARequest { error: String }
            breaks REQUEST_WELL_FORMED => ("what the client wrote is no WorkRequest: {error}");
        /// Something in a request that no reader likes.
        OddRequest { what: String } breaks REQUEST_WELL_FORMED => ("a request is not well-formed: {what}");
        /// A JSON request that is not on one line.
        NotOneLine breaks ONE_LINE => ("a request is not on one line that ends with one newline");
        /// A request after a fault of the worker.
        UsedAfterFault { fault: &'static str, action: String }
            breaks AFTER_FAULT => ("after {fault} the worker was used again, for action {action}");
        /// An action succeeded, and nothing says why.
        SuccessFromNothing { action: String, why: &'static str, requirement: RequirementId }
            breaks *requirement => ("action {action} succeeded, although {why}");
        /// An action that never ended.
        Hung { action: String, seconds: u64, requirement: RequirementId }
            breaks *requirement => ("action {action} had not ended after {seconds} s");
        /// An interrupt does not end the build.
        NotInterrupted { seconds: u64, requirement: RequirementId }
            breaks *requirement => ("the build had not ended {seconds} s after it was interrupted");
        /// The client crashed.
        Crashed { how: String, requirement: RequirementId }
            breaks *requirement => ("the client ended abnormally: {how}");
        /// A cancel request for an action that does not declare `cancellation`.
        CancelUndeclared { action: String }
            breaks CANCEL_DECLARED =>
                ("action {action} does not declare cancellation, and a cancel request was sent for it");
        /// A cancel request with more in it than an id.
        CancelForm { what: &'static str } breaks CANCEL_FORM => ("a cancel request has {what}");
        /// A cancel request after a later request.
        CancelLate { id: i32 }
            breaks CANCEL_IN_TIME => ("a cancel request for {id} came when its response had been read");
        /// The next request came although the one before is open.
        GivenUpReused { given_up: String, next: String }
            breaks GIVEN_UP =>
                ("the request of action {given_up} was given up and is open, and the worker got that of {next}");
        /// A file that nobody declared is in the sandbox.
        NotCleared { files: Vec<String> }
            breaks NOTHING_ELSE =>
                ("the directory of a request has files that nobody declares: {}", files.join(", "));
        /// Two open requests share a sandbox, or have none.
        SharedSandbox { sandbox_dir: String }
            breaks OWN_SANDBOX => ("two open requests have the sandbox_dir {sandbox_dir:?}");
        /// Multiplex in a sandbox without the declaration.
        MultiplexInSandbox { action: String }
            breaks SANDBOX_MULTIPLEX => (
                "action {action} is to run in a sandbox and does not declare multiplex-sandboxing, and \
                 its worker is multiplex"
            );
        /// Files that nobody declared were taken out of a sandbox.
        TakenOut { files: Vec<String> }
            breaks OUTPUTS_ONLY =>
                ("files that nobody declared were taken out of a sandbox: {}", files.join(", "));
        /// Sandboxes that are left.
        SandboxesLeft { paths: Vec<String> }
            breaks SANDBOX_LEFT => ("sandboxes are left: {}", paths.join(", "));
        /// A process outlived the client.
        Left { pid: u32 } breaks ALL_ENDED => ("the worker with process ID {pid} outlived the client");
        /// One that does not care whether it is asked to end.
        NotKilled { pid: u32 }
            breaks KILLED => ("the worker with process ID {pid}, which ignores every sign, was not killed");
        /// A child of a process outlived the client.
        ChildLeft breaks GROUP => ("a child process of a worker outlived the client");
        /// Its directory was deleted before it was asked to end.
        Homeless
            breaks DIRECTORY_LAST =>
                ("the directory that a worker runs in was deleted before it was asked to end");
        /// Its standard input was not closed.
        InputOpen { signal: String }
            breaks INPUT_CLOSED => ("the worker got SIG{signal}, and its standard input was never closed");
        /// Its standard input stays open although the client was killed.
        InputHeld { pid: u32 }
            breaks PIPES =>
                ("the client was killed, and the standard input of the worker with process ID {pid} did not end");
        /// It had no time to end by itself.
        NoGrace breaks GRACE => ("an idle worker was ended by SIGKILL before it could tidy up");
        /// It is in the process group of somebody else.
        ForeignGroup { pid: u32, group: u32 }
            breaks GROUP =>
                ("the worker with process ID {pid} is in the process group {group} of another process");
        /// An action came to another end than the case says.
        Outcome { action: String, wanted: &'static str, got: String, requirement: RequirementId }
            breaks *requirement => ("action {action} {got}; it {wanted}");
        /// The messages lack something, or have something.
        Messages { action: String, text: String, missing: bool, requirement: RequirementId }
            breaks *requirement => (
                "the client {} {text:?} when action {action} is over",
                if *missing { "says nothing of" } else { "prints" }
            );
        /// An input in a sandbox has other content than it has now.
        OldInput { path: String }
            breaks IN_PLACE =>
                ("the input {path} of a request in a sandbox does not have its present content");
        /// A request was begun inside another one.
        Torn { begun: String, inside: String }
            breaks COMPLETES => ("the request of action {begun} begins before that of {inside} is complete");
        /// A worker was idle for longer than the limit.
        IdleTooLong { ms: u64, limit_ms: u64 }
            breaks IDLE => ("a worker was idle for {ms} ms; the limit is {limit_ms} ms");
        /// An idle worker was kept although all need too much memory.
        MemoryKept { total: u64, limit: u64 }
            breaks MEMORY_LIMIT =>
                ("an idle worker was not ended when all workers needed {total} bytes; the limit is {limit}");
        /// A working one was ended because of the memory, and an idle one was there.
        WorkingEnded
            breaks MEMORY_LIMIT =>
                ("a worker with an open request was ended because of the memory, while an idle one had some");
        /// An action runs again, and the worker that had it lives.
        AgainTooEarly { action: String }
            breaks RETRIES =>
                ("action {action} runs again, and the worker that had it has neither ended nor answered");
        /// An action runs again, and outputs of its first run are there.
        OutputsKept { action: String, outputs: Vec<String> }
            breaks RETRIES =>
                ("action {action} runs again, and outputs of its first run are there: {}", outputs.join(", "));
        /// A file of a request that was given up and is open.
        TakenWhileOpen { action: String, path: String }
            breaks STILL_OPEN => (
                "the request of action {action} was given up and is open, and {path} is not as the \
                 worker wrote it"
            );
        /// A tool file of a process that lives is gone.
        ToolGone { path: String }
            breaks TOOL_FILES => ("the tool file {path} of a process that lives is gone");
        /// A worker that is raced works where the outputs belong.
        RacedInPlace { action: String }
            breaks RACE_SANDBOX =>
                ("action {action} is raced, and its worker works where the outputs have their places");
        /// The result is from several branches.
        MixedBranches { action: String, files: String, told: String }
            breaks ONE_BRANCH => (
                "action {action} was raced; its outputs are from {files}, and what the user is told is \
                 from {}",
                if told.is_empty() { "nobody" } else { told }
            );
        /// The worker of a branch that has lost was ended.
        LoserEnded { action: String }
            breaks LOSER => ("the worker of action {action}, whose branch has lost, was ended");
        /// It got no cancel request.
        LoserNotTold { action: String }
            breaks LOSER => ("the worker of action {action}, whose branch has lost, got no cancel request");
        /// What a worker wrote to standard error is in no log.
        NoLog { pid: u32, text: String }
            breaks OWN_LOG => (
                "the worker with process ID {pid} wrote {text:?} to standard error, and no log that the \
                 client names has it"
            );
        /// A log has the standard error of several workers.
        SharedLog { path: String } breaks OWN_LOG => ("several workers have one log: {path}");
        /// Actions were not given to processes as the case says.
        Processes { what: String, requirement: RequirementId } breaks *requirement => ("{what}");
    }
}

impl ClientViolation {
    /// Whether a worker can't do what the action declares, because of this.
    pub(crate) fn spoils_the_work(&self) -> bool {
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
}

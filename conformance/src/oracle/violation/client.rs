//! Every way in which a client can be wrong, each a named variant.

use pwp_spec::RequirementId;

use super::rows::violations;
use super::rules::rules;

use ids::*;

rules! {
    // starting
    DECLARED = client 1, FLAG = client 2 / 8, FLAG_LAST = client 3, EXTRA_FLAGS = client 4,
    ENVIRONMENT = client 5 / 27, DIRECTORY = client 6 / 18, PIPES = client 7, DIALECT = client 8 / 5,
    // key
    KEY = client 10 / 20, MNEMONIC = client 11, TOOLS = client 12 / 20,
    // pools
    MAX_INSTANCES = client 20, MAX_MULTIPLEX = client 21, IDLE = client 26 / 32,
    MEMORY_LIMIT = client 27 / 33,
    // arguments
    ARGUMENT_SPLIT = client 30 / 6, EXPAND = client 32 / 9, LINES = client 35 / 11, FLAGFILE = client 36,
    LITERAL_AT = client 37 / 10, AT_ARGUMENT = client 39, NO_ARGFILE = client 40 / 7,
    // requests
    SINGLEPLEX_ID = client 45 / 17, ONE_AT_A_TIME = client 46 / 17, MULTIPLEX_ID = client 47,
    UNIQUE_ID = client 48, ONE_MODE = client 50 / 17, INPUTS = client 51 / 14, INPUT_PATHS = client 52 / 15,
    SAME_DIGEST = client 53, VERBOSITY_ASKED = client 54, SANDBOX_DIR = client 55 / 17,
    COMPLETES = client 56, REQUEST_WELL_FORMED = client 57, ONE_LINE = client 58,
    // responses
    UNKNOWN_ID = client 61 / 44, UNASKED = client 62, AFTER_FAULT = client 63 / 46, SURVIVES = client 64,
    SUCCESS = client 69 / 40,
    // failures
    TIME_LIMIT = client 80 / 50, INTERRUPT = client 81, PROCESS_ENDS = client 82 / 44, RETRIES = client 86,
    // cancellation
    CANCEL_DECLARED = client 95, CANCEL_FORM = client 96, CANCEL_IN_TIME = client 97,
    GIVEN_UP = client 98 / 52, UNASKED_WAS_CANCELLED = client 100 / 44, STILL_OPEN = client 103,
    // sandboxing
    IN_PLACE = client 110, NOTHING_ELSE = client 111 / 19, OWN_SANDBOX = client 112,
    OUTPUTS_ONLY = client 113, TOOL_FILES = client 115 / 26, SANDBOX_MULTIPLEX = client 116,
    SANDBOX_LEFT = client 118,
    // dynamic
    ONE_BRANCH = client 120, RACE_SANDBOX = client 121, LOSER = client 122,
    // shutdown
    ALL_ENDED = client 130, INPUT_CLOSED = client 131 / 34, GRACE = client 132 / 34,
    KILLED = client 133 / 34, GROUP = client 134 / 34, DIRECTORY_LAST = client 138,
    // logs
    OWN_LOG = client 141 / 42,
}

violations! {
    /// One way in which a client breaks a requirement.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum ClientViolation {
        NotDeclared { action: String } breaks DECLARED =>
            "action {action} does not declare that its tool is a worker, and was given to one";
        FlagCount { count: usize, argv: Vec<String> } breaks FLAG =>
            "a process that gets requests has --persistent_worker {count} times: {}", argv.join(" ");
        FlagInOneShot { argv: Vec<String> } breaks FLAG =>
            "a process that is to do one action has --persistent_worker: {}", argv.join(" ");
        FlagPlace { argv: Vec<String> } breaks FLAG_LAST =>
            "--persistent_worker is not behind the startup flags, with the extra flags behind it: {}",
            argv.join(" ");
        ExtraFlag { mnemonic: String, argv: Vec<String> } breaks EXTRA_FLAGS =>
            "a worker for {mnemonic} has other extra flags than it was given: {}", argv.join(" ");
        ForeignVariable { name: String } breaks ENVIRONMENT =>
            "the environment has {name}, which no action declares";
        MissingVariable { name: String } breaks ENVIRONMENT =>
            "the environment lacks {name}, or it has another value than the action declares";
        WrongDirectory { missing: Vec<String>, cwd: String } breaks DIRECTORY =>
            "none of the inputs is where its path says, seen from {cwd}: {}", missing.join(", ");
        OtherDialect { declared: String } breaks DIALECT =>
            "the action declares {declared}, and the client speaks the other dialect";
        OtherKey { action: String, part: &'static str, wanted: String, got: String } breaks KEY =>
            "action {action} was given to a process with another {part}: {got}, and not {wanted}";
        SharedMnemonic { one: String, other: String } breaks MNEMONIC =>
            "actions of {one} and of {other} share a process";
        OldTools { action: String, wanted: String, got: String } breaks TOOLS =>
            "action {action} has tool files {wanted}, and was given to a process with {got}";
        TooMany { limit: u32, got: usize } breaks MAX_INSTANCES =>
            "{got} workers of one key at once; the limit is {limit}";
        TooManyOpen { limit: u32, got: usize } breaks MAX_MULTIPLEX =>
            "{got} open requests at one worker; the limit is {limit}";
        Arguments { action: String, requirement: RequirementId, wanted: String, got: String }
            breaks *requirement => "the request of action {action} has {got} where {wanted} belongs";
        ArgfileAtStart { argument: String } breaks ARGUMENT_SPLIT =>
            "{argument} is on the worker's command line";
        NoArgfile { action: String } breaks NO_ARGFILE =>
            "action {action} has no argfile, and was given to a worker";
        ArgfileSent { argument: String } breaks EXPAND =>
            "a request has the argument {argument}, and not the lines of that file";
        NotZero { id: i32 } breaks SINGLEPLEX_ID =>
            "a request to a singleplex worker has the request_id {id}";
        SecondRequest { open: String, second: String } breaks ONE_AT_A_TIME =>
            "the request of action {second} came while that of {open}, with id 0, was open";
        NotPositive { id: i32 } breaks MULTIPLEX_ID =>
            "a request to a multiplex worker has the request_id {id}";
        SameId { id: i32 } breaks UNIQUE_ID => "a request has the id {id}, as an open one has";
        MixedIds { id: i32 } breaks ONE_MODE => "a process gets requests with id 0 and with the id {id}";
        InputMissing { path: String } breaks INPUTS =>
            "inputs does not name {path}, which the action declares";
        InputTooMuch { path: String } breaks INPUTS =>
            "inputs names {path}, which the action does not declare";
        InputPath { path: String, sandboxed: bool } breaks if *sandboxed { IN_PLACE } else { INPUT_PATHS } =>
            "there is no {path}, which inputs names";
        AbsolutePath { path: String } breaks INPUT_PATHS =>
            "inputs names {path}, which the arguments write as a relative path";
        /// One path and one digest, and two contents.
        StaleDigest { path: String } breaks SAME_DIGEST =>
            "{path} has another content than before, with the same digest";
        Verbosity { got: i32, wanted: i32 } breaks VERBOSITY_ASKED =>
            "a request has the verbosity {got}, and {wanted} was asked for";
        SandboxDir { action: String, sandbox_dir: String } breaks SANDBOX_DIR =>
            "action {action} does not declare multiplex-sandboxing, and its request has the \
            sandbox_dir {sandbox_dir:?}";
        Unfinished { bytes: usize } breaks COMPLETES =>
            "a request was begun, {bytes} bytes of it, and never completed";
        NotARequest { error: String } breaks REQUEST_WELL_FORMED =>
            "what the client wrote is no WorkRequest: {error}";
        OddRequest { what: String } breaks REQUEST_WELL_FORMED => "a request is not well-formed: {what}";
        NotOneLine breaks ONE_LINE => "a request is not on one line that ends with one newline";
        UsedAfterFault { fault: &'static str, action: String } breaks AFTER_FAULT =>
            "after {fault} the worker was used again, for action {action}";
        SuccessFromNothing { action: String, why: &'static str, requirement: RequirementId }
            breaks *requirement => "action {action} succeeded, although {why}";
        Hung { action: String, seconds: u64, requirement: RequirementId } breaks *requirement =>
            "action {action} had not ended after {seconds} s";
        NotInterrupted { seconds: u64, requirement: RequirementId } breaks *requirement =>
            "the build had not ended {seconds} s after it was interrupted";
        Crashed { how: String, requirement: RequirementId } breaks *requirement =>
            "the client ended abnormally: {how}";
        CancelUndeclared { action: String } breaks CANCEL_DECLARED =>
            "action {action} does not declare cancellation, and a cancel request was sent for it";
        CancelForm { what: &'static str } breaks CANCEL_FORM => "a cancel request has {what}";
        CancelLate { id: i32 } breaks CANCEL_IN_TIME =>
            "a cancel request for {id} came when its response had been read";
        GivenUpReused { given_up: String, next: String } breaks GIVEN_UP =>
            "the request of action {given_up} was given up and is open, and the worker got that of {next}";
        NotCleared { files: Vec<String> } breaks NOTHING_ELSE =>
            "the directory of a request has files that nobody declares: {}", files.join(", ");
        SharedSandbox { sandbox_dir: String } breaks OWN_SANDBOX =>
            "two open requests have the sandbox_dir {sandbox_dir:?}";
        MultiplexInSandbox { action: String } breaks SANDBOX_MULTIPLEX =>
            "action {action} is to run in a sandbox and does not declare multiplex-sandboxing, and \
            its worker is multiplex";
        TakenOut { files: Vec<String> } breaks OUTPUTS_ONLY =>
            "files that nobody declared were taken out of a sandbox: {}", files.join(", ");
        SandboxesLeft { paths: Vec<String> } breaks SANDBOX_LEFT =>
            "sandboxes are left: {}", paths.join(", ");
        Left { pid: u32 } breaks ALL_ENDED => "the worker with process ID {pid} outlived the client";
        NotKilled { pid: u32 } breaks KILLED =>
            "the worker with process ID {pid}, which ignores every sign, was not killed";
        ChildLeft breaks GROUP => "a child process of a worker outlived the client";
        Homeless breaks DIRECTORY_LAST =>
            "the directory that a worker runs in was deleted before it was asked to end";
        InputOpen { signal: String } breaks INPUT_CLOSED =>
            "the worker got SIG{signal}, and its standard input was never closed";
        InputHeld { pid: u32 } breaks PIPES =>
            "the client was killed, and the standard input of the worker with process ID {pid} did not end";
        NoGrace breaks GRACE => "an idle worker was ended by SIGKILL before it could tidy up";
        ForeignGroup { pid: u32, group: u32 } breaks GROUP =>
            "the worker with process ID {pid} is in the process group {group} of another process";
        Outcome { action: String, wanted: &'static str, got: String, requirement: RequirementId }
            breaks *requirement => "action {action} {got}; it {wanted}";
        Messages { action: String, text: String, missing: bool, requirement: RequirementId }
            breaks *requirement => "the client {} {text:?} when action {action} is over",
                if *missing { "says nothing of" } else { "prints" };
        OldInput { path: String } breaks IN_PLACE =>
            "the input {path} of a request in a sandbox does not have its present content";
        Torn { begun: String, inside: String } breaks COMPLETES =>
            "the request of action {begun} begins before that of {inside} is complete";
        IdleTooLong { ms: u64, limit_ms: u64 } breaks IDLE =>
            "a worker was idle for {ms} ms; the limit is {limit_ms} ms";
        MemoryKept { total: u64, limit: u64 } breaks MEMORY_LIMIT =>
            "an idle worker was not ended when all workers needed {total} bytes; the limit is {limit}";
        WorkingEnded breaks MEMORY_LIMIT =>
            "a worker with an open request was ended because of the memory, while an idle one had some";
        AgainTooEarly { action: String } breaks RETRIES =>
            "action {action} runs again, and the worker that had it has neither ended nor answered";
        OutputsKept { action: String, outputs: Vec<String> } breaks RETRIES =>
            "action {action} runs again, and outputs of its first run are there: {}", outputs.join(", ");
        TakenWhileOpen { action: String, path: String } breaks STILL_OPEN =>
            "the request of action {action} was given up and is open, and {path} is not as the \
            worker wrote it";
        ToolGone { path: String } breaks TOOL_FILES => "the tool file {path} of a process that lives is gone";
        RacedInPlace { action: String } breaks RACE_SANDBOX =>
            "action {action} is raced, and its worker works where the outputs have their places";
        MixedBranches { action: String, files: String, told: String } breaks ONE_BRANCH =>
            "action {action} was raced; its outputs are from {files}, and what the user is told is from {}",
            if told.is_empty() { "nobody" } else { told };
        LoserEnded { action: String } breaks LOSER =>
            "the worker of action {action}, whose branch has lost, was ended";
        LoserNotTold { action: String } breaks LOSER =>
            "the worker of action {action}, whose branch has lost, got no cancel request";
        NoLog { pid: u32, text: String } breaks OWN_LOG =>
            "the worker with process ID {pid} wrote {text:?} to standard error, and no log that the \
            client names has it";
        SharedLog { path: String } breaks OWN_LOG => "several workers have one log: {path}";
        /// Actions were not given to processes as the case says.
        Processes { what: String, requirement: RequirementId } breaks *requirement => "{what}";
    }
}

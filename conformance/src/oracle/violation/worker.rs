//! Every way in which a worker can be wrong, each a named variant.

use std::time::Duration;

use pwp_proto::MAX_MESSAGE;

use crate::history::ExitStatus;

use super::rows::violations;
use super::rules::rules;
use super::words;
use crate::oracle::Stray;

use ids::*;

rules! {
    // startup
    PERSISTENT = worker 1, FLAG_ANYWHERE = worker 2, UNKNOWN_FLAG = worker 3, ONE_SHOT = worker 4,
    ONE_SHOT_ARGFILE = worker 5, ARGFILE = worker 6, ONE_SHOT_STATUS = worker 8, ONE_SHOT_SAME = worker 9,
    // reading
    MULTI_BYTE_LENGTH = worker 10, LARGE = worker 11, SPLIT = worker 12, COALESCED = worker 13,
    EMPTY = worker 14, UNKNOWN_FIELDS = worker 15, SPARSE = worker 16, EXPLICIT_DEFAULTS = worker 17,
    REORDERED = worker 18, WHITESPACE = worker 19, NO_NEWLINE = worker 20, ESCAPED = worker 21,
    ODD_DIGEST = worker 22, NON_ASCII = worker 23, MALFORMED_ENDS = worker 24,
    MALFORMED_UNANSWERED = worker 25, MALFORMED_LOGGED = worker 26, TRUNCATED_UNANSWERED = worker 27,
    MALFORMED_STATUS = worker 28, WRONG_WIRE_TYPE_SENT = worker 29,
    // output
    STRAY = worker 30, ANSWERED = worker 31, SURPLUS = worker 32, ECHO_ID = worker 33, FLUSHED = worker 34,
    WHOLE = worker 35, RESPONSE_WELL_FORMED = worker 36, SHORTEST_LENGTH = worker 37, COMPLETE = worker 38,
    UTF8 = worker 39, STRICT_JSON = worker 40, JSON_NAMES = worker 41, JSON_TYPES = worker 42,
    JSON_DUPLICATE = worker 43, BARE_OBJECT = worker 44, JSON_NEWLINE = worker 45,
    RESPONSE_UNKNOWN = worker 46, STDOUT_OPEN = worker 47, CANONICAL = worker 48,
    // request loop
    DIES_UNANSWERED = worker 50, DIES_ANSWERED = worker 51, DIES_FAILED = worker 52, EXIT_CODE = worker 53,
    OUTPUTS = worker 54, WRITES_LATER = worker 55, CRASH = worker 56, STDIN_KEPT = worker 57,
    STATE = worker 58, STALE = worker 59, TEMPORARY = worker 60, KEPT_OPEN = worker 61,
    OUTPUT_MIXED = worker 62, PIPELINED = worker 63, IMMEDIATE = worker 64, MEMORY = worker 65,
    BESIDE = worker 67, DIAGNOSTICS = worker 68, UNDECLARED_READ = worker 69,
    // multiplexing
    ZERO_ID = worker 70, HIGH_ID = worker 71, NEGATIVE_ID = worker 72, REUSED_ID = worker 73,
    CONCURRENT = worker 74, PARALLEL = worker 75, ANSWER_ORDER = worker 76, DUPLICATE_ID = worker 77,
    // cancellation
    CANCEL_IS_NO_WORK = worker 80, CANCEL_UNKNOWN = worker 81, CANCEL_LATE = worker 82,
    CANCEL_TWICE = worker 83, CANCEL_ANSWERED = worker 84, WAS_CANCELLED = worker 85,
    CANCEL_PROMPT = worker 86, CANCEL_UNDECLARED = worker 87, CANCEL_FIELDS = worker 88,
    CANCEL_RESULT = worker 89, CANCELLED_WRITES = worker 90, CANCEL_NEIGHBOUR = worker 91,
    // sandboxing
    SANDBOX_READ = worker 100, SANDBOX_WRITE = worker 101, SANDBOX_REFUSED = worker 102,
    SANDBOX_ABSOLUTE = worker 103, SANDBOX_EMPTY = worker 105, SANDBOX_REMEMBERED = worker 106,
    SANDBOX_ARGFILE = worker 107,
    // shutdown
    EOF_IDLE = worker 110, EOF_OPEN = worker 111, EOF_ABANDONS = worker 112, EOF_STATUS = worker 113,
    TERM_IDLE = worker 114, TERM_OPEN = worker 115, SURVIVORS = worker 116, TERM_STATUS = worker 117,
    // logs
    VERBOSITY = worker 120, VERBOSITY_LOGS = worker 121, VERBOSITY_RESULT = worker 122, STDERR = worker 123,
}

violations! {
    /// One way in which a worker breaks a requirement.
    #[derive(Debug, Clone, PartialEq)]
    pub enum WorkerViolation {
        Stray { kind: Stray, bytes: Vec<u8>, offset: u64 } breaks STRAY =>
            "{} at offset {offset} of stdout where a response was expected: {}",
            words::counted(bytes.len(), "byte"), kind.describe();
        Unanswered { id: i32, limit: Duration } breaks ANSWERED =>
            "no response to request {id} within {}", words::time(*limit);
        /// A response to no open request. `answered`: its id was answered before.
        Surplus { id: i32, answered: bool } breaks SURPLUS => "{}", words::surplus(*id, *answered);
        WrongId { got: i32, open: Vec<i32> } breaks ECHO_ID =>
            "a response with request_id {got}; open: {}", words::list(open);
        HeldBack { id: i32 } breaks FLUSHED =>
            "the response to request {id} came only when the client sent more or closed stdin";
        BadBody { error: String, bytes: Vec<u8>, offset: u64 } breaks RESPONSE_WELL_FORMED =>
            "the frame at offset {offset} of stdout is no WorkResponse: {error}";
        BadJson { error: String, bytes: Vec<u8>, offset: u64 } breaks STRICT_JSON =>
            "the object at offset {offset} of stdout is not valid JSON: {error}";
        WrongWireType { field: String } breaks RESPONSE_WELL_FORMED =>
            "field `{field}` has the wrong wire type";
        OverlongLength { prefix: usize, length: usize } breaks SHORTEST_LENGTH =>
            "the length {length} is written in {}, more than it needs", words::counted(*prefix, "byte");
        /// A frame that was begun and not completed.
        Incomplete { declared: Option<u64>, got: usize, bytes: Vec<u8> } breaks COMPLETE =>
            "{}", words::incomplete(*declared, *got);
        TooLarge { declared: u64 } breaks COMPLETE =>
            "a frame declares {declared} bytes, more than the {MAX_MESSAGE} that a message may have";
        /// An object that was over the limit when it was not complete yet.
        ObjectTooLarge { offset: u64 } breaks COMPLETE =>
            "the object at offset {offset} of stdout has more than the {MAX_MESSAGE} bytes that a message may have";
        InvalidUtf8 { field: Option<String> } breaks UTF8 =>
            "{} is not valid UTF-8", words::field_or(field.as_deref(), "the response");
        OriginalName { field: String } breaks JSON_NAMES => "the key `{field}` is in snake_case";
        JsonType { field: String, found: &'static str } breaks JSON_TYPES => "`{field}` is {found}";
        DuplicateKey { field: String } breaks JSON_DUPLICATE => "the key `{field}` stands twice";
        BareObject breaks BARE_OBJECT => "the response is the bare object `{{}}`";
        UnknownField { field: String } breaks RESPONSE_UNKNOWN =>
            "the response has the unknown field `{field}`";
        /// A field twice, an over-long varint, a number outside its range.
        NotCanonical { what: &'static str, field: String } breaks CANONICAL => "`{field}`: {what}";
        StdoutClosed { limit: Duration } breaks STDOUT_OPEN =>
            "stdout was closed and the process still lived {} later", words::time(*limit);
        StdinClosed { limit: Duration } breaks PERSISTENT =>
            "the worker closed its stdin and the process still lived {} later", words::time(*limit);
        NeverServed { status: ExitStatus } breaks PERSISTENT =>
            "the process ended with {status} before it answered anything";
        DiedUnanswered { status: ExitStatus, open: Vec<i32> } breaks DIES_UNANSWERED =>
            "the process ended with {status} {}", words::while_open(open);
        DiedAnswered { status: ExitStatus } breaks DIES_ANSWERED =>
            "the process ended with {status} right behind a response, with stdin open";
        DiedFailed { status: ExitStatus, exit_code: i32 } breaks DIES_FAILED =>
            "the process ended with {status} behind a response with exit_code {exit_code}, with stdin open";
        MalformedIgnored { limit: Duration } breaks MALFORMED_ENDS =>
            "the process went on for {} behind bytes that are no request", words::time(*limit);
        MalformedAnswered { id: i32 } breaks MALFORMED_UNANSWERED =>
            "bytes that are no request were answered (request_id {id})";
        MalformedSilent breaks MALFORMED_LOGGED => "nothing on stderr about bytes that are no request";
        TruncatedAnswered { id: i32 } breaks TRUNCATED_UNANSWERED =>
            "a request that was cut short by the end of stdin was answered (request_id {id})";
        ExitCode { name: String, expected: String, got: i32, output: String } breaks EXIT_CODE =>
            "request `{name}` gave exit_code {got} instead of {expected}{}", words::with_output(output);
        OutputText { name: String, expected: String, got: String } breaks DIAGNOSTICS =>
            "the output of request `{name}` lacks {}; it is {}", words::quoted(expected), words::quoted(got);
        OutputMixed { name: String, other: String } breaks OUTPUT_MIXED =>
            "the output of request `{name}` has the text of request `{other}`";
        CrashSilent { name: String } breaks CRASH =>
            "request `{name}` failed from inside and its output is empty";
        OutputFile { name: String, path: String, found: String } breaks OUTPUTS =>
            "when the response to request `{name}` came, `{path}` was {found}";
        WrittenLater { path: String } breaks WRITES_LATER => "`{path}` changed after the response";
        HeldUp { slow: i32, quick: i32 } breaks CONCURRENT =>
            "request {quick}, which is quick, was answered only after request {slow}, which is slow";
        CancelAnswered { id: i32 } breaks CANCEL_IS_NO_WORK =>
            "the cancel of request {id} got a response of its own";
        CancelUnknownAnswered { id: i32 } breaks CANCEL_UNKNOWN =>
            "a cancel for id {id}, which was never sent, got a response";
        CancelLateAnswered { id: i32 } breaks CANCEL_LATE =>
            "a cancel for id {id}, which was answered before, got a response";
        CancelTwiceAnswered { id: i32 } breaks CANCEL_TWICE =>
            "the second cancel of request {id} got a response";
        CancelUndeclaredAnswered { id: i32 } breaks CANCEL_UNDECLARED =>
            "a cancel for id {id} was run as work";
        WasCancelledUnasked { id: i32 } breaks WAS_CANCELLED =>
            "the response to request {id} says was_cancelled, and no cancel was sent";
        NeighbourCancelled { id: i32 } breaks CANCEL_NEIGHBOUR =>
            "request {id} was answered with was_cancelled, but another one was cancelled";
        CancelSlow { id: i32, took: Duration, uncancelled: Duration } breaks CANCEL_PROMPT =>
            "cancelled request {id} was answered after {}; without a cancel it takes {}",
            words::time(*took), words::time(*uncancelled);
        EofIgnored { open: usize, limit: Duration } breaks if *open == 0 { EOF_IDLE } else { EOF_OPEN } =>
            "the process still lived {} after the end of stdin{}",
            words::time(*limit), words::with_open(*open);
        EofStatus { status: ExitStatus } breaks EOF_STATUS => "{status} after the end of stdin while idle";
        TermIgnored { open: usize, limit: Duration } breaks if *open == 0 { TERM_IDLE } else { TERM_OPEN } =>
            "the process still lived {} after SIGTERM{}", words::time(*limit), words::with_open(*open);
        Survivors { names: Vec<String> } breaks SURVIVORS =>
            "left behind when the worker had ended: {}", names.join(", ");
        OneShotStays { limit: Duration } breaks ONE_SHOT =>
            "started without --persistent_worker, the process still lived after {}", words::time(*limit);
        OneShotAnswers breaks ONE_SHOT =>
            "started without --persistent_worker, the process answered a request from stdin";
        OneShotStatus { expected_success: bool, status: ExitStatus, argfile: bool }
            breaks if *argfile { ONE_SHOT_ARGFILE } else { ONE_SHOT_STATUS } =>
                "one-shot work that is to {}{} ended with {status}",
                if *expected_success { "succeed" } else { "fail" },
                if *argfile { ", its arguments in an argfile," } else { "" };
        /// Another result than alone in a fresh worker. `text`: only `output` differs.
        Differs { name: String, what: String, text: bool } breaks STATE =>
            "`{name}` gives another result than alone in a fresh worker: {what}";
        OneShotDiffers { name: String, what: String } breaks ONE_SHOT_SAME =>
            "`{name}` gives another result in one-shot mode than in worker mode: {what}";
        OutsideSandbox { name: String, path: String } breaks SANDBOX_WRITE =>
            "`{name}` wrote {path}, which is outside of its sandbox_dir";
        SandboxIgnored { name: String, found: String } breaks SANDBOX_REFUSED =>
            "`{name}` was sent with a sandbox_dir: {found}";
        CancelledWrites { path: String } breaks CANCELLED_WRITES =>
            "{path} was written after the response with was_cancelled";
        KeptOpen { paths: Vec<String> } breaks KEPT_OPEN =>
            "still open after the response: {}", paths.join(", ");
        VerbosityIgnored { quiet: u64, verbose: u64 } breaks VERBOSITY_LOGS =>
            "{quiet} bytes on stderr for a request with verbosity 0, {verbose} with verbosity 10";
    }
}

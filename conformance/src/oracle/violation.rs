//! Every way in which a worker can be wrong, each a named variant.

use std::time::Duration;

use crate::history::ExitStatus;
use pwp_spec::RequirementId;

use super::{Look, ids};

/// One way to break a requirement.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the fields are what the variant's sentence names")]
pub enum Violation {
    /// Bytes on stdout that are no response.
    Stray { look: Look, bytes: Vec<u8>, offset: u64 },
    /// A request without an answer.
    Unanswered { id: i32, limit: Duration },
    /// A response to no open request. `answered`: its id was answered before.
    Surplus { id: i32, answered: bool },
    /// A response with an id that no request had.
    WrongId { got: i32, open: Vec<i32> },
    /// A response that came only when the client closed stdin or sent more.
    HeldBack { id: i32 },
    /// The body of a frame is no `WorkResponse`.
    BadBody { error: String, bytes: Vec<u8>, offset: u64 },
    /// A JSON object that RFC 8259 does not allow.
    BadJson { error: String, bytes: Vec<u8>, offset: u64 },
    /// A known field has another wire type.
    WrongWireType { field: String },
    /// A length prefix that is longer than needed.
    OverlongLength { prefix: usize, length: usize },
    /// A frame that was begun and not completed.
    Incomplete { declared: Option<u64>, got: usize, bytes: Vec<u8> },
    /// A declared length that no client accepts.
    TooLarge { declared: u64 },
    /// Text that is not UTF-8.
    InvalidUtf8 { field: Option<String> },
    /// A snake_case name.
    OriginalName { field: String },
    /// A value of another type.
    JsonType { field: String, found: &'static str },
    /// A name twice.
    DuplicateKey { field: String },
    /// `{}`.
    BareObject,
    /// A field that `WorkResponse` does not have.
    UnknownField { field: String },
    /// A field twice, an over-long varint, a number outside its range.
    NotCanonical { what: &'static str, field: String },
    /// Stdout ended and the process lives.
    StdoutClosed { limit: Duration },
    /// It closed its stdin and lives.
    StdinClosed { limit: Duration },
    /// It never served a request.
    NeverServed { status: ExitStatus },
    /// It ended with requests open.
    DiedUnanswered { status: ExitStatus, open: Vec<i32> },
    /// It ended behind a response.
    DiedAnswered { status: ExitStatus },
    /// It ended behind a response that told of a failure.
    DiedFailed { status: ExitStatus, exit_code: i32 },
    /// It lives on behind bytes that are no request.
    MalformedIgnored { limit: Duration },
    /// It answered bytes that are no request.
    MalformedAnswered { id: i32 },
    /// It said nothing about bytes that are no request.
    MalformedSilent,
    /// It answered a request that was cut short.
    TruncatedAnswered { id: i32 },
    /// The exit code is not what the workload says.
    ExitCode { name: String, expected: String, got: i32, output: String },
    /// The output lacks the text that the workload gives.
    OutputText { name: String, expected: String, got: String },
    /// The output of a request carries the text of another one.
    OutputMixed { name: String, other: String },
    /// An internal error without a message.
    CrashSilent { name: String },
    /// A declared output is not there, or not as it should be, when the response comes.
    OutputFile { name: String, path: String, found: String },
    /// A file changed after the response.
    WrittenLater { path: String },
    /// A quick request waited for a slow one.
    HeldUp { slow: i32, quick: i32 },
    /// A cancel was answered itself.
    CancelAnswered { id: i32 },
    /// A cancel for an unknown id was answered.
    CancelUnknownAnswered { id: i32 },
    /// A cancel for an answered id was answered.
    CancelLateAnswered { id: i32 },
    /// A second cancel was answered.
    CancelTwiceAnswered { id: i32 },
    /// A worker that does not know cancels ran one as work.
    CancelUndeclaredAnswered { id: i32 },
    /// `was_cancelled` without a cancel.
    WasCancelledUnasked { id: i32 },
    /// `was_cancelled` for another request than the one that was cancelled.
    NeighbourCancelled { id: i32 },
    /// A cancel that changed nothing.
    CancelSlow { id: i32, took: Duration, uncancelled: Duration },
    /// It lives on after the end of stdin.
    EofIgnored { open: usize, limit: Duration },
    /// Another exit status than 0 after the end of stdin.
    EofStatus { status: ExitStatus },
    /// It lives on after SIGTERM.
    TermIgnored { open: usize, limit: Duration },
    /// Processes outlive it.
    Survivors { names: Vec<String> },
    /// Without the flag it waits instead of working.
    OneShotStays { limit: Duration },
    /// Without the flag it answers requests.
    OneShotAnswers,
    /// The exit status does not tell success from failure.
    OneShotStatus { expected_success: bool, status: ExitStatus, argfile: bool },
    /// Another result than alone in a fresh worker. `text`: only `output` differs.
    Differs { name: String, what: String, text: bool },
    /// Another result in one-shot mode than in worker mode.
    OneShotDiffers { name: String, what: String },
    /// A file of a sandboxed request outside of its sandbox.
    OutsideSandbox { name: String, path: String },
    /// A worker that does not know `sandbox_dir` neither refused nor followed it.
    SandboxIgnored { name: String, found: String },
    /// A file of a cancelled request changed after its response.
    CancelledWrites { path: String },
    /// Inputs that are open after the response.
    KeptOpen { paths: Vec<String> },
    /// Verbosity made no difference on stderr.
    VerbosityIgnored { quiet: u64, verbose: u64 },
}

impl Violation {
    /// The requirement that this breaks, if nothing more specific is found to be the cause.
    pub fn requirement(&self) -> RequirementId {
        match self {
            Self::Stray { .. } => ids::STRAY,
            Self::Unanswered { .. } => ids::ANSWERED,
            Self::Surplus { .. } => ids::SURPLUS,
            Self::WrongId { .. } => ids::ECHO_ID,
            Self::HeldBack { .. } => ids::FLUSHED,
            Self::BadBody { .. } | Self::WrongWireType { .. } => ids::WELL_FORMED,
            Self::BadJson { .. } => ids::STRICT_JSON,
            Self::OverlongLength { .. } => ids::SHORTEST_LENGTH,
            Self::Incomplete { .. } | Self::TooLarge { .. } => ids::COMPLETE,
            Self::InvalidUtf8 { .. } => ids::UTF8,
            Self::OriginalName { .. } => ids::JSON_NAMES,
            Self::JsonType { .. } => ids::JSON_TYPES,
            Self::DuplicateKey { .. } => ids::JSON_DUPLICATE,
            Self::BareObject => ids::BARE_OBJECT,
            Self::UnknownField { .. } => ids::RESPONSE_UNKNOWN,
            Self::NotCanonical { .. } => ids::CANONICAL,
            Self::StdoutClosed { .. } => ids::STDOUT_OPEN,
            Self::StdinClosed { .. } | Self::NeverServed { .. } => ids::PERSISTENT,
            Self::DiedUnanswered { .. } => ids::DIES_UNANSWERED,
            Self::DiedAnswered { .. } => ids::DIES_ANSWERED,
            Self::DiedFailed { .. } => ids::DIES_FAILED,
            Self::MalformedIgnored { .. } => ids::MALFORMED_ENDS,
            Self::MalformedAnswered { .. } => ids::MALFORMED_UNANSWERED,
            Self::MalformedSilent => ids::MALFORMED_LOGGED,
            Self::TruncatedAnswered { .. } => ids::TRUNCATED_UNANSWERED,
            Self::ExitCode { .. } | Self::OutputText { .. } => ids::EXIT_CODE,
            Self::OutputMixed { .. } => ids::OUTPUT_MIXED,
            Self::CrashSilent { .. } => ids::CRASH,
            Self::OutputFile { .. } => ids::OUTPUTS,
            Self::WrittenLater { .. } => ids::WRITES_LATER,
            Self::HeldUp { .. } => ids::CONCURRENT,
            Self::CancelAnswered { .. } => ids::CANCEL_IS_NO_WORK,
            Self::CancelUnknownAnswered { .. } => ids::CANCEL_UNKNOWN,
            Self::CancelLateAnswered { .. } => ids::CANCEL_LATE,
            Self::CancelTwiceAnswered { .. } => ids::CANCEL_TWICE,
            Self::CancelUndeclaredAnswered { .. } => ids::CANCEL_UNDECLARED,
            Self::WasCancelledUnasked { .. } => ids::WAS_CANCELLED,
            Self::NeighbourCancelled { .. } => ids::CANCEL_NEIGHBOUR,
            Self::CancelSlow { .. } => ids::CANCEL_PROMPT,
            Self::EofIgnored { open: 0, .. } => ids::EOF_IDLE,
            Self::EofIgnored { .. } => ids::EOF_OPEN,
            Self::EofStatus { .. } => ids::EOF_STATUS,
            Self::TermIgnored { open: 0, .. } => ids::TERM_IDLE,
            Self::TermIgnored { .. } => ids::TERM_OPEN,
            Self::Survivors { .. } => ids::SURVIVORS,
            Self::OneShotStays { .. } | Self::OneShotAnswers => ids::ONE_SHOT,
            Self::OneShotStatus { argfile: true, .. } => ids::ONE_SHOT_ARGFILE,
            Self::OneShotStatus { .. } => ids::ONE_SHOT_STATUS,
            Self::Differs { .. } => ids::STATE,
            Self::OneShotDiffers { .. } => ids::ONE_SHOT_SAME,
            Self::OutsideSandbox { .. } => ids::SANDBOX_WRITE,
            Self::SandboxIgnored { .. } => ids::SANDBOX_REFUSED,
            Self::CancelledWrites { .. } => ids::CANCELLED_WRITES,
            Self::KeptOpen { .. } => ids::KEPT_OPEN,
            Self::VerbosityIgnored { .. } => ids::VERBOSITY_LOGS,
        }
    }

    /// True for a violation that is known only because a time limit passed.
    pub fn is_a_hang(&self) -> bool {
        matches!(
            self,
            Self::Unanswered { .. }
                | Self::HeldBack { .. }
                | Self::Incomplete { .. }
                | Self::StdoutClosed { .. }
                | Self::StdinClosed { .. }
                | Self::MalformedIgnored { .. }
                | Self::EofIgnored { .. }
                | Self::TermIgnored { .. }
                | Self::OneShotStays { .. }
        )
    }

    /// The time limit that passed, where it is about one.
    pub fn limit(&self) -> Option<Duration> {
        match self {
            Self::Unanswered { limit, .. }
            | Self::StdoutClosed { limit }
            | Self::StdinClosed { limit }
            | Self::MalformedIgnored { limit }
            | Self::EofIgnored { limit, .. }
            | Self::TermIgnored { limit, .. }
            | Self::OneShotStays { limit } => Some(*limit),
            _ => None,
        }
    }

    /// The name of the variant, by which two violations are the same symptom.
    pub fn symptom(&self) -> std::mem::Discriminant<Self> {
        std::mem::discriminant(self)
    }

    /// The bytes that show it, if it is about bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Stray { bytes, .. }
            | Self::BadBody { bytes, .. }
            | Self::BadJson { bytes, .. }
            | Self::Incomplete { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// What to do about it, where that depends on what was seen and not only on the requirement.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Stray { look, .. } => Some(look.remedy()),
            _ => None,
        }
    }
}

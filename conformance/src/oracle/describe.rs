//! Violations in words: what was seen, in one sentence, without the requirement's own text.

use std::fmt;
use std::time::Duration;

use super::Violation;

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stray { look, bytes, offset } => write!(
                f,
                "{} at offset {offset} of stdout where a response was expected: {}",
                counted(bytes.len(), "byte"),
                look.describe()
            ),
            Self::Unanswered { id, limit } => {
                write!(f, "no response to request {id} within {}", time(*limit))
            }
            Self::Surplus { id, answered: true } => write!(f, "a second response to request {id}"),
            Self::Surplus { id, .. } => {
                write!(f, "a response with request_id {id} although no request is open")
            }
            Self::WrongId { got, open } => {
                write!(f, "a response with request_id {got}; open: {}", list(open))
            }
            Self::HeldBack { id } => {
                write!(f, "the response to request {id} came only when the client sent more or closed stdin")
            }
            Self::BadBody { error, offset, .. } => {
                write!(f, "the frame at offset {offset} of stdout is no WorkResponse: {error}")
            }
            Self::BadJson { error, offset, .. } => {
                write!(f, "the object at offset {offset} of stdout is not valid JSON: {error}")
            }
            Self::WrongWireType { field } => write!(f, "field `{field}` has the wrong wire type"),
            Self::OverlongLength { prefix, length } => {
                write!(
                    f,
                    "the length {length} is written in {}, more than it needs",
                    counted(*prefix, "byte")
                )
            }
            Self::Incomplete { declared: Some(declared), got, .. } => {
                write!(f, "a frame that declares {declared} bytes was left at {got}")
            }
            Self::Incomplete { got, .. } => {
                write!(f, "a response was left incomplete after {}", counted(*got, "byte"))
            }
            Self::TooLarge { declared } => write!(f, "a frame declares {declared} bytes"),
            Self::InvalidUtf8 { field } => {
                let field = field.as_ref().map(|field| format!("`{field}`"));
                write!(f, "{} is not valid UTF-8", field.as_deref().unwrap_or("the response"))
            }
            Self::OriginalName { field } => write!(f, "the key `{field}` is in snake_case"),
            Self::JsonType { field, found } => write!(f, "`{field}` is {found}"),
            Self::DuplicateKey { field } => write!(f, "the key `{field}` stands twice"),
            Self::BareObject => f.write_str("the response is the bare object `{}`"),
            Self::UnknownField { field } => write!(f, "the response has the unknown field `{field}`"),
            Self::NotCanonical { what, field } => write!(f, "`{field}`: {what}"),
            Self::StdoutClosed { limit } => {
                write!(f, "stdout was closed and the process still lived {} later", time(*limit))
            }
            Self::StdinClosed { limit } => {
                write!(f, "the worker closed its stdin and the process still lived {} later", time(*limit))
            }
            Self::NeverServed { status } => {
                write!(f, "the process ended with {status} before it answered anything")
            }
            Self::DiedUnanswered { status, open } if open.is_empty() => {
                write!(f, "the process ended with {status} in the middle of a request or behind a cancel")
            }
            Self::DiedUnanswered { status, open } => {
                write!(f, "the process ended with {status} while requests were open: {}", list(open))
            }
            Self::DiedAnswered { status } => {
                write!(f, "the process ended with {status} right behind a response, with stdin open")
            }
            Self::DiedFailed { status, exit_code } => write!(
                f,
                "the process ended with {status} behind a response with exit_code {exit_code}, with stdin open"
            ),
            Self::MalformedIgnored { limit } => {
                write!(f, "the process went on for {} behind bytes that are no request", time(*limit))
            }
            Self::MalformedAnswered { id } => {
                write!(f, "bytes that are no request were answered (request_id {id})")
            }
            Self::MalformedSilent => f.write_str("nothing on stderr about bytes that are no request"),
            Self::TruncatedAnswered { id } => {
                write!(f, "a request that was cut short by the end of stdin was answered (request_id {id})")
            }
            Self::ExitCode { name, expected, got, output } => {
                write!(f, "request `{name}` gave exit_code {got} instead of {expected}")?;
                if output.is_empty() { Ok(()) } else { write!(f, "; output: {}", quoted(output)) }
            }
            Self::OutputText { name, expected, got } => {
                write!(f, "the output of request `{name}` lacks {}; it is {}", quoted(expected), quoted(got))
            }
            Self::OutputMixed { name, other } => {
                write!(f, "the output of request `{name}` has the text of request `{other}`")
            }
            Self::CrashSilent { name } => {
                write!(f, "request `{name}` failed from inside and its output is empty")
            }
            Self::OutputFile { name, path, found } => {
                write!(f, "when the response to request `{name}` came, `{path}` was {found}")
            }
            Self::WrittenLater { path } => write!(f, "`{path}` changed after the response"),
            Self::HeldUp { slow, quick } => {
                write!(
                    f,
                    "request {quick}, which is quick, was answered only after request {slow}, which is slow"
                )
            }
            Self::CancelAnswered { id } => write!(f, "the cancel of request {id} got a response of its own"),
            Self::CancelUnknownAnswered { id } => {
                write!(f, "a cancel for id {id}, which was never sent, got a response")
            }
            Self::CancelLateAnswered { id } => {
                write!(f, "a cancel for id {id}, which was answered before, got a response")
            }
            Self::CancelTwiceAnswered { id } => write!(f, "the second cancel of request {id} got a response"),
            Self::CancelUndeclaredAnswered { id } => write!(f, "a cancel for id {id} was run as work"),
            Self::WasCancelledUnasked { id } => {
                write!(f, "the response to request {id} says was_cancelled, and no cancel was sent")
            }
            Self::NeighbourCancelled { id } => {
                write!(f, "request {id} was answered with was_cancelled, but another one was cancelled")
            }
            Self::CancelSlow { id, took, uncancelled } => write!(
                f,
                "cancelled request {id} was answered after {}; without a cancel it takes {}",
                time(*took),
                time(*uncancelled)
            ),
            Self::EofIgnored { open, limit } => {
                write!(
                    f,
                    "the process still lived {} after the end of stdin{}",
                    time(*limit),
                    with_open(*open)
                )
            }
            Self::EofStatus { status } => write!(f, "{status} after the end of stdin while idle"),
            Self::TermIgnored { open, limit } => {
                write!(f, "the process still lived {} after SIGTERM{}", time(*limit), with_open(*open))
            }
            Self::Survivors { names } => {
                write!(f, "left behind when the worker had ended: {}", names.join(", "))
            }
            Self::OneShotStays { limit } => {
                write!(
                    f,
                    "started without --persistent_worker, the process still lived after {}",
                    time(*limit)
                )
            }
            Self::OneShotAnswers => {
                f.write_str("started without --persistent_worker, the process answered a request from stdin")
            }
            Self::OneShotStatus { expected_success, status, argfile } => write!(
                f,
                "one-shot work that is to {}{} ended with {status}",
                if *expected_success { "succeed" } else { "fail" },
                if *argfile { ", its arguments in an argfile," } else { "" }
            ),
            Self::Differs { name, what, .. } => {
                write!(f, "`{name}` gives another result than alone in a fresh worker: {what}")
            }
            Self::OneShotDiffers { name, what } => {
                write!(f, "`{name}` gives another result in one-shot mode than in worker mode: {what}")
            }
            Self::OutsideSandbox { name, path } => {
                write!(f, "`{name}` wrote {path}, which is outside of its sandbox_dir")
            }
            Self::SandboxIgnored { name, found } => {
                write!(f, "`{name}` was sent with a sandbox_dir: {found}")
            }
            Self::CancelledWrites { path } => {
                write!(f, "{path} was written after the response with was_cancelled")
            }
            Self::KeptOpen { paths } => {
                write!(f, "still open after the response: {}", paths.join(", "))
            }
            Self::VerbosityIgnored { quiet, verbose } => write!(
                f,
                "{quiet} bytes on stderr for a request with verbosity 0, {verbose} with verbosity 10"
            ),
        }
    }
}

fn time(limit: Duration) -> String {
    if limit < Duration::from_secs(1) {
        format!("{} ms", limit.as_millis())
    } else {
        format!("{:.1} s", limit.as_secs_f64())
    }
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn list(ids: &[i32]) -> String {
    let shown: Vec<String> = ids.iter().take(8).map(ToString::to_string).collect();
    let more = if ids.len() > 8 { format!(" and {} more", ids.len() - 8) } else { String::new() };
    if shown.is_empty() { "none".into() } else { format!("{}{more}", shown.join(", ")) }
}

fn with_open(open: usize) -> String {
    if open == 0 { String::new() } else { format!(", with {} open", counted(open, "request")) }
}

pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(160).collect();
    format!("{short:?}{}", if short.len() < text.len() { "…" } else { "" })
}

//! How the result of a request differs from what the workload says, and from what the request gave alone in a fresh worker.

use pwp_proto::WorkResponse;

use crate::history::{ExpectedOutcome, Reference, abridged};
use crate::oracle::WorkerViolation;
use crate::oracle::violation::words::{quoted, start};

/// How a response differs from what the workload says.
pub(super) fn mismatch(
    expected: &ExpectedOutcome,
    sandbox_dir: &str,
    response: &WorkResponse,
) -> Option<WorkerViolation> {
    let got = response.exit_code;
    let wrong = |wanted: String| {
        let output = start(&response.output);
        Some(WorkerViolation::ExitCode { name: expected.name.clone(), expected: wanted, got, output })
    };
    if let Some(code) = expected.exit_code
        && code != got
    {
        return wrong(code.to_string());
    }
    match expected.succeeds {
        Some(true) if got != 0 => return wrong("0".into()),
        Some(false) if got == 0 => return wrong("another than 0".into()),
        _ => {}
    }
    if expected.crashes && response.output.is_empty() {
        return Some(WorkerViolation::CrashSilent { name: expected.name.clone() });
    }
    if let Some(text) = &expected.output
        && !response.output.contains(text)
    {
        let (name, expected) = (expected.name.clone(), text.clone());
        return Some(WorkerViolation::OutputText { name, expected, got: start(&response.output) });
    }
    expected.reference.as_ref().and_then(|reference| differs(expected, reference, sandbox_dir, response))
}

/// How a response differs from what the request gave alone in a fresh worker.
///
/// A message that names a file may do so with the `sandbox_dir` in front: that is where the file is.
pub(super) fn differs(
    expected: &ExpectedOutcome,
    reference: &Reference,
    sandbox_dir: &str,
    response: &WorkResponse,
) -> Option<WorkerViolation> {
    let name = expected.name.clone();
    if reference.exit_code != response.exit_code {
        let what = format!("exit_code is {} instead of {}", response.exit_code, reference.exit_code);
        return Some(WorkerViolation::Differs { name, what, text: false });
    }
    let text = reference.output.as_ref()?;
    let same = match sandbox_dir {
        "" => *text == abridged(&response.output),
        folder => *text == abridged(&response.output.replace(&format!("{folder}/"), "")),
    };
    if same {
        return None;
    }
    let what = format!("output is {} instead of {}", quoted(&response.output), quoted(text));
    Some(WorkerViolation::Differs { name, what, text: true })
}

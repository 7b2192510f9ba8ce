//! Requests with a `sandbox_dir`: what they read and where they write, W-100 to W-107.

use std::sync::Arc;

use pwp_proto::{WorkRequest, WorkResponse};

use super::results::{OUT, first, other_bytes, other_output, placed, prints, refuses, unlike, writes};
use super::*;

const SANDBOXED: &str = "__sandbox/1/_main/out/a.o";

pub(super) fn sandboxed(outcome: ExpectedOutcome) -> ExpectedOutcome {
    placed(outcome, Place { sandboxed: true, ..Place::default() })
}

/// A request with this `sandbox_dir`.
pub(super) fn in_sandbox(id: i32) -> WorkRequest {
    WorkRequest { sandbox_dir: "__sandbox/1/_main".into(), ..request(id) }
}

/// A worker that declares all that `sandbox_dir` needs.
pub(super) fn multiplex_sandboxing(run: fn() -> Run) -> Run {
    run().multiplex().declares(Feature::MultiplexSandboxing)
}

pub(super) fn cases() -> Vec<Case> {
    [Run::proto, Run::json].into_iter().flat_map(in_sandboxes).collect()
}

fn in_sandboxes(start: fn() -> Run) -> Vec<Case> {
    let declared = || multiplex_sandboxing(start);
    let absolute = Place { sandboxed: true, absolute: true, ..Place::default() };
    let answered =
        |run: Run, outcome: ExpectedOutcome| run.expect(outcome).send(in_sandbox(1)).receive(response(1));
    let ignored =
        |found: &str| WorkerViolation::SandboxIgnored { name: "writes".into(), found: found.into() };
    vec![
        Case::new(
            "another output in a sandbox",
            declared().expect(sandboxed(prints())).send(in_sandbox(1)).receive(says(1, "other")).ends(),
            other_output(),
            58,
        )
        .suspects(&[100]),
        Case::new(
            "an absolute path in a sandbox",
            answered(declared(), placed(writes(), absolute)).file(0, SANDBOXED, unlike()).ends(),
            other_bytes(SANDBOXED),
            58,
        )
        .suspects(&[100, 103]),
        Case::new(
            "an argfile in a sandbox",
            answered(declared(), sandboxed(ExpectedOutcome { argfile: true, ..writes() }))
                .file(0, SANDBOXED, unlike())
                .ends(),
            other_bytes(SANDBOXED),
            58,
        )
        .suspects(&[6, 100, 107]),
        Case::new(
            "a second sandbox",
            answered(answered(declared(), sandboxed(succeeds("first"))), sandboxed(writes()))
                .file(1, SANDBOXED, unlike())
                .ends(),
            other_bytes(SANDBOXED),
            58,
        )
        .suspects(&[58, 73, 100, 106]),
        Case::new(
            "no sandbox behind a sandbox",
            answered(declared(), sandboxed(succeeds("first")))
                .expect(writes())
                .send(request(2))
                .receive(response(2))
                .file(1, OUT, unlike())
                .ends(),
            other_bytes(OUT),
            58,
        )
        .suspects(&[58, 100, 105]),
        Case::new(
            "a file outside of the sandbox",
            answered(declared(), sandboxed(writes()))
                .file(0, OUT, FileState::Elsewhere("out/a.o".into()))
                .ends(),
            WorkerViolation::OutsideSandbox { name: "writes".into(), path: OUT.into() },
            101,
        )
        .shown_by(&[2, 4]),
        Case::new(
            "fails without a word of the sandbox",
            start()
                .expect(sandboxed(writes()))
                .send(in_sandbox(1))
                .receive(WorkResponse { output: "no a.c".into(), ..failed(1, 1) })
                .ends(),
            ignored("exit code 1 without a word of the sandbox"),
            102,
        )
        .shown_by(&[2, 3]),
        Case::new(
            "writes outside of a sandbox that it does not know",
            answered(start(), sandboxed(writes())).file(0, OUT, FileState::Elsewhere(OUT.into())).ends(),
            ignored("exit code 0, and out/a.o was written outside of it"),
            102,
        )
        .shown_by(&[2, 4]),
        Case::new(
            "writes nothing into a sandbox that it does not know",
            answered(start(), sandboxed(writes())).file(0, SANDBOXED, FileState::Missing).ends(),
            ignored("exit code 0, and __sandbox/1/_main/out/a.o is not as it has to be"),
            102,
        ),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

/// The file is in the sandbox, so a message may say so.
#[test]
fn a_message_may_name_a_file_with_its_sandbox() {
    let warns = |text: &str| Reference { exit_code: 0, output: Some(text.into()), files: Default::default() };
    let outcome = |text| ExpectedOutcome { reference: Some(Arc::new(warns(text))), ..succeeds("warns") };
    let run = |output| {
        let run = multiplex_sandboxing(Run::proto).expect(sandboxed(outcome("a.c:1: b.h:2")));
        run.send(in_sandbox(1)).receive(says(1, output)).ends().finds()
    };
    run("__sandbox/1/_main/a.c:1: __sandbox/1/_main/b.h:2").nothing_wrong().upholds(&[100]);
    run("a.c:1: b.h:2").nothing_wrong().upholds(&[100]);
    assert_eq!(run("__sandbox/2/_main/a.c:1: b.h:2").breaches().len(), 1);
    let plain = first(Run::proto()).expect(outcome("a.c")).send(request(0));
    assert_eq!(plain.receive(says(0, "__sandbox/1/_main/a.c")).ends().finds().breaches().len(), 1);
}

#[test]
fn files_in_their_sandbox() {
    let run = multiplex_sandboxing(Run::proto).expect(sandboxed(writes())).send(in_sandbox(1));
    let found = run.receive(response(1)).file(0, SANDBOXED, FileState::Good(1)).ends().finds();
    found.nothing_wrong().upholds(&[54, 100, 101]).does_not_uphold(&[102, 105, 106]);
}

/// W-102 gives a worker that does not declare it two ways: to follow it all the same, or to say that it does not.
#[test]
fn a_sandbox_that_is_not_declared_is_refused_or_followed() {
    let sent = |outcome| Run::json().multiplex().expect(sandboxed(outcome)).send(in_sandbox(1));
    let refused = WorkResponse { output: "no support for sandbox_dir".into(), ..failed(1, 1) };
    let found = sent(writes()).receive(refused).ends().finds().nothing_wrong();
    found.upholds(&[102]).does_not_uphold(&[53, 100, 101]);
    let followed = sent(writes()).receive(response(1)).file(0, SANDBOXED, FileState::Good(1));
    followed.ends().finds().nothing_wrong().upholds(&[102]).does_not_uphold(&[54, 100, 101]);
    // Work that fails anyway says nothing, and neither does an answer without files.
    sent(refuses()).receive(failed(1, 3)).ends().finds().nothing_wrong().does_not_uphold(&[102]);
    sent(prints()).receive(says(1, "done")).ends().finds().nothing_wrong().does_not_uphold(&[102]);
    let found = sent(writes()).receive(response(1)).file(0, SANDBOXED, unlike()).ends().finds();
    found.nothing_wrong().does_not_uphold(&[102]);
    // What comes behind it is not judged by what it does not declare.
    let behind = sent(writes()).receive(response(1)).expect(prints()).send(request(2));
    let found = behind.receive(says(2, "done")).ends().finds().nothing_wrong();
    found.upholds(&[58]).does_not_uphold(&[100, 105, 106]);
}

//! Requests with a `sandbox_dir`: what they read and where they write, W-100 to W-107.

use std::sync::Arc;

use pwp_proto::{WorkRequest, WorkResponse};

use super::results::{OUT, first, other_bytes, other_output, placed, prints, refuses, unlike, writes};
use super::*;
use FileState::{Elsewhere, Good, Missing};
use WorkerViolation::*;

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
    DIALECTS.into_iter().flat_map(in_sandboxes).collect()
}

fn in_sandboxes(start: fn() -> Run) -> Vec<Case> {
    let answered = |run: Run, outcome| run.expect(outcome).send(in_sandbox(1)).answers(1);
    let declared = |outcome| answered(multiplex_sandboxing(start), outcome);
    let unlike = |run: Run, request, path| run.file(request, path, unlike()).ends();
    let other = multiplex_sandboxing(start).expect(sandboxed(prints())).send(in_sandbox(1));
    let absolute = Place { sandboxed: true, absolute: true, ..Place::default() };
    let argfile = sandboxed(ExpectedOutcome { argfile: true, ..writes() });
    let twice = answered(declared(sandboxed(succeeds("first"))), sandboxed(writes()));
    let behind = declared(sandboxed(succeeds("first"))).asks_for(writes(), 2).answers(2);
    let fails = start().expect(sandboxed(writes())).send(in_sandbox(1));
    let fails = fails.receive(WorkResponse { output: "no a.c".into(), ..failed(1, 1) });
    let unknown = |path, state| answered(start(), sandboxed(writes())).file(0, path, state).ends();
    let ignored = |found: &str| SandboxIgnored { name: "writes".into(), found: found.into() };
    vec![
        case("another output in a sandbox", other.says(1, "other").ends())
            .breaks(58, other_output())
            .suspects(&[100]),
        case("an absolute path", unlike(declared(placed(writes(), absolute)), 0, SANDBOXED))
            .breaks(58, other_bytes(SANDBOXED))
            .suspects(&[100, 103]),
        case("an argfile in a sandbox", unlike(declared(argfile), 0, SANDBOXED))
            .breaks(58, other_bytes(SANDBOXED))
            .suspects(&[6, 100, 107]),
        case("a second sandbox", unlike(twice, 1, SANDBOXED))
            .breaks(58, other_bytes(SANDBOXED))
            .suspects(&[58, 73, 100, 106]),
        case("no sandbox behind a sandbox", unlike(behind, 1, OUT))
            .breaks(58, other_bytes(OUT))
            .suspects(&[58, 100, 105]),
        case("outside", declared(sandboxed(writes())).file(0, OUT, Elsewhere(OUT.into())).ends())
            .breaks(101, OutsideSandbox { name: "writes".into(), path: OUT.into() })
            .shown_by(&[2, 4]),
        case("fails without a word of the sandbox", fails.ends())
            .breaks(102, ignored("exit code 1 without a word of the sandbox"))
            .shown_by(&[2, 3]),
        case("writes outside of a sandbox that it does not know", unknown(OUT, Elsewhere(OUT.into())))
            .breaks(102, ignored("exit code 0, and out/a.o was written outside of it"))
            .shown_by(&[2, 4]),
        case("writes nothing into a sandbox that it does not know", unknown(SANDBOXED, Missing))
            .breaks(102, ignored("exit code 0, and __sandbox/1/_main/out/a.o is not as it has to be")),
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
        run.send(in_sandbox(1)).says(1, output).ends()
    };
    check([
        case("with it", run("__sandbox/1/_main/a.c:1: __sandbox/1/_main/b.h:2")).upholds(&[100]),
        case("without it", run("a.c:1: b.h:2")).upholds(&[100]),
    ]);
    assert_eq!(run("__sandbox/2/_main/a.c:1: b.h:2").finds().breaches().len(), 1);
    let plain = first(Run::proto()).asks_for(outcome("a.c"), 0);
    assert_eq!(plain.says(0, "__sandbox/1/_main/a.c").ends().finds().breaches().len(), 1);
}

/// W-102 gives a worker that does not declare it two ways: to follow it all the same, or to say that it does not.
#[test]
fn a_sandbox_that_is_not_declared_is_refused_or_followed() {
    let sent = |outcome| Run::json().multiplex().expect(sandboxed(outcome)).send(in_sandbox(1));
    let written = |state| sent(writes()).answers(1).file(0, SANDBOXED, state).ends();
    let refused = WorkResponse { output: "no support for sandbox_dir".into(), ..failed(1, 1) };
    let declared = multiplex_sandboxing(Run::proto).expect(sandboxed(writes())).send(in_sandbox(1));
    check([
        case("declared", declared.answers(1).file(0, SANDBOXED, Good(1)).ends())
            .upholds(&[54, 100, 101])
            .does_not_uphold(&[102, 105, 106]),
        case("refused", sent(writes()).receive(refused).ends())
            .upholds(&[102])
            .does_not_uphold(&[53, 100, 101]),
        case("followed", written(Good(1))).upholds(&[102]).does_not_uphold(&[54, 100, 101]),
        // Work that fails anyway says nothing, and neither does an answer without files.
        case("fails anyway", sent(refuses()).fails(1, 3).ends()).does_not_uphold(&[102]),
        case("no files", sent(prints()).says(1, "done").ends()).does_not_uphold(&[102]),
        case("another file", written(unlike())).does_not_uphold(&[102]),
        // What comes behind it is not judged by what it does not declare.
        case("behind it", sent(writes()).answers(1).asks_for(prints(), 2).says(2, "done").ends())
            .upholds(&[58])
            .does_not_uphold(&[100, 105, 106]),
    ]);
}

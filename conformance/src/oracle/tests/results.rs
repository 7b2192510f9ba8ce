//! Results held against those of the request alone, and what is left behind: W-009, W-058 to W-061, W-067, W-069, W-090.

use std::sync::Arc;

use pwp_proto::WorkResponse;

use super::sandboxes::{in_sandbox, multiplex_sandboxing, sandboxed};
use super::*;

pub(super) const OUT: &str = "out/a.o";

/// As it is where it is measured: there are no inputs but its own.
pub(super) const MEASURED: Place =
    Place { sandboxed: false, absolute: false, only_inputs: true, changing: false };

/// Alone it gives exit code 0, the output `done` and no files.
pub(super) fn prints() -> ExpectedOutcome {
    let reference = Reference { exit_code: 0, output: Some("done".into()), files: Default::default() };
    ExpectedOutcome { reference: Some(Arc::new(reference)), place: MEASURED, ..succeeds("prints") }
}

/// Alone it gives exit code 0, an output that varies, and a file.
pub(super) fn writes() -> ExpectedOutcome {
    let reference = Reference { exit_code: 0, output: None, files: [(OUT.to_owned(), 7)].into() };
    ExpectedOutcome { reference: Some(Arc::new(reference)), place: MEASURED, ..succeeds("writes") }
}

/// Alone it gives exit code 3.
pub(super) fn refuses() -> ExpectedOutcome {
    let reference = Reference { exit_code: 3, output: None, files: Default::default() };
    ExpectedOutcome { reference: Some(Arc::new(reference)), place: MEASURED, ..fails("refuses") }
}

pub(super) fn placed(outcome: ExpectedOutcome, place: Place) -> ExpectedOutcome {
    ExpectedOutcome { place, ..outcome }
}

fn differs(name: &str, what: &str, text: bool) -> WorkerViolation {
    WorkerViolation::Differs { name: name.into(), what: what.into(), text }
}

pub(super) fn other_output() -> WorkerViolation {
    differs("prints", "output is \"other\" instead of \"done\"", true)
}

pub(super) fn other_bytes(path: &str) -> WorkerViolation {
    differs("writes", &format!("{path} has other bytes: \"xyz\""), false)
}

pub(super) fn unlike() -> FileState {
    FileState::Unlike(2, "xyz".into())
}

/// A request alone, as expected.
pub(super) fn first(run: Run) -> Run {
    run.expect(succeeds("first")).send(request(0)).receive(response(0))
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for start in [Run::proto, Run::json] {
        cases.extend(unlike_alone(start));
        cases.extend(one_shot(start));
        cases.extend(left_behind(start));
    }
    cases
}

fn unlike_alone(start: fn() -> Run) -> Vec<Case> {
    let changing = Place { changing: true, ..MEASURED };
    vec![
        Case::new(
            "another output behind another request",
            first(start()).expect(prints()).send(request(0)).receive(says(0, "other")).ends(),
            other_output(),
            58,
        )
        .suspects(&[58])
        .shown_by(&[5, 6]),
        Case::new(
            "another exit code than alone",
            first(start()).expect(refuses()).send(request(0)).receive(failed(0, 1)).ends(),
            differs("refuses", "exit_code is 1 instead of 3", false),
            58,
        )
        .suspects(&[58]),
        Case::new(
            "other bytes behind another request",
            first(start())
                .expect(writes())
                .send(request(0))
                .receive(response(0))
                .file(1, OUT, unlike())
                .ends(),
            other_bytes(OUT),
            58,
        )
        .suspects(&[58])
        .shown_by(&[5, 7]),
        Case::new(
            "a declared output is missing only behind another request",
            first(start())
                .expect(writes())
                .send(request(0))
                .receive(response(0))
                .file(1, OUT, FileState::Missing)
                .ends(),
            WorkerViolation::OutputFile { name: "writes".into(), path: OUT.into(), found: "missing".into() },
            54,
        )
        .suspects(&[58]),
        Case::new(
            "another output beside another request",
            start()
                .multiplex()
                .expect(prints())
                .send(request(1))
                .expect(succeeds("other"))
                .send(request(2))
                .receive(says(1, "other"))
                .receive(response(2))
                .ends(),
            other_output(),
            58,
        )
        .suspects(&[62]),
        Case::new(
            "other bytes beside another request",
            start()
                .multiplex()
                .expect(writes())
                .send(request(1))
                .expect(succeeds("other"))
                .send(request(2))
                .receive(response(1))
                .file(0, OUT, unlike())
                .receive(response(2))
                .ends(),
            other_bytes(OUT),
            58,
        )
        .suspects(&[67]),
        Case::new(
            "an old input",
            start()
                .expect(placed(succeeds("changed"), changing))
                .send(request(0))
                .receive(response(0))
                .expect(placed(writes(), changing))
                .send(request(0))
                .receive(response(0))
                .file(1, OUT, unlike())
                .ends(),
            other_bytes(OUT),
            58,
        )
        .suspects(&[58, 59]),
        Case::new(
            "fails among the inputs of others",
            start()
                .expect(placed(prints(), Place::default()))
                .send(request(0))
                .receive(WorkResponse { output: "two of b.h".into(), ..failed(0, 1) })
                .ends(),
            WorkerViolation::ExitCode {
                name: "prints".into(),
                expected: "0".into(),
                got: 1,
                output: "two of b.h".into(),
            },
            53,
        )
        .suspects(&[69]),
        Case::new(
            "fails behind walls",
            start().confined().expect(prints()).send(request(0)).receive(failed(0, 1)).ends(),
            WorkerViolation::ExitCode {
                name: "prints".into(),
                expected: "0".into(),
                got: 1,
                output: "".into(),
            },
            53,
        )
        .suspects(&[60]),
    ]
}

fn one_shot(start: fn() -> Run) -> Vec<Case> {
    let differs =
        |name: &str, what: &str| WorkerViolation::OneShotDiffers { name: name.into(), what: what.into() };
    let file = |state| start().one_shot(Some(writes())).exit(0).file(0, OUT, state).leaves(&[]);
    vec![
        Case::new(
            "another failure in one-shot mode",
            start().one_shot(Some(refuses())).exit(1).leaves(&[]),
            differs("refuses", "exit status 1 instead of exit_code 3"),
            9,
        )
        .shown_by(&[2]),
        Case::new(
            "other bytes in one-shot mode",
            file(unlike()),
            differs("writes", "out/a.o has other bytes: \"xyz\""),
            9,
        )
        .shown_by(&[3]),
        Case::new(
            "not what the workload says in one-shot mode",
            file(FileState::Different(2, "xyz".into())),
            differs("writes", "out/a.o has other bytes: \"xyz\""),
            9,
        ),
        Case::new(
            "no file in one-shot mode",
            file(FileState::Missing),
            differs("writes", "out/a.o is missing"),
            9,
        ),
    ]
}

fn left_behind(start: fn() -> Run) -> Vec<Case> {
    let stopped = || start().cancellation().expect(slow("link")).send(request(0)).send(cancel(0));
    let stopped = || stopped().receive(cancelled(0));
    let later = |run: Run, state| run.ends().file_at_end(0, OUT, state);
    let writes = || WorkerViolation::CancelledWrites { path: OUT.into() };
    vec![
        Case::new(
            "a file grows after was_cancelled",
            later(stopped().file(0, OUT, FileState::Good(1)), FileState::Good(2)),
            writes(),
            90,
        )
        .shown_by(&[5, 10]),
        Case::new(
            "a file appears after was_cancelled",
            later(stopped().file(0, OUT, FileState::Missing), FileState::Good(2)),
            writes(),
            90,
        ),
        Case::new(
            "an input is still open",
            first(start()).step(Event::OpenInputs(vec!["in/a.c".into(), "in/b.c".into()])).ends(),
            WorkerViolation::KeptOpen { paths: vec!["in/a.c".into(), "in/b.c".into()] },
            61,
        )
        .shown_by(&[4]),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

/// What a request gives alone is its measure; alone, it is measured itself and shows nothing of the others.
#[test]
fn the_same_as_alone() {
    let prints_again = |run: Run| run.expect(prints()).send(request(0)).receive(says(0, "done"));
    let found = prints_again(Run::proto()).ends().finds().nothing_wrong();
    found.upholds(&[53]).does_not_uphold(&[9, 58, 59, 60, 67, 69, 100]);
    let found = prints_again(first(Run::proto())).ends().finds().nothing_wrong();
    found.upholds(&[58]).does_not_uphold(&[59, 60, 67, 69, 100]);
    let refused = first(Run::json()).expect(refuses()).send(request(0)).receive(failed(0, 3)).ends();
    refused.finds().nothing_wrong().upholds(&[58]);
}

/// Where a request writes files, an answer without them shows nothing yet.
#[test]
fn files_have_the_last_word() {
    let answered = first(Run::proto()).expect(writes()).send(request(0)).receive(response(0));
    answered.clone().ends().finds().nothing_wrong().does_not_uphold(&[58]);
    answered.file(1, OUT, FileState::Good(1)).ends().finds().nothing_wrong().upholds(&[54, 58]);
}

#[test]
fn what_was_not_tried_alone_is_not_compared() {
    let run = first(Run::proto()).expect(succeeds("some")).send(request(0)).receive(says(0, "anything"));
    run.file(1, OUT, FileState::Good(3)).ends().finds().nothing_wrong().does_not_uphold(&[58]);
    // Nor is a text that was not the same each time.
    let varies = first(Run::proto()).expect(writes()).send(request(0)).receive(says(0, "anything"));
    varies.ends().finds().nothing_wrong();
}

#[test]
fn each_circumstance_is_upheld_where_it_is_and_nowhere_else() {
    let all = [58, 59, 60, 67, 69, 100, 103, 105, 106, 107];
    let found = |run: Run, upheld: &[u16]| {
        let rest: Vec<u16> = all.into_iter().filter(|number| !upheld.contains(number)).collect();
        run.ends().finds().nothing_wrong().upholds(upheld).does_not_uphold(&rest);
    };
    let one = |run: Run, outcome| run.expect(outcome).send(request(1)).receive(says(1, "done"));
    let boxed =
        |run: Run, outcome| run.expect(sandboxed(outcome)).send(in_sandbox(1)).receive(says(1, "done"));
    let at = |place: Place| placed(prints(), place);
    let start = || multiplex_sandboxing(Run::json);
    found(one(start(), prints()), &[]);
    found(one(one(start(), prints()), prints()), &[58]);
    found(one(start().confined(), prints()), &[60]);
    found(one(start(), at(Place::default())), &[69]);
    found(boxed(start(), prints()), &[100]);
    let absolute = Place { sandboxed: true, absolute: true, ..Place::default() };
    found(one(start(), at(absolute)), &[100, 103]);
    found(boxed(start(), ExpectedOutcome { argfile: true, ..prints() }), &[100, 107]);
    found(boxed(boxed(start(), prints()), prints()), &[58, 100, 106]);
    found(one(boxed(start(), prints()), prints()), &[58, 100, 105]);
    // A sandbox has no inputs of others in any case.
    let both = Place { sandboxed: true, only_inputs: true, ..Place::default() };
    found(one(start(), at(both)), &[100]);
    let two = start().expect(prints()).send(request(1)).expect(prints()).send(request(2));
    found(two.receive(says(1, "done")).receive(says(2, "done")), &[58, 67]);
}

/// The same request again has the same inputs; only another one can have changed them.
#[test]
fn a_cache_is_tried_by_another_request_with_changing_inputs() {
    let changing = |name: &str| {
        let place = Place { changing: true, ..MEASURED };
        ExpectedOutcome { name: name.into(), ..placed(prints(), place) }
    };
    let run = |names: [&str; 2]| {
        names.into_iter().fold(Run::proto(), |run, name| {
            run.expect(changing(name)).send(request(0)).receive(says(0, "done"))
        })
    };
    run(["a", "b"]).ends().finds().nothing_wrong().upholds(&[58, 59]);
    run(["a", "a"]).ends().finds().nothing_wrong().upholds(&[58]).does_not_uphold(&[59]);
}

/// Such a worker never has two requests at once, so nothing of it is judged by that.
#[test]
fn requests_beside_each_other_are_judged_with_multiplex_only() {
    let two = Run::proto().expect(prints()).send(request(0)).expect(prints()).send(request(0));
    let found = two.receive(says(0, "done")).receive(says(0, "done")).ends().finds().nothing_wrong();
    found.does_not_uphold(&[67]);
}

#[test]
fn one_shot_mode_is_the_same() {
    let writes = Run::proto().one_shot(Some(writes())).exit(0);
    writes.clone().leaves(&[]).finds().nothing_wrong().upholds(&[8]).does_not_uphold(&[9]);
    let found = writes.file(0, OUT, FileState::Good(1)).leaves(&[]).finds().nothing_wrong();
    found.upholds(&[9]).does_not_uphold(&[54]);
    Run::proto().one_shot(Some(refuses())).exit(3).leaves(&[]).finds().nothing_wrong().upholds(&[8, 9]);
}

/// There is no response behind which files could be missing, and no result in worker mode to compare them with.
#[test]
fn one_shot_files_without_a_measure_show_nothing() {
    for state in [FileState::Missing, FileState::Good(1), FileState::Different(1, "xyz".into())] {
        let run = |outcome, code| {
            Run::proto().one_shot(Some(outcome)).exit(code).file(0, OUT, state.clone()).leaves(&[])
        };
        run(succeeds("some"), 0).finds().nothing_wrong().does_not_uphold(&[9, 54]);
        // What failed work leaves is not looked at in worker mode either.
        run(refuses(), 3).finds().nothing_wrong().does_not_uphold(&[54]);
    }
}

/// An exit code has 32 bits, an exit status has 8.
#[test]
fn an_exit_code_is_cut_to_an_exit_status() {
    let code = |exit_code: i32| {
        let reference = Reference { exit_code, output: None, files: Default::default() };
        ExpectedOutcome { reference: Some(Arc::new(reference)), ..fails("odd") }
    };
    Run::json().one_shot(Some(code(-1))).exit(255).leaves(&[]).finds().nothing_wrong().upholds(&[9]);
    Run::json().one_shot(Some(code(259))).exit(3).leaves(&[]).finds().nothing_wrong().upholds(&[9]);
    // That success and failure are mixed up is W-008.
    let found = Run::json().one_shot(Some(code(1))).exit(0).leaves(&[]).finds().does_not_uphold(&[9]);
    assert_eq!(found.breaches().len(), 1);
    assert_eq!(found.first().requirement().number(), 8);
    // What is left of 256 would be success, so any failure will do.
    Run::json().one_shot(Some(code(256))).exit(1).leaves(&[]).finds().nothing_wrong().upholds(&[9]);
    let found = Run::json().one_shot(Some(code(256))).exit(0).leaves(&[]).finds().does_not_uphold(&[9]);
    assert_eq!(found.first().requirement().number(), 8);
}

#[test]
fn cancelled_work_may_be_left_as_it_is() {
    for state in [FileState::Missing, FileState::Different(1, "half".into()), unlike(), FileState::Good(1)] {
        let run = Run::proto().cancellation().expect(slow("link")).send(request(0)).send(cancel(0));
        let run = run.receive(cancelled(0)).file(0, OUT, state.clone()).ends();
        run.clone().finds().nothing_wrong().does_not_uphold(&[54, 90]);
        let found = run.file_at_end(0, OUT, state).finds().nothing_wrong();
        found.upholds(&[90]).does_not_uphold(&[54, 55]);
    }
}

/// A cancel that came too late: the work was done, and its files are like any other.
#[test]
fn work_that_was_done_in_spite_of_a_cancel() {
    let run = Run::proto().cancellation().expect(slow("link")).send(request(0)).send(cancel(0));
    let run = run.receive(response(0)).file(0, OUT, FileState::Good(1)).ends();
    let found = run.clone().file_at_end(0, OUT, FileState::Good(1)).finds().nothing_wrong();
    found.upholds(&[54, 55]).does_not_uphold(&[90]);
    let later = run.file_at_end(0, OUT, FileState::Good(2)).finds();
    assert_eq!(later.first(), WorkerViolation::WrittenLater { path: OUT.into() });
}

#[test]
fn no_input_is_open() {
    first(Run::proto()).ends().finds().does_not_uphold(&[61]);
    first(Run::proto()).step(Event::OpenInputs(vec![])).ends().finds().nothing_wrong().upholds(&[61]);
}

/// Files that were looked at too early, behind the answer of another request, show nothing.
#[test]
fn nothing_is_compared_where_answers_are_mixed_up() {
    let run = Run::proto().multiplex().expect(writes()).send(request(1)).receive(response(1));
    let run = run.file(0, OUT, unlike()).receive(response(9)).ends();
    let breaches: Vec<u16> =
        run.finds().breaches().iter().map(|breach| breach.violation.requirement().number()).collect();
    assert_eq!(breaches, [32]);
}
